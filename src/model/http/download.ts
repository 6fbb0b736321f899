import { messageOf } from '../../shared/errors.ts'
import { plainText } from '../../shared/plain-text.ts'
import { isNearby } from './host.ts'
import { transfer } from './transfer.ts'

const MAX_REDIRECTS = 3

interface DownloadOptions {
  /** The host that named the addresses. */
  readonly from: URL
  /** Of one picture. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/**
 * Fetches pictures that an answer named rather than sent.
 *
 * @returns the pictures in base64, in the order of the addresses, and the addresses that failed, each with the reason.
 * @throws the signal's own error where it was given.
 */
export async function downloadPictures(
  addresses: readonly string[],
  options: DownloadOptions,
): Promise<{ readonly images: string[]; readonly failures: string[] }> {
  const results = await Promise.allSettled(
    addresses.map((address) => downloadPicture(address, options)),
  )
  options.signal.throwIfAborted()
  const images: string[] = []
  const failures: string[] = []
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') images.push(Buffer.from(result.value).toString('base64'))
    else failures.push(`${plainText(addresses[index] ?? '', 1000)} (${messageOf(result.reason)})`)
  }
  return { images, failures }
}

/**
 * Without the key, without cookies, http(s) only, and never from this machine's own network unless the host that named
 * the address is there too: an answer must not reach what a page on the internet could not.
 */
async function downloadPicture(address: string, options: DownloadOptions): Promise<Uint8Array> {
  let url = new URL(address)
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new Error(`${url.protocol} is not http(s)`)
    }
    if (isNearby(url.hostname) && !isNearby(options.from.hostname)) {
      throw new Error(`${url.host} is not on the internet`)
    }
    const answer = await transfer(url, { method: 'GET', headers: new Headers() }, options)
    const target = answer.headers.get('location')
    if (answer.status >= 300 && answer.status < 400 && target !== null) {
      url = new URL(target, url)
    } else if (answer.status === 200) {
      return answer.body
    } else {
      throw new Error(`${url.host} answered HTTP ${answer.status}`)
    }
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`)
}
