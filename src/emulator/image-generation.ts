import type { IncomingHttpHeaders } from 'node:http'
import { sha256 } from '../shared/hash.ts'
import { refusalMessage, successMessage } from './answers.ts'
import type { Delivery } from './delivery.ts'
import { effectsOf } from './fault-effects.ts'
import type { Effects } from './fault-effects.ts'
import type { FaultScript } from './fault-script.ts'
import type { Fault } from './faults.ts'
import { readImageRequest } from './image-request.ts'
import type { ImageRequest } from './image-request.ts'
import type { ServedImage } from './journal.ts'
import type { PictureRequest, ReferencePicture } from './picture.ts'
import type { RateWindow } from './rate-window.ts'
import { loadReference } from './references.ts'
import { RefusedError, invalidParams } from './refused.ts'

/** The state of an account and its faults. */
export interface Account {
  /** Any other key is refused. `undefined`: every key is accepted. */
  readonly apiKey: string | undefined
  readonly rate: RateWindow
  readonly faults: FaultScript
  /**
   * Takes this many images from the balance.
   *
   * @throws RefusedError where fewer are left.
   */
  charge(images: number): void
  readonly draw: (picture: PictureRequest) => Promise<Buffer>
  /** Stores a picture and returns its URL. */
  publish(bytes: Buffer): string
}

/** An answer before it is sent. */
export interface Outcome {
  /** The name under which the answer is counted. */
  readonly status: string
  readonly delivery: Delivery
  /** The pictures that a client has received once the answer was written to its end. */
  readonly images: readonly Omit<ServedImage, 'time'>[]
  /** Milliseconds that the answer waits beyond the emulator's own latency. */
  readonly delay: number
}

/** `POST /v1/image_generation`, from the request's headers and body to the answer. */
export async function generateImages(
  request: { readonly id: string; readonly headers: IncomingHttpHeaders; readonly body: string },
  account: Account,
  signal: AbortSignal,
): Promise<Outcome> {
  const { id, headers, body } = request
  try {
    authorize(headers.authorization, account.apiKey)
    if (!account.rate.admit()) throw new RefusedError(1002, 'rate limit exceeded(RPM)')
    const asked = readImageRequest(parseBody(headers['content-type'], body))
    const references: ReferencePicture[] = []
    // One after the other, because each of them is decoded.
    for (const file of asked.references) references.push(await loadReference(file, signal))
    const fault = account.faults.next(asked)
    const effects = effectsOf(fault)
    const instead = effects.substitute(id, asked)
    if (instead !== undefined) return { ...instead, images: [], delay: 0 }
    const served = asked.n - effects.refused(asked.n)
    account.charge(served)
    const { width, height } = effects.size(asked)
    const picture = { ...describePicture(asked), width, height, references }
    const pictures = await Promise.all(
      Array.from({ length: served }, async (_, index) =>
        effects.picture(await account.draw({ ...picture, index })),
      ),
    )
    const format = asked.responseFormat
    const message = successMessage(id, {
      format,
      pictures: pictures.map((bytes) =>
        format === 'url' ? account.publish(bytes) : effects.base64(bytes.toString('base64')),
      ),
      failed: asked.n - served,
      counts: effects.counts,
    })
    return {
      status: '0',
      delivery: effects.delivery(message),
      delay: effects.delay,
      images: pictures.map((bytes) => describeServed(bytes, asked, fault, effects)),
    }
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    const delivery: Delivery = { how: 'whole', message: refusalMessage(id, error) }
    return { status: String(error.code), delivery, images: [], delay: 0 }
  }
}

function authorize(header: string | undefined, apiKey: string | undefined): void {
  if (header === undefined || header.trim() === '') {
    throw new RefusedError(
      1004,
      "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
    )
  }
  const key = /^Bearer +(\S+)$/i.exec(header.trim())?.[1]
  if (key === undefined || (apiKey !== undefined && key !== apiKey)) {
    throw new RefusedError(2049, 'invalid api key')
  }
}

function parseBody(contentType: string | undefined, body: string): unknown {
  if (!/^application\/json\s*(?:;|$)/i.test(contentType?.trim() ?? '')) {
    throw invalidParams('Content-Type must be application/json')
  }
  try {
    return JSON.parse(body)
  } catch {
    throw invalidParams('the body is not valid JSON')
  }
}

function describePicture(asked: ImageRequest) {
  const { model, prompt, watermark, style, promptOptimizer } = asked
  const seed = asked.seed === undefined ? {} : { seed: asked.seed }
  return { model, prompt, watermark, settings: { style, promptOptimizer }, ...seed }
}

function describeServed(
  bytes: Buffer,
  { prompt, responseFormat }: ImageRequest,
  fault: Fault | undefined,
  effects: Effects,
): Outcome['images'][number] {
  const image = { sha256: sha256(bytes), prompt, usable: effects.usable(responseFormat) }
  return fault === undefined ? image : { ...image, fault: fault.kind }
}
