import { render } from 'preact'
import type { JSX } from 'preact'
import { CompareView } from './compare/compare-view.tsx'
import { KeysProvider } from './controls/commands.tsx'
import { Frame } from './frame.tsx'
import { ImageView } from './image/image-view.tsx'
import { listenToKeys } from './keys.ts'
import { PlanView } from './plan/plan-view.tsx'
import { LeftOverView } from './records/left-over-view.tsx'
import { SpendView } from './records/spend-view.tsx'
import { ChangeView } from './report/change-view.tsx'
import { ChangesView } from './report/changes-view.tsx'
import { reportIn } from './report/report-connection.ts'
import { createStudio, StudioProvider, useStudio } from './studio.ts'
import { Wall } from './wall/wall.tsx'

function View(): JSX.Element {
  const { address, report } = useStudio()
  const { place } = address.value
  const changes = report?.changes ?? null
  switch (place.view) {
    case 'wall':
      return changes === null ? <Wall /> : <ChangesView changes={changes} />
    case 'change':
      return <ChangeView key={place.id} id={place.id} changes={changes?.images ?? []} />
    case 'plan':
      return <PlanView />
    case 'spend':
      return <SpendView />
    case 'left-over':
      return <LeftOverView key={place.place} place={place.place} />
    case 'image':
      return <ImageView key={place.id} id={place.id} />
    case 'compare':
      return <CompareView key={place.images.map(({ id }) => id).join('\n')} images={place.images} />
  }
}

const root = document.getElementById('studio')
if (root !== null) {
  const studio = createStudio(window, reportIn(document))
  const keys = listenToKeys(() => studio.address.value.singleKeys, window)
  studio.start()
  render(
    <StudioProvider value={studio}>
      <KeysProvider value={keys}>
        <Frame>
          <View />
        </Frame>
      </KeysProvider>
    </StudioProvider>,
    root,
  )
}
