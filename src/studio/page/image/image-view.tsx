import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ImageId, Tile } from '../../protocol.ts'
import { useCommands } from '../controls/commands.tsx'
import { OpenInEditor } from '../controls/problems.tsx'
import { progressWords } from '../progress-words.ts'
import { useStudio } from '../studio.ts'
import { useAnswer } from '../use-answer.ts'
import { arrange } from '../wall/arrange.ts'
import { STATE_WORDS } from '../words.ts'
import { OpenedImage } from './opened-image.tsx'

/** One image: seen, chosen, corrected. */
export function ImageView({ id }: { readonly id: ImageId }): JSX.Element {
  const studio = useStudio()
  const { connection, revision, project } = studio
  const [asked, setAsked] = useState(0)
  const heading = useRef<HTMLHeadingElement>(null)
  const { value: image, problem } = useAnswer(
    () => connection.image(id),
    [connection, id, revision.value, asked],
  )
  const tile = image?.tile ?? studio.tiles.value.get(id)
  useCommands([
    { key: 'Escape', does: 'Back to the wall', run: () => studio.goTo({ view: 'wall' }) },
    { key: 'j', does: 'Next image', run: () => goBy(1) },
    { key: 'k', does: 'Image before', run: () => goBy(-1) },
  ])
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    studio.lastOnWall.focus = id
  }, [])
  const neighbours = neighboursOf(id, studio.tiles.value.values(), studio.address.value.wall)
  const goBy = (step: 1 | -1): void => {
    const next = step === 1 ? neighbours.next : neighbours.previous
    if (next !== undefined) studio.goTo({ view: 'image', id: next.id })
  }
  return (
    <article class="image">
      <header class="image-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {tile?.name ?? id}
          </h1>
          {tile !== undefined && (
            <OpenInEditor
              request={{ id }}
              place={image === null ? tile.manifest : `${tile.manifest}:${image.source.firstLine}`}
            />
          )}
        </div>
        {tile !== undefined && <State tile={tile} />}
        <nav class="image-nav" aria-label="Neighbours">
          {tile?.thumbnail !== null && <CompareWith id={id} />}
          <Neighbour tile={neighbours.previous} name="Previous" />
          <Neighbour tile={neighbours.next} name="Next" />
        </nav>
      </header>
      {problem !== null && (
        <p class="problem image-problem" role="alert">
          {problem}
        </p>
      )}
      {(image === null || project.value === null) && problem === null && <Preview tile={tile} />}
      {image !== null && project.value !== null && (
        <OpenedImage image={image} reload={() => setAsked(asked + 1)} />
      )}
    </article>
  )
}

/** Sets the image aside and leads to the wall for another one, or compares it with those that are set aside. */
function CompareWith({ id }: { readonly id: ImageId }): JSX.Element {
  const studio = useStudio()
  const others = studio.selected.value.filter((one) => one !== id)
  const names = others.map((one) => studio.tiles.value.get(one)?.name ?? one)
  const begin = (): void => {
    studio.select(id, true)
    if (others.length > 0) studio.compareSelected()
    else studio.goTo({ view: 'wall' })
  }
  useCommands([{ key: 'x', does: 'Compare with another image', run: begin }])
  return (
    <button type="button" class="button button-quiet" aria-keyshortcuts="x" onClick={begin}>
      {names.length === 0 ? 'Compare with …' : `Compare with ${names.join(', ')}`}
    </button>
  )
}

/** What is not as it should be, or under way. */
function State({ tile }: { readonly tile: Tile }): JSX.Element | null {
  const progress = useStudio().progress.value.get(tile.id)
  if (progress !== undefined && progress.at !== 'stored' && progress.at !== 'not-asked') {
    const { title, detail } = progressWords(progress)
    return (
      <p class="state" data-state={progress.at}>
        <strong>{title}</strong> <span>{detail}</span>
      </p>
    )
  }
  if (tile.state === 'current') return null
  return (
    <p class="state" data-state={tile.state}>
      <strong>{STATE_WORDS[tile.state]}</strong> <span>{tile.reason}</span>
    </p>
  )
}

function neighboursOf(
  id: ImageId,
  tiles: Iterable<Tile>,
  wall: Parameters<typeof arrange>[1],
): { previous: Tile | undefined; next: Tile | undefined } {
  const all = arrange(tiles, wall).flatMap((group) => group.tiles)
  const at = all.findIndex((tile) => tile.id === id)
  return { previous: at < 0 ? undefined : all[at - 1], next: all[at + 1] }
}

function Neighbour({
  tile,
  name,
}: {
  readonly tile: Tile | undefined
  readonly name: string
}): JSX.Element | null {
  const studio = useStudio()
  if (tile === undefined) return null
  return (
    <a
      class="button button-quiet"
      href={studio.hrefOf({ view: 'image', id: tile.id })}
      title={tile.id}
    >
      {name}
    </a>
  )
}

/** What the wall knows already, until the rest is here. */
function Preview({ tile }: { readonly tile: Tile | undefined }): JSX.Element {
  const studio = useStudio()
  const thumbnail = studio.project.value === null ? null : (tile?.thumbnail ?? null)
  return (
    <div class="image-body">
      <div class="image-main">
        <div class="stage">
          {thumbnail === null ? (
            <p class="stage-empty">Loading …</p>
          ) : (
            <img class="stage-preview" src={studio.picture(thumbnail)} alt={tile?.alt ?? ''} />
          )}
        </div>
      </div>
    </div>
  )
}
