import { isIP } from 'node:net'

/** A parsed `Host` header. */
export interface HostHeader {
  /** The name or address in lower case, without brackets. */
  readonly name: string
  /** Whether it is a loopback address or `localhost`. */
  readonly isLoopback: boolean
}

const SHAPE = /^(?:\[([0-9a-f:.]+)\]|([a-z\d](?:[a-z\d._-]*[a-z\d])?))(?::(\d{1,5}))?$/

/**
 * Parses a `Host` header as a whole. Comparing its start is not enough: `localhost.evil.example` and
 * `127.0.0.1.evil.example` begin like this machine.
 *
 * @returns `undefined` if it is malformed.
 */
export function parseHost(text: string): HostHeader | undefined {
  const [, six, other, port] = SHAPE.exec(text.trim().toLowerCase()) ?? []
  const name = six ?? other
  if (name === undefined || Number(port ?? 0) > 65_535) return undefined
  if (six !== undefined && ipVersion(six) !== 6) return undefined
  return { name, isLoopback: name === 'localhost' || isLoopbackAddress(name) }
}

/** Whether an address of a socket, or a literal, is this machine's own. */
export function isLoopbackAddress(address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:/, '') ?? ''
  return plain === '::1' || (ipVersion(plain) === 4 && plain.startsWith('127.'))
}

/** 4 or 6 for a literal address, 0 for a name. */
export function ipVersion(name: string): number {
  return isIP(name)
}
