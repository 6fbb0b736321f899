import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ImageDetail, ShownRendition } from '../../protocol-image.ts'
import type { HistoryPage, HistoryStep, PastPicture, PromptPart } from '../../protocol-records.ts'
import type { PictureKey } from '../../protocol.ts'
import { useStudio } from '../studio.ts'
import { useAnswer } from '../use-answer.ts'
import { countOf, moneyOf, ORIGIN_WORDS, timeOf } from '../words.ts'
import { GoBack } from './go-back.tsx'

interface HistoryProps {
  readonly image: ImageDetail
  readonly isOpen: boolean
  /** What stands beside the picture in use. */
  readonly beside: PictureKey | null
  readonly onBeside: (picture: ShownRendition | null) => void
}

/** More are shown when asked for: what each costs is worked out. */
const PAGE = 8

/** What the image was before, the newest first, with the words that changed. */
export function History({ image, isOpen, beside, onBeside }: HistoryProps): JSX.Element {
  const { connection, revision } = useStudio()
  const { id } = image.tile
  const [limit, setLimit] = useState(PAGE)
  const { value: history, problem } = useAnswer(
    () => connection.history({ id, limit }),
    [connection, id, image.digest, revision.value, limit],
    isOpen,
  )
  if (problem !== null) return <p class="problem">{problem}</p>
  if (history === null) return <p class="quiet small">Loading …</p>
  if (history.total === 0) {
    return <p class="quiet small">No receipt in the store belongs to this image.</p>
  }
  return (
    <>
      <ol class="history">
        {history.steps.map((step) => (
          <li key={step.key} aria-current={step.isNow ? 'step' : undefined}>
            <Step
              step={step}
              image={image}
              digest={history.digest}
              beside={beside}
              onBeside={onBeside}
            />
          </li>
        ))}
      </ol>
      {history.next !== null && (
        <button type="button" class="button" onClick={() => setLimit(limit + PAGE)}>
          Show {restOf(history)} more
        </button>
      )}
    </>
  )
}

function restOf({ total, steps }: HistoryPage): number {
  return Math.min(PAGE, total - steps.length)
}

interface StepProps {
  readonly step: HistoryStep
  readonly image: ImageDetail
  readonly digest: string
  readonly beside: PictureKey | null
  readonly onBeside: (picture: ShownRendition | null) => void
}

function Step({ step, image, digest, beside, onBeside }: StepProps): JSX.Element {
  const studio = useStudio()
  const { key, pictures, unusable, isNow, time, changes } = step
  // Where nothing is chosen, the first that was made: without a pick, it is the one in use.
  const chosen = pictures.find(({ picture }) => picture !== null && picture === beside)
  const past = chosen ?? pictures.at(-1)
  return (
    <>
      <p class="history-head">
        <time dateTime={time}>{timeOf(time)}</time>
        {isNow && <strong>Now</strong>}
        <span class="quiet small">{paidFor(step)}</span>
      </p>
      {pictures.length > 0 && (
        <div class="history-pictures">
          {pictures.map((picture) => (
            <Picture key={picture.sha256} picture={picture} beside={beside} onBeside={onBeside} />
          ))}
        </div>
      )}
      <p class="history-prompt">
        {step.prompt.map((part, index) => (
          <Words key={index} {...part} />
        ))}
      </p>
      {changes.length > 0 && <p class="quiet small">{changes.join(', ')}</p>}
      {unusable.map(({ time: when, why }) => (
        <p key={when} class="warn small">
          Unusable: {why}
        </p>
      ))}
      {past !== undefined && !isNow && studio.writable.value && (
        <GoBack
          id={image.tile.id}
          name={image.tile.name}
          digest={digest}
          past={{ key, sha256: past.sha256 }}
          label={`the picture of ${timeOf(past.time)}`}
        />
      )}
    </>
  )
}

/** Blanks before a change are no part of it. */
function Words({ text, is }: PromptPart): JSX.Element {
  if (is === 'same') return <>{text}</>
  const words = text.trimStart()
  const blanks = text.slice(0, text.length - words.length)
  return (
    <>
      {blanks}
      {is === 'added' ? <ins>{words}</ins> : <del>{words}</del>}
    </>
  )
}

interface PictureProps {
  readonly picture: PastPicture
  readonly beside: PictureKey | null
  readonly onBeside: (picture: ShownRendition | null) => void
}

/** Put beside the picture in use when pressed. */
function Picture({ picture: past, beside, onBeside }: PictureProps): JSX.Element {
  const studio = useStudio()
  const { picture, thumbnail, width, height, bytes, time, seed, origin, inUse } = past
  const told = [
    `${width} × ${height}`,
    ...(seed === null ? [] : [`seed ${seed}`]),
    ...(origin === 'provider' ? [] : [ORIGIN_WORDS[origin]]),
    ...(inUse ? ['in use'] : []),
  ].join(', ')
  if (thumbnail === null || picture === null) {
    return (
      <span class="history-picture quiet small" title={told}>
        Not here
      </span>
    )
  }
  const isBeside = picture === beside
  return (
    <button
      type="button"
      class="history-picture"
      aria-label={`Picture of ${timeOf(time)}, ${told}`}
      aria-pressed={isBeside}
      disabled={inUse}
      title={told}
      onClick={() =>
        onBeside(isBeside ? null : { format: timeOf(time), width, height, bytes, picture })
      }
    >
      <img src={studio.picture(thumbnail)} alt="" loading="lazy" />
    </button>
  )
}

/** `2 pictures, 0.007 USD`; what cannot be used was paid for as well. */
function paidFor({ pictures, unusable }: HistoryStep): string {
  const all = [...pictures, ...unusable]
  const known = all.flatMap(({ usd }) => usd ?? [])
  const money =
    known.length === all.length
      ? moneyOf(known.reduce((sum, usd) => sum + usd, 0))
      : known.length === 0
        ? moneyOf(null)
        : `${moneyOf(known.reduce((sum, usd) => sum + usd, 0))} and an unknown price`
  const counts = [
    ...(pictures.length > 0 ? [countOf(pictures.length, 'picture')] : []),
    ...(unusable.length > 0 ? [`${unusable.length} unusable`] : []),
  ]
  return [...counts, money].join(', ')
}
