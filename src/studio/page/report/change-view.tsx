import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { ImageChange, ImageSide } from '../../protocol-report.ts'
import type { ImageId } from '../../protocol.ts'
import { Compare } from '../compare/compare.tsx'
import type { ComparedPicture } from '../compare/stage.tsx'
import { useCommands } from '../controls/commands.tsx'
import { useStudio, type Studio } from '../studio.ts'
import { moneyOf, STATE_WORDS } from '../words.ts'
import { paidFor, paidWords, sideWords } from './change-words.ts'
import { Kinds } from './changes-view.tsx'
import { FieldChanges } from './field-changes.tsx'

interface ChangeViewProps {
  readonly id: ImageId
  readonly changes: readonly ImageChange[]
}

/** What a branch changes of one image: before and after held against each other. */
export function ChangeView({ id, changes }: ChangeViewProps): JSX.Element {
  const studio = useStudio()
  const heading = useRef<HTMLHeadingElement>(null)
  const at = changes.findIndex((change) => change.id === id)
  const change = changes[at]
  const [previous, next] = [changes[at - 1], at < 0 ? undefined : changes[at + 1]]
  const goTo = (other: ImageChange | undefined): void => {
    if (other !== undefined) studio.goTo({ view: 'change', id: other.id })
  }
  useCommands([
    { key: 'Escape', does: 'Back to all changes', run: () => studio.goTo({ view: 'wall' }) },
    { key: 'j', does: 'Next change', run: () => goTo(next) },
    { key: 'k', does: 'Change before', run: () => goTo(previous) },
  ])
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    studio.lastOnWall.focus = id
  }, [])
  if (change === undefined) {
    return <p class="problem image-problem">This report does not show {id}.</p>
  }
  const pictures = picturesOf(change, studio)
  return (
    <article class="image">
      <header class="image-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {change.name}
          </h1>
          <p class="quiet small path">{change.manifest}</p>
        </div>
        <Kinds kinds={change.kinds} />
        <nav class="image-nav" aria-label="Neighbours">
          <Neighbour change={previous} name="Previous" />
          <Neighbour change={next} name="Next" />
        </nav>
      </header>
      <div class="image-body">
        <div class="image-main">
          {pictures.length === 0 ? (
            <div class="stage">
              <p class="stage-empty">{(change.after ?? change.before)?.absent ?? 'No picture'}</p>
            </div>
          ) : (
            <Compare steps={[{ name: change.name, pictures }]} viewing={studio.viewing} />
          )}
        </div>
        <aside class="image-side" aria-label="Details">
          <Facts change={change} />
        </aside>
      </div>
    </article>
  )
}

function Facts({ change }: { readonly change: ImageChange }): JSX.Element {
  const studio = useStudio()
  const { id, before, after, fields, paid, missing } = change
  const facts: ReadonlyArray<readonly [name: string, value: string | undefined]> = [
    ['Before', before === null ? 'was not there' : sideWords(before)],
    ['After', after === null ? 'is not there any more' : sideWords(after)],
    ['State', after === null ? undefined : stateWords(after)],
    ['Paid', paid.pictures === 0 ? 'nothing' : `${paidWords(paid)}, ${paidFor(paid)}`],
    ['To make', missing.pictures === 0 ? undefined : moneyOf(missing.usd)],
  ]
  return (
    <>
      {fields.length > 0 && (
        <section class="panel">
          <h2>Changed</h2>
          <FieldChanges fields={fields} />
        </section>
      )}
      <section class="panel">
        <h2>Picture</h2>
        <dl class="facts">
          {facts.map(
            ([name, value]) =>
              value !== undefined && (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ),
          )}
        </dl>
      </section>
      {studio.report?.images[id] !== undefined && (
        <p class="panel">
          <a href={studio.hrefOf({ view: 'image', id })}>All candidates and settings</a>
        </p>
      )}
    </>
  )
}

function stateWords({ state, reason }: ImageSide): string | undefined {
  return state === 'current' ? undefined : `${STATE_WORDS[state].toLowerCase()}: ${reason}`
}

function picturesOf(
  { before, after, name }: ImageChange,
  { picture }: Pick<Studio, 'picture'>,
): readonly ComparedPicture[] {
  const sides = [
    ['Before', before],
    ['After', after],
  ] as const
  return sides.flatMap(([label, side]) =>
    side === null || side.picture === null
      ? []
      : [
          {
            label,
            url: picture(side.picture),
            width: side.width ?? 0,
            height: side.height ?? 0,
            ...(side.label !== '' && { details: side.label }),
            alt: `${name}, ${label.toLowerCase()}`,
          },
        ],
  )
}

interface NeighbourProps {
  readonly change: ImageChange | undefined
  readonly name: string
}

function Neighbour({ change, name }: NeighbourProps): JSX.Element | null {
  const studio = useStudio()
  if (change === undefined) return null
  return (
    <a
      class="button button-quiet"
      href={studio.hrefOf({ view: 'change', id: change.id })}
      title={change.id}
    >
      {name}
    </a>
  )
}
