import type { JSX } from 'preact'
import { Problems } from '../controls/problems.tsx'
import { useStudio, type RunHead } from '../studio.ts'
import { countOf, durationOf } from '../words.ts'

/** The run under way, or what became of the last one. */
export function RunPanel(): JSX.Element | null {
  const studio = useStudio()
  const run = studio.run.value
  if (run === null) return null
  const done = run.stored + run.failed
  const stop = async (): Promise<void> => {
    try {
      await studio.connection.stop()
      studio.notice.value = {
        text: 'Stopping: nothing more is asked for, and what is under way comes home.',
        tone: 'done',
      }
    } catch (error) {
      studio.refused(error)
    }
  }
  return (
    <section class="run" aria-label="Run" data-phase={run.phase}>
      <div class="run-line">
        <p>
          <strong>{titleOf(run)}</strong>{' '}
          <span class="quiet">
            {run.stored} of {countOf(run.total, 'image')} stored
            {run.failed > 0 && `, ${run.failed} failed`}
            {run.phase === 'running' &&
              run.remaining !== null &&
              `, about ${durationOf(run.remaining)} left`}
          </span>
        </p>
        {run.phase === 'running' && run.by === 'studio' && studio.writable.value && (
          <button type="button" class="button" onClick={() => void stop()}>
            Stop
          </button>
        )}
      </div>
      {run.phase !== 'done' && (
        <progress max={Math.max(1, run.total)} value={done} aria-label="Progress of the run" />
      )}
      {run.problem !== null && <Problems problems={[run.problem]} />}
    </section>
  )
}

function titleOf({ phase, by, failed, problem }: RunHead): string {
  switch (phase) {
    case 'running':
      return by === 'dev-server' ? 'The dev server is generating' : 'Generating'
    case 'stopping':
      return 'Stopping: pictures under way come home'
    case 'done':
      return failed > 0 || problem !== null ? 'Ended with failures' : 'Done'
  }
}
