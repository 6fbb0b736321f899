import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { useCommands } from '../controls/commands.tsx'
import { Stage, type ComparedPicture } from './stage.tsx'
import { createViewing, type CompareMode, type Viewing } from './viewing.ts'

/** Pictures that are compared with each other, the first with the others. */
export interface CompareStep {
  /** What they are pictures of. */
  readonly name: string
  /** One or more. */
  readonly pictures: readonly ComparedPicture[]
}

export interface CompareProps {
  /** One, or several to go through with `j` and `k`, such as what a branch changes. */
  readonly steps: readonly CompareStep[]
  /** How they are looked at, for a view that keeps it longer. */
  readonly viewing?: Viewing
  /** The step to begin with. */
  readonly first?: number
  readonly onStep?: (step: number) => void
}

const PAIR: readonly CompareMode[] = ['beside', 'swipe', 'difference', 'alone']

/**
 * Compares pictures that are plain data. It asks no server and reads no pixels, so it works in a file under a policy
 * that allows nothing but pictures. It needs a `KeysProvider` around it.
 */
export function Compare({ steps, viewing, first = 0, onStep }: CompareProps): JSX.Element | null {
  const own = useMemo(() => createViewing('beside'), [])
  const [at, setAt] = useState(first)
  const index = Math.min(at, steps.length - 1)
  const step = steps[index]
  const go = (by: 1 | -1): void => {
    const next = index + by
    if (steps[next] === undefined) return
    setAt(next)
    onStep?.(next)
  }
  useCommands(
    steps.length < 2
      ? []
      : [
          { key: 'j', does: 'Next pictures', run: () => go(1) },
          { key: 'k', does: 'Pictures before', run: () => go(-1) },
        ],
  )
  if (step === undefined) return null
  return (
    <section class="compare" aria-label={step.name}>
      {steps.length > 1 && (
        <div class="compare-head">
          <h2>{step.name}</h2>
          <p class="quiet">
            {index + 1} of {steps.length}
          </p>
          <div class="compare-steps">
            <button
              type="button"
              class="button button-quiet"
              aria-keyshortcuts="k"
              disabled={index === 0}
              onClick={() => go(-1)}
            >
              Previous
            </button>
            <button
              type="button"
              class="button button-quiet"
              aria-keyshortcuts="j"
              disabled={index === steps.length - 1}
              onClick={() => go(1)}
            >
              Next
            </button>
          </div>
        </div>
      )}
      <Step at={index} step={step} viewing={viewing ?? own} />
      <Ahead steps={[steps[index - 1], steps[index + 1]]} />
    </section>
  )
}

/** The pictures of the neighbouring steps, loaded before they are looked at. */
function Ahead({ steps }: { readonly steps: ReadonlyArray<CompareStep | undefined> }): JSX.Element {
  const urls = steps.flatMap((step) => step?.pictures.map(({ url }) => url) ?? [])
  return (
    <div hidden>
      {[...new Set(urls)].map((url) => (
        <img key={url} src={url} alt="" />
      ))}
    </div>
  )
}

interface StepProps {
  readonly at: number
  readonly step: CompareStep
  readonly viewing: Viewing
}

function Step({ at, step: { pictures }, viewing }: StepProps): JSX.Element {
  const count = pictures.length
  const initial = { at, shown: Math.min(1, count - 1), reference: count > 1 ? 0 : null }
  const [choice, setChoice] = useState(initial)
  const { shown, reference } = choice.at === at && choice.shown < count ? choice : initial
  // The one that the others are held against changes places with the one that is looked at.
  const choose = (index: number): void =>
    setChoice({ at, shown: index, reference: index === reference ? shown : reference })
  const walk = (by: 1 | -1): void => {
    let next = (shown + by + count) % count
    if (next === reference && count > 2) next = (next + by + count) % count
    choose(next)
  }
  const modes = modesFor(count)
  const mode = modeAmong(modes, viewing.mode.value)
  useCommands(
    reference === null
      ? []
      : [
          { key: 'ArrowLeft', does: 'Picture before', run: () => walk(-1) },
          { key: 'ArrowRight', does: 'Next picture', run: () => walk(1) },
          { key: 'x', does: 'Exchange the two pictures', run: () => choose(reference) },
        ],
  )
  return (
    <>
      <Stage
        pictures={pictures}
        shown={shown}
        reference={reference}
        mode={mode}
        modes={modes}
        viewing={viewing}
        onChoose={choose}
      />
      {count > 2 && (
        <Strip pictures={pictures} shown={shown} reference={reference} onChoose={choose} />
      )}
    </>
  )
}

interface StripProps {
  readonly pictures: readonly ComparedPicture[]
  readonly shown: number
  readonly reference: number | null
  readonly onChoose: (index: number) => void
}

/** Which of many pictures is held against the first. */
function Strip({ pictures, shown, reference, onChoose }: StripProps): JSX.Element {
  return (
    <div class="candidates" role="radiogroup" aria-label="Pictures">
      {pictures.map(({ label, url, thumbnail = url }, index) => (
        <label key={`${index} ${url}`} class="candidate" title={label}>
          <input
            type="radio"
            name="compared-picture"
            aria-label={label}
            aria-description={index === reference ? 'held against' : undefined}
            checked={index === shown}
            onChange={() => onChoose(index)}
          />
          <span class="candidate-picture">
            <img src={thumbnail} alt="" draggable={false} />
          </span>
          <span class="candidate-caption">
            <span class="strip-name">{label}</span>
            {index === reference && (
              <span class="quiet" title="The others are held against this one" aria-hidden="true">
                ⇄
              </span>
            )}
          </span>
        </label>
      ))}
    </div>
  )
}

/** The ways to compare so many pictures. */
export function modesFor(count: number): readonly CompareMode[] {
  if (count < 2) return []
  return count > 2 ? [...PAIR, 'all'] : PAIR
}

/** The mode that was chosen last, or what comes nearest to it for so many pictures. */
export function modeAmong(modes: readonly CompareMode[], wanted: CompareMode): CompareMode {
  if (modes.includes(wanted)) return wanted
  return modes.length === 0 ? 'alone' : 'beside'
}
