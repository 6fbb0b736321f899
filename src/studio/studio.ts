import { randomBytes, randomUUID } from 'node:crypto'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { ipVersion } from './listener/host-header.ts'
import { listen } from './listener/listener.ts'
import { movingRoutes } from './actions/moving.ts'
import { openingRoute } from './actions/opening.ts'
import type { PageFile } from './listener/page-file.ts'
import type { Editor } from './actions/programs.ts'
import { readingRoutes } from './views/reading.ts'
import { refuse, type RefusedError } from './listener/refused.ts'
import type { Route } from './listener/route.ts'
import { createRuns } from './actions/runs.ts'
import { shownProblems, summaryOf, withoutPaths } from './views/shown-problem.ts'
import { spendingRoutes } from './actions/spending.ts'
import type { Subject } from './subject.ts'
import { createView } from './views/view.ts'
import { writingRoutes } from './actions/writing.ts'

export interface StudioOptions {
  readonly subject: Subject
  readonly page: PageFile
  /** Default: a free one. */
  readonly port?: number | undefined
  /** The address or name to listen on. Default: 127.0.0.1. With another one than loopback, nothing can be written. */
  readonly host?: string | undefined
  /** Nothing can be written or spent. */
  readonly isReadOnly?: boolean
  /** The user's editor, if there is one. */
  readonly editor?: Editor | undefined
  /** Called with what goes wrong beside a request. */
  readonly onProblem: (error: unknown) => void
}

/** A running studio. */
export interface Studio {
  /** The address to open, with its token. It gives the right to spend. */
  readonly address: string
  /** Does not keep the process alive. */
  unref(): void
  /** Whether requests are under way. */
  isBusy(): boolean
  /** Sends no request any more, and resolves once those under way have come home. */
  close(): Promise<void>
  /** Gives up requests under way too. What they bring may be paid for and lost. */
  abandon(): void
}

/**
 * Starts the studio: a listener with an origin of its own, for one project.
 *
 * @throws ImagegenError with code `usage` if the address is not available.
 */
export async function startStudio(options: StudioOptions): Promise<Studio> {
  const { subject, page, onProblem, editor, isReadOnly = false } = options
  const host = options.host?.toLowerCase()
  const token = randomBytes(32).toString('base64url')
  const picturesPath = `/${randomBytes(16).toString('hex')}/p`
  const process = randomUUID()
  const view = createView({
    subject,
    process,
    picturesPath,
    hasEditor: editor !== undefined,
    run: () => runs.state(),
    onProblem,
  })
  const runs = createRuns(view.events, async () => {
    const { options } = await view.pipeline()
    await view.refresh([options.storeDir])
  })
  subject.onRun?.(runs.follow)
  const { root } = (await view.pipeline()).options

  const routes = new Map<string, Route>([
    ...readingRoutes(view),
    ...spendingRoutes(view, runs, subject.kind),
    ...writingRoutes(view, runs, subject.kind),
    ...movingRoutes(view, subject.kind),
    openingRoute(view, editor),
    [
      '/api/1/events',
      {
        kind: 'stream',
        answer(response) {
          const { revision } = view.wall
          view.events.open(response, { type: 'hello', process, revision, run: runs.state() })
        },
      },
    ],
  ])
  const listener = await listen({
    rules: { host, isReadOnly, token },
    page,
    picturesPath,
    pictures: view.pictures,
    routes,
    clean: (text) => view.clean(text),
    refusalOf: (error) => refusalOf(error, root, onProblem),
    port: options.port ?? 0,
  })
  // A large project takes seconds to read: it is ready when the page asks. What fails is told then.
  void view.survey().catch(() => undefined)
  return {
    address: `http://${shownHost(host)}:${listener.port}/#token=${token}`,
    unref: () => listener.unref(),
    isBusy: () => runs.isBusy(),
    abandon: () => runs.abandon(),
    async close() {
      runs.stop()
      await runs.settled()
      view.close()
      await listener.close()
    },
  }
}

/** What a person can open: a wildcard is every address of this machine. */
function shownHost(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return ipVersion(host) === 6 ? `[${host}]` : host
}

/** A user's mistake or the project's state is a refusal with its problems; anything else is a fault of the studio. */
function refusalOf(
  error: unknown,
  root: string,
  onProblem: (error: unknown) => void,
): RefusedError {
  if (error instanceof ImagegenError) {
    const problems = shownProblems(error, root)
    const code = error.code === 'conflict' ? 'changed' : 'refused'
    const [{ message, hint } = { message: messageOf(error), hint: undefined }] = problems
    return refuse(code, summaryOf(error, root) ?? message, {
      problems,
      ...(hint === undefined ? {} : { hint }),
    })
  }
  onProblem(error)
  return refuse('failed', `The studio failed: ${withoutPaths(messageOf(error), root)}`)
}
