import type { JSX } from 'preact'
import type { ShownProblem } from '../../protocol.ts'
import type { OpenRequest } from '../../protocol-actions.ts'
import { useStudio } from '../studio.ts'

/** Problems with their place, a look at the lines, and what to do now. */
export function Problems({
  problems,
}: {
  readonly problems: readonly ShownProblem[]
}): JSX.Element {
  return (
    <ul class="problems">
      {problems.map((problem) => (
        <li key={`${problem.place?.line}:${problem.place?.column}:${problem.message}`}>
          <p>{problem.message}</p>
          {problem.hint !== undefined && <p class="quiet">{problem.hint}</p>}
          {problem.example !== undefined && (
            <pre tabIndex={0} aria-label="Lines to write">
              {problem.example.join('\n')}
            </pre>
          )}
          {problem.place !== undefined && problem.place.frame !== '' && (
            <pre tabIndex={0} aria-label={`Lines of ${problem.place.file}`}>
              {problem.place.frame}
            </pre>
          )}
          {problem.place !== undefined && (
            <OpenInEditor
              request={{ manifest: problem.place.file, line: problem.place.line }}
              place={`${problem.place.file}:${problem.place.line}`}
            />
          )}
        </li>
      ))}
    </ul>
  )
}

interface OpenInEditorProps {
  readonly request: OpenRequest
  /** Shown beside it, as `src/cast.image.yaml:12`. */
  readonly place: string
}

/** A link, since it leads elsewhere; where the server has no editor it is only the place. */
export function OpenInEditor({ request, place }: OpenInEditorProps): JSX.Element {
  const studio = useStudio()
  const { project, address } = studio
  const path = <span class="path">{place}</span>
  if (project.value?.editor !== true) return <p class="quiet small">{path}</p>
  const open = async (): Promise<void> => {
    try {
      const { editor } = await studio.connection.open(request)
      studio.notice.value = { text: `Opened ${place} in ${editor}.`, tone: 'done' }
    } catch (error) {
      studio.refused(error)
    }
  }
  return (
    <p class="quiet small">
      {path}{' '}
      <a
        href={studio.hrefOf(address.value.place)}
        onClick={(event) => {
          event.preventDefault()
          void open()
        }}
      >
        Open in editor
      </a>
    </p>
  )
}
