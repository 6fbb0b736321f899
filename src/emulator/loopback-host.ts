import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { plainText } from '../shared/plain-text.ts'

/**
 * Returns what is wrong with a request's host, or `undefined`. Otherwise a page on the internet whose name resolves to
 * 127.0.0.1 (DNS rebinding) could read every prompt: its browser sends the page's own name as `Host`. A request without
 * `Host` does not come from a browser.
 *
 * @param names what is accepted besides loopback addresses and `localhost`; `local`: names without a dot too, which no
 * page on the internet has and some clients invent.
 */
export function hostProblem(
  { headers: { host } }: IncomingMessage,
  names: 'loopback' | 'local',
): string | undefined {
  const name = host === undefined ? 'localhost' : nameIn(host)
  if (isLoopback(name) || (names === 'local' && /^[a-z\d_-]+$/.test(name))) return undefined
  return `The emulator answers requests to 127.0.0.1, [::1] and localhost only, not to ${plainText(host ?? '', 100)}.\n`
}

/** @param host a `Host` header, with or without a port. */
function nameIn(host: string): string {
  return /^(\[[^[\]]*\]|[^:[\]]*)(?::\d{1,5})?$/.exec(host.trim())?.[1]?.toLowerCase() ?? ''
}

function isLoopback(name: string): boolean {
  if (name === '[::1]' || name === 'localhost' || name === 'localhost.') return true
  return isIP(name) === 4 && name.startsWith('127.')
}
