import PQueue from 'p-queue'
import { messageOf } from '../../shared/errors.ts'
import { plainText } from '../../shared/plain-text.ts'
import { DownloadError, get, type Resolve } from './get.ts'
import { isNearby } from './host.ts'

const MAX_REDIRECTS = 3

/** Downloads at once. */
const CONCURRENCY = 3

/** Milliseconds for one picture of some hundred kB. A slow server delays the others no longer than this. */
const TIMEOUT = 60_000

/** Characters of an address in messages: presigned ones are long. */
const SHOWN_ADDRESS = 1000

export interface DownloadOptions {
  /** The host whose answer named the addresses. */
  readonly from: URL
  /** The most bytes of one picture. */
  readonly maxBytes: number
  /** Downloads that are not complete when it aborts count as failed. */
  readonly signal: AbortSignal
  /**
   * Milliseconds for one picture.
   * @default 60_000
   */
  readonly timeout?: number
  /** How names are resolved. Default: by the system. */
  readonly resolve?: Resolve
}

/** A picture that could not be fetched. */
export interface FailedDownload {
  readonly address: string
  readonly reason: string
  /** The bytes that had arrived. */
  readonly received: Uint8Array
}

/**
 * Fetches pictures that an answer names by address. One that fails does not affect the others: all of them are paid for.
 *
 * @returns the pictures in base64, in the order of the addresses, and those that failed.
 */
export async function downloadPictures(
  addresses: readonly string[],
  options: DownloadOptions,
): Promise<{ readonly images: string[]; readonly failures: FailedDownload[] }> {
  const queue = new PQueue({ concurrency: CONCURRENCY })
  const results = await Promise.all(
    addresses.map((address) =>
      queue.add(async () =>
        downloadPicture(address, options).then(
          (bytes) => ({ bytes }),
          (error: unknown) => ({ error }),
        ),
      ),
    ),
  )
  const images: string[] = []
  const failures: FailedDownload[] = []
  for (const [index, result] of results.entries()) {
    if ('bytes' in result) images.push(result.bytes.toString('base64'))
    else {
      failures.push({
        address: addresses[index] ?? '',
        reason: messageOf(result.error),
        received: result.error instanceof DownloadError ? result.error.received : new Uint8Array(),
      })
    }
  }
  return { images, failures }
}

/** The address and the reason, for messages. */
export function describeFailure({ address, reason }: FailedDownload): string {
  return `${plainText(address, SHOWN_ADDRESS)} (${reason})`
}

/**
 * Downloads without the key and without cookies, over http(s) only, and from this machine's own network only if the host
 * that named the address is there too: an answer must not reach more than a page on the internet could.
 */
async function downloadPicture(address: string, options: DownloadOptions): Promise<Buffer> {
  const { from, maxBytes, timeout = TIMEOUT, resolve } = options
  const late = AbortSignal.timeout(timeout)
  const signal = AbortSignal.any([options.signal, late])
  const reach = isNearby(from.hostname) ? 'anywhere' : 'internet'
  let url = new URL(address)
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const { status, location, body } = await get(url, { reach, maxBytes, signal, resolve })
    if (status >= 300 && status < 400 && location !== undefined) {
      url = new URL(location, url)
    } else if (status === 200) {
      return body
    } else {
      throw new DownloadError(`${url.host} answered HTTP ${status}`)
    }
  }
  throw new DownloadError(`more than ${MAX_REDIRECTS} redirects`)
}
