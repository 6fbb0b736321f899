import type { Connect, Plugin, ViteDevServer } from 'vite'
import { messageOf } from '../../shared/errors.ts'
import { printable } from '../../shared/plain-text.ts'
import { isLoopbackRequest } from '../../studio/listener/access.ts'
import type { Session } from '../session/session.ts'

/** What frameworks that print their own addresses ask the plugin of their dev server. */
export interface StudioApi {
  /** The studio's address once the dev server is there; undefined: there is no studio. */
  studio(this: void): Promise<string | undefined>
}

/** The way to the studio of a plugin that `viteHost` made. */
export function studioOf({ api }: Pick<Plugin, 'api'>): StudioApi['studio'] {
  return (api as StudioApi).studio
}

type Response = Parameters<Connect.NextHandleFunction>[1]

/** The path below `base` that leads to the studio. */
const PATH = '__imagegen/'

/** Prints the studio's address below those of Vite, whenever Vite prints them. */
export function printStudio(server: ViteDevServer, session: Session): void {
  const print = server.printUrls.bind(server)
  const { logger } = server.config
  server.printUrls = () => {
    print()
    session.studio
      .address()
      .then((address) => {
        if (address !== undefined) logger.info(`  ➜  Studio:  ${address}`)
        return address
      })
      .catch((error: unknown) => logger.error(printable(messageOf(error))))
  }
}

/**
 * Answers `<base>__imagegen/` with a redirect to the studio, for a person on this machine who opens it in a browser.
 * Nothing else is answered: a script of the page, a frame or another machine must not learn the address.
 */
export function redirectToStudio(session: Session, base: string): Connect.NextHandleFunction {
  const path = `${base.endsWith('/') ? base : `${base}/`}${PATH}`
  return (request, response, next) => {
    const [asked] = (request.originalUrl ?? request.url ?? '').split(/[?#]/)
    if (asked !== path) {
      next()
      return
    }
    if (!isNavigation(request)) {
      refuse(response)
      return
    }
    void answer(response, session)
  }
}

async function answer(response: Response, session: Session): Promise<void> {
  // What keeps the studio from starting was logged.
  const address = await session.studio.address().catch(() => undefined)
  if (address === undefined) {
    refuse(response)
    return
  }
  response.writeHead(302, {
    location: address,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  })
  response.end()
}

/** Whether a person opens the address in a window of this machine: only browsers set these headers, no script can. */
function isNavigation(request: Connect.IncomingMessage): boolean {
  const { method, headers } = request
  return (
    method === 'GET' &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document' &&
    headers['sec-fetch-site'] !== 'cross-site' &&
    isLoopbackRequest(request)
  )
}

function refuse(response: Response): void {
  response.writeHead(404, { 'cache-control': 'no-store', 'content-type': 'text/plain' })
  response.end('There is nothing here.\n')
}
