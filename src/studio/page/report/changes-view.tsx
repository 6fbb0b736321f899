import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { BranchChanges, ChangeKind, ImageChange, ImageSide } from '../../protocol-report.ts'
import { useStudio } from '../studio.ts'
import { countOf, moneyOf } from '../words.ts'
import { costWords, KIND_WORDS, paidFor, paidWords, sideWords } from './change-words.ts'
import { FieldChanges } from './field-changes.tsx'

/** What a branch changes, at one glance. */
export function ChangesView({ changes }: { readonly changes: BranchChanges }): JSX.Element {
  const studio = useStudio()
  const { images, base, notes } = changes
  const [kind, setKind] = useState<ChangeKind | null>(null)
  const shown = images.filter(({ kinds }) => kind === null || kinds.includes(kind))
  // Coming back from an image restores the place.
  useEffect(() => {
    const { focus } = studio.lastOnWall
    if (focus === null) return
    const link = document.querySelector<HTMLElement>(`[data-change="${CSS.escape(focus)}"]`)
    link?.focus({ preventScroll: true })
    link?.closest('.change-card')?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <div class="scroller changes">
      <header class="changes-head">
        <div>
          <h1>
            {images.length === 0
              ? 'No image changed'
              : `${countOf(images.length, 'image')} changed`}
          </h1>
          <p class="quiet">
            Compared with <strong class="path">{base.ref}</strong>, since{' '}
            <code title={base.mergeBase}>{base.mergeBase.slice(0, 10)}</code>
          </p>
        </div>
        <Costs changes={changes} />
      </header>
      {notes.map((note) => (
        <p key={note} class="changes-note warn">
          {note}
        </p>
      ))}
      {images.length > 0 && (
        <div class="changes-kinds" role="group" aria-label="Which changes are shown">
          <KindButton
            name="All"
            count={images.length}
            isChosen={kind === null}
            onChoose={() => setKind(null)}
          />
          {kindsIn(images).map(([one, count]) => (
            <KindButton
              key={one}
              kind={one}
              name={KIND_WORDS[one]}
              count={count}
              isChosen={kind === one}
              onChoose={() => setKind(kind === one ? null : one)}
            />
          ))}
        </div>
      )}
      <ul class="change-cards">
        {shown.map((change) => (
          <li key={change.id} class="change-card">
            <Card change={change} />
          </li>
        ))}
      </ul>
    </div>
  )
}

function Costs({ changes: { paid, missing } }: { readonly changes: BranchChanges }): JSX.Element {
  return (
    <dl class="changes-costs">
      <div>
        <dt>Paid</dt>
        <dd>
          <strong>{paidWords(paid)}</strong> <span class="quiet">{paidFor(paid)}</span>
        </dd>
      </div>
      {missing.pictures > 0 && (
        <div>
          <dt>Still to make</dt>
          <dd>
            <strong>{moneyOf(missing.usd)}</strong>{' '}
            <span class="quiet">{countOf(missing.pictures, 'picture')}</span>
          </dd>
        </div>
      )}
    </dl>
  )
}

interface KindButtonProps {
  readonly kind?: ChangeKind
  readonly name: string
  readonly count: number
  readonly isChosen: boolean
  readonly onChoose: () => void
}

function KindButton({ kind, name, count, isChosen, onChoose }: KindButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="kind-button"
      data-kind={kind}
      aria-pressed={isChosen}
      onClick={onChoose}
    >
      {name} <span class="count">{count}</span>
    </button>
  )
}

/** How many images changed in each way; one may have changed in several. */
function kindsIn(
  images: readonly ImageChange[],
): ReadonlyArray<readonly [kind: ChangeKind, count: number]> {
  const all = Object.keys(KIND_WORDS) as ChangeKind[]
  return all.flatMap((kind) => {
    const { length } = images.filter(({ kinds }) => kinds.includes(kind))
    return length === 0 ? [] : [[kind, length] as const]
  })
}

/** One image: how it was and how it is. The link covers the pictures. */
function Card({ change }: { readonly change: ImageChange }): JSX.Element {
  const studio = useStudio()
  const { id, name, manifest, kinds, before, after, fields, paid, missing } = change
  const cost = costWords(paid, missing)
  return (
    <>
      <div class="change-title">
        <h2>
          <a
            href={studio.hrefOf({ view: 'change', id })}
            aria-label={id}
            data-change={id}
            onFocus={() => {
              studio.lastOnWall.focus = id
            }}
          >
            {name}
          </a>
        </h2>
        <Kinds kinds={kinds} />
        {cost !== '' && <span class="change-cost">{cost}</span>}
        <span class="path quiet small">{manifest}</span>
      </div>
      <div class="change-sides" style={{ '--shape': shapeOf(before, after) }}>
        <Side side={before} title="Before" none="Was not there" />
        <Side side={after} title="After" none="Is not there any more" />
      </div>
      {fields.length > 0 && <FieldChanges fields={fields} />}
    </>
  )
}

/** Pictures keep their shape; a very tall or wide one is shown smaller. */
const TALLEST = 3 / 4
const WIDEST = 2

/** Width by height of the room for both pictures. */
function shapeOf(...sides: ReadonlyArray<ImageSide | null>): number {
  const shapes = sides.flatMap((side) =>
    side === null || side.picture === null || side.width === null || side.height === null
      ? []
      : [side.width / side.height],
  )
  return shapes.length === 0 ? WIDEST : Math.min(WIDEST, Math.max(TALLEST, ...shapes))
}

export function Kinds({ kinds }: { readonly kinds: readonly ChangeKind[] }): JSX.Element {
  return (
    <ul class="kinds" aria-label="What changed">
      {kinds.map((kind) => (
        <li key={kind} class="kind" data-kind={kind}>
          {KIND_WORDS[kind]}
        </li>
      ))}
    </ul>
  )
}

interface SideProps {
  readonly side: ImageSide | null
  readonly title: string
  readonly none: string
}

function Side({ side, title, none }: SideProps): JSX.Element {
  const studio = useStudio()
  const picture = side?.picture ?? null
  return (
    <figure class="change-side" data-empty={picture === null}>
      <span class="change-picture">
        {side === null || picture === null ? (
          <span class="quiet">{side === null ? none : (side.absent ?? side.label)}</span>
        ) : (
          <img
            src={studio.picture(picture)}
            alt=""
            width={side.width ?? undefined}
            height={side.height ?? undefined}
            loading="lazy"
            decoding="async"
            draggable={false}
          />
        )}
      </span>
      <figcaption>
        <span>{title}</span>
        {side !== null && picture !== null && <span class="quiet">{sideWords(side)}</span>}
      </figcaption>
    </figure>
  )
}
