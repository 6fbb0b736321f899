import { lookup as lookupName, type LookupAddress } from 'node:dns'
import { request as requestPlainly, type IncomingMessage } from 'node:http'
import { request as requestSecurely } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { messageOf } from '../../shared/errors.ts'
import { plainText } from '../../shared/plain-text.ts'
import { isNearby } from './host.ts'
import { isInternetAddress } from './internet-address.ts'

/** Finds the addresses of a name: `lookup` of node:dns, with all of them. */
export type Resolve = (
  name: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

export interface GetOptions {
  /** `internet`: no connection to this machine, its networks or a cloud's metadata, whatever a name resolves to. */
  readonly reach: 'internet' | 'anywhere'
  /** Bytes of the body. */
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** Default: the system's. */
  readonly resolve?: Resolve | undefined
}

/** A server's answer, whatever its status. */
export interface Got {
  readonly status: number
  /** The target of a redirect. */
  readonly location: string | undefined
  readonly body: Buffer
}

/** A download that failed or stayed incomplete. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError'
  /** The part of the body that had arrived. */
  readonly received: Buffer

  constructor(message: string, received: Buffer = Buffer.alloc(0), cause?: unknown) {
    super(message, { cause })
    this.received = received
  }
}

/**
 * Gets the content of an address, without cookies or credentials. Redirects are not followed.
 *
 * Does not use `fetch`, which offers no hook between resolving a name and connecting to its address: a name that is looked
 * up twice can have another address the second time.
 *
 * @throws DownloadError
 */
export async function get(url: URL, options: GetOptions): Promise<Got> {
  const { reach, signal, resolve = resolveAll } = options
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new DownloadError(`${url.protocol} is not http(s)`)
  }
  const name = url.hostname.replace(/^\[|\]$/g, '')
  if (reach === 'internet') {
    // Node looks up names only, and never calls `lookup` for an address.
    const isKnown = isIP(name) === 0 ? !isNearby(name) : isInternetAddress(name)
    if (!isKnown) throw notPublic(url)
  }
  const response = await new Promise<IncomingMessage>((done, fail) => {
    const request = url.protocol === 'https:' ? requestSecurely : requestPlainly
    request(url, {
      method: 'GET',
      // A user name or password in an address is not sent.
      auth: undefined,
      headers: { 'accept-encoding': 'identity', connection: 'close' },
      lookup: lookupFor(url, name, reach, resolve),
      signal,
    })
      .on('response', done)
      .on('error', (error) => fail(failure(url, error, signal)))
      .end()
  })
  const { statusCode: status = 0, headers } = response
  return { status, location: headers.location, body: await receive(url, response, options) }
}

/** The function that `net.connect` asks for the address that it connects to: the check cannot be bypassed here. */
function lookupFor(
  url: URL,
  name: string,
  reach: GetOptions['reach'],
  resolve: Resolve,
): LookupFunction {
  return (asked, { all }, done) => {
    resolve(asked, (error, addresses) => {
      const [first] = addresses
      if (error !== null || first === undefined) {
        return done(error ?? new Error(`${asked} has no address`), '')
      }
      // With a proxy in the environment, the proxy is looked up and connected to.
      const isGuarded = reach === 'internet' && asked === name
      if (isGuarded && !addresses.every(({ address }) => isInternetAddress(address))) {
        return done(notPublic(url), '')
      }
      if (all === true) done(null, [...addresses])
      else done(null, first.address, first.family)
    })
  }
}

function resolveAll(name: string, done: Parameters<Resolve>[1]): void {
  lookupName(name, { all: true }, (error, addresses) =>
    done(error, error === null ? addresses : []),
  )
}

async function receive(
  url: URL,
  response: IncomingMessage,
  { maxBytes, signal }: GetOptions,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size > maxBytes) break
    }
  } catch (error) {
    throw failure(url, error, signal, Buffer.concat(chunks))
  }
  if (size <= maxBytes) return Buffer.concat(chunks)
  throw new DownloadError(
    `${url.host} answered with more than ${maxBytes} bytes; the rest was not read`,
  )
}

function failure(url: URL, error: unknown, signal: AbortSignal, received?: Buffer): DownloadError {
  if (error instanceof DownloadError) return error
  const reason = signal.aborted ? reasonOf(signal.reason) : messageOf(error)
  return new DownloadError(`${url.host}: ${plainText(reason)}`, received, error)
}

function reasonOf(aborted: unknown): string {
  const isLate = aborted instanceof Error && aborted.name === 'TimeoutError'
  return isLate ? 'it did not come to its end in time' : messageOf(aborted)
}

function notPublic(url: URL): DownloadError {
  return new DownloadError(`${url.host} is not on the internet`)
}
