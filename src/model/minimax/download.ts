import { isNearby } from './host.ts'
import { transfer } from './transfer.ts'

const MAX_REDIRECTS = 3

/**
 * Fetches a picture that an answer only named. Without the key, without cookies, http(s) only, and never from this
 * machine's own network unless the host that named it is there too: an answer must not reach what a browser could not.
 *
 * @throws Error that says why there is no picture.
 */
export async function downloadPicture(
  address: string,
  options: {
    /** The host that named the address. */
    readonly from: URL
    readonly maxBytes: number
    readonly signal: AbortSignal
  },
): Promise<Uint8Array> {
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
