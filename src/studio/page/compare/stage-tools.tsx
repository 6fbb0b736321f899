import type { ComponentChildren, JSX } from 'preact'
import type { CompareMode, Viewing } from './viewing.ts'

/** User-facing names of the modes. */
export const MODE_WORDS: Readonly<Record<CompareMode, string>> = {
  alone: 'Blink',
  beside: 'Side by side',
  swipe: 'Swipe',
  difference: 'Difference',
  all: 'All',
}

interface StageToolsProps {
  readonly viewing: Viewing
  readonly mode: CompareMode
  readonly modes: readonly CompareMode[]
  /** Pixels of the screen for one of the largest picture; `null`: there is no picture. */
  readonly scale: number | null
  readonly canBlink: boolean
  readonly isBlinking: boolean
  readonly onBlink: (isHeld: boolean) => void
  readonly onStep: (by: 1 | -1) => void
  readonly onFit: () => void
  readonly onActual: () => void
  readonly onBackdrop: () => void
  readonly children: ComponentChildren
}

/** How the pictures are compared, how large, and before what. */
export function StageTools(props: StageToolsProps): JSX.Element {
  const { viewing, mode, modes, scale, canBlink, isBlinking, onBlink } = props
  const backdrop = viewing.backdrop.value
  const zoomed = viewing.zoom.value.scale
  return (
    <div class="stage-tools">
      {props.children}
      {modes.length > 0 && (
        <div class="segments" role="radiogroup" aria-label="How to compare">
          {modes.map((one) => (
            <label key={one} class="segment">
              <input
                type="radio"
                name="compare-mode"
                checked={one === mode}
                onChange={() => {
                  viewing.mode.value = one
                }}
              />
              <span>{MODE_WORDS[one]}</span>
            </label>
          ))}
        </div>
      )}
      {mode === 'difference' && (
        <button
          type="button"
          class="button button-quiet"
          aria-pressed={viewing.isAmplified.value}
          title="Makes small differences visible: eight times as bright"
          onClick={() => {
            viewing.isAmplified.value = !viewing.isAmplified.value
          }}
        >
          Amplify
        </button>
      )}
      {canBlink && (
        <button
          type="button"
          class="button button-quiet stage-blink"
          aria-pressed={isBlinking}
          aria-keyshortcuts="Space"
          title="Shows the other picture as long as it is held"
          onPointerDown={({ currentTarget, pointerId }) => {
            currentTarget.setPointerCapture(pointerId)
            onBlink(true)
          }}
          onPointerUp={() => onBlink(false)}
          onPointerCancel={() => onBlink(false)}
          onKeyDown={(event) => {
            if (event.key !== ' ' && event.key !== 'Enter') return
            event.preventDefault()
            onBlink(true)
          }}
          onKeyUp={() => onBlink(false)}
          onBlur={() => onBlink(false)}
          onContextMenu={(event) => event.preventDefault()}
        >
          Hold to blink
        </button>
      )}
      {scale !== null && (
        <div class="stage-zoom" role="group" aria-label="Zoom">
          <button
            type="button"
            class="button button-quiet"
            aria-label="Reduce"
            aria-keyshortcuts="-"
            onClick={() => props.onStep(-1)}
          >
            −
          </button>
          <output class="stage-scale">{percentOf(scale)}</output>
          <button
            type="button"
            class="button button-quiet"
            aria-label="Enlarge"
            aria-keyshortcuts="+"
            onClick={() => props.onStep(1)}
          >
            +
          </button>
          <button
            type="button"
            class="button button-quiet"
            aria-keyshortcuts="0"
            aria-pressed={zoomed === null}
            onClick={props.onFit}
          >
            Fit
          </button>
          <button
            type="button"
            class="button button-quiet"
            title="Actual size"
            aria-keyshortcuts="z"
            aria-pressed={zoomed === 1}
            onClick={props.onActual}
          >
            1:1
          </button>
          <button
            type="button"
            class="button button-quiet"
            aria-keyshortcuts="b"
            aria-description={backdrop}
            title={backdrop}
            onClick={props.onBackdrop}
          >
            Backdrop
          </button>
        </div>
      )}
    </div>
  )
}

/** A scale as people say it. */
export function percentOf(scale: number): string {
  const percent = scale * 100
  return `${percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent)} %`
}
