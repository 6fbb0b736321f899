import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { sha256 } from '../../shared/hash.ts'
import { type HostHeader, ipVersion, isLoopbackAddress, parseHost } from './host-header.ts'
import { refuse } from './refused.ts'
import type { ReadOnlyReason } from '../protocol.ts'

/** What decides who may do what. */
export interface AccessRules {
  /** The address or name that `--host` gave, in lower case; `undefined`: loopback. */
  readonly host: string | undefined
  readonly isReadOnly: boolean
  /** What `x-imagegen-token` has to be. */
  readonly token: string
}

/** What a request may do, once its Host is known to be this studio's. */
export interface Access {
  /** `http://` and the Host of the request: what `Origin` has to be. */
  readonly origin: string
  readonly writable: true | ReadOnlyReason
}

/**
 * Looks at where a request comes from and what it was sent to. This comes first for every request, so that a page whose
 * name resolves to this machine (DNS rebinding) gets nothing at all.
 *
 * @throws RefusedError `malformed` or `forbidden`.
 */
export function accessOf(request: IncomingMessage, rules: AccessRules): Access {
  const { socket } = request
  const hosts = request.headersDistinct['host'] ?? []
  const [text, ...more] = hosts
  const host = text === undefined || more.length > 0 ? undefined : parseHost(text)
  if (host === undefined) {
    throw refuse('malformed', 'The request has no Host header, or one that cannot be read.')
  }
  if (!isOurs(host, rules, socket.localAddress)) {
    throw refuse('forbidden', 'The studio answers only to its own address.')
  }
  const isLocal = isLoopbackRequest(request) && isLoopbackName(rules.host)
  return {
    origin: `http://${text?.trim().toLowerCase()}`,
    writable: rules.isReadOnly ? 'asked' : isLocal ? true : 'not-loopback',
  }
}

/** Whether a request comes from this machine to a name of this machine, and through no proxy. */
export function isLoopbackRequest({ headers, socket }: IncomingMessage): boolean {
  const isForwarded = Object.keys(headers).some(
    (name) => name === 'forwarded' || name.startsWith('x-forwarded-'),
  )
  return (
    !isForwarded &&
    parseHost(headers.host ?? '')?.isLoopback === true &&
    isLoopbackAddress(socket.remoteAddress) &&
    isLoopbackAddress(socket.localAddress)
  )
}

/** A loopback literal, `localhost`, or what `--host` names; if that is a wildcard, the address that was connected to. */
function isOurs(
  host: HostHeader,
  { host: named }: AccessRules,
  localAddress: string | undefined,
): boolean {
  if (host.isLoopback || host.name === named) return true
  if (!isWildcard(named) || ipVersion(host.name) === 0) return false
  return host.name === localAddress?.replace(/^::ffff:/, '')
}

function isWildcard(host: string | undefined): boolean {
  return host === '0.0.0.0' || host === '::'
}

function isLoopbackName(host: string | undefined): boolean {
  return (
    host === undefined || parseHost(host.includes(':') ? `[${host}]` : host)?.isLoopback === true
  )
}

/**
 * Holds a request of the page's script: its token, and the origin that browsers add.
 *
 * @throws RefusedError `forbidden` or `token`.
 */
export function holdToken(
  request: IncomingMessage,
  { origin }: Access,
  { token }: AccessRules,
): void {
  holdOrigin(request, origin)
  const given = request.headersDistinct['x-imagegen-token'] ?? []
  if (given.length !== 1 || !isSame(given[0] ?? '', token)) {
    throw refuse('token', 'The token is missing or belongs to another process of the studio.', {
      hint: 'Open the address that the studio printed.',
    })
  }
}

/**
 * Holds a request that writes or spends.
 *
 * @throws RefusedError `forbidden`, `read-only` or `media-type`.
 */
export function holdWriting(
  { headers }: IncomingMessage,
  { origin, writable }: Access,
  mediaType: 'application/json' | 'application/octet-stream',
): void {
  if (headers.origin !== origin) {
    throw refuse('forbidden', 'Only the studio’s own page may write and spend.')
  }
  if (writable !== true) throw refuse('read-only', READ_ONLY[writable])
  const [given = ''] = (headers['content-type'] ?? '').split(';', 1)
  if (given.trim().toLowerCase() !== mediaType) {
    throw refuse('media-type', `The content type has to be ${mediaType}.`)
  }
}

const READ_ONLY: Readonly<Record<ReadOnlyReason, string>> = {
  asked: 'This studio was started with --read-only: nothing can be written or spent.',
  'not-loopback':
    'This page comes through another machine or a proxy: nothing can be written or spent.',
}

/**
 * Refuses what a page of another origin asks for, in so far as its browser says so.
 *
 * @throws RefusedError `forbidden`.
 */
export function holdOrigin({ headers }: IncomingMessage, origin: string): void {
  const site = headers['sec-fetch-site']
  const isForeign =
    (headers.origin !== undefined && headers.origin !== origin) ||
    site === 'cross-site' ||
    site === 'same-site'
  if (isForeign) throw refuse('forbidden', 'This is for the studio’s own page only.')
}

/** Compares in the same time wherever the difference is. */
export function isSame(given: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(secret)))
}
