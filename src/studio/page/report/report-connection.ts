import type { Report } from '../../protocol-report.ts'
import { RefusedError, type Connection } from '../connection.ts'

/** The report that is inside a page; `null`: the page has a server. */
export function reportIn(document: Document): Report | null {
  const data = document.getElementById('report')?.textContent
  return data === undefined || data === null ? null : (JSON.parse(data) as Report)
}

type Answers = Pick<Connection, 'project' | 'wall' | 'image' | 'events'>

/** Answers from what is inside the page. Whatever else a server could do, it refuses. */
export function createReportConnection({ project, tiles, images }: Report): Connection {
  const answers: Answers = {
    project: () => Promise.resolve(project),
    wall: () =>
      Promise.resolve({
        revision: project.revision,
        total: tiles.length,
        tiles,
        gone: [],
        next: null,
      }),
    image: (id) => {
      const image = images[id]
      return image === undefined ? refuse() : Promise.resolve(image)
    },
    events(receive, signal) {
      const { process, revision } = project
      receive({ type: 'hello', process, revision, run: null })
      // Nothing happens any more.
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
  }
  const isAnswered = (name: PropertyKey): name is keyof Answers => Object.hasOwn(answers, name)
  return new Proxy(answers as Connection, {
    get: (_, name) => (isAnswered(name) ? answers[name] : refuse),
  })
}

function refuse(): Promise<never> {
  return Promise.reject(
    new RefusedError({ code: 'not-found', message: 'This report does not show it.', problems: [] }),
  )
}
