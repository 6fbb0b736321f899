import type { JSX } from 'preact'
import type { Candidate } from '../../protocol-image.ts'
import { useStudio } from '../studio.ts'
import { ORIGIN_WORDS, timeOf } from '../words.ts'

interface CandidatesProps {
  readonly candidates: readonly Candidate[]
  /** The one that is looked at. */
  readonly shown: string | null
  readonly onShow: (sha256: string) => void
}

/** The pictures to choose from, numbered as `pick` numbers them. */
export function Candidates({ candidates, shown, onShow }: CandidatesProps): JSX.Element {
  const studio = useStudio()
  const told = candidates.find(({ sha256 }) => sha256 === shown)
  return (
    <>
      <div class="candidates" role="radiogroup" aria-label="Candidates">
        {candidates.map((candidate) => (
          <label key={candidate.sha256} class="candidate" title={tell(candidate)}>
            <input
              type="radio"
              name="candidate"
              aria-label={`${candidate.number}${candidate.picked ? ', in use' : ''}`}
              aria-description={tell(candidate)}
              checked={candidate.sha256 === shown}
              onChange={() => onShow(candidate.sha256)}
            />
            <span class="candidate-picture">
              {candidate.thumbnail === null ? (
                <span class="candidate-absent">{candidate.absent ?? 'Not here'}</span>
              ) : (
                <img src={studio.picture(candidate.thumbnail)} alt="" draggable={false} />
              )}
            </span>
            <span class="candidate-caption">
              <span>{candidate.number}</span>
              {candidate.picked && <span class="candidate-picked">in use</span>}
            </span>
          </label>
        ))}
      </div>
      {told !== undefined && (
        <p class="candidate-told quiet small">
          Candidate {told.number}: {tell(told)}
        </p>
      )}
    </>
  )
}

function tell({ seed, time, origin, width, height }: Candidate): string {
  const parts = [
    `${width} × ${height}`,
    ...(seed === null ? [] : [`seed ${seed}`]),
    timeOf(time),
    ...(origin === 'provider' ? [] : [ORIGIN_WORDS[origin]]),
  ]
  return parts.join(', ')
}
