import type { JsonValue } from '../../shared/hash.ts'
import type { ImageModelResult } from '../image-model.ts'
import { exchange, type Connection } from '../http/exchange.ts'
import { fetchNamedPictures } from '../http/named-pictures.ts'
import { readAnswer, type Answer } from './answer.ts'
import type { MinimaxFacts } from './facts.ts'
import { buildRequest, type MinimaxCall, type MinimaxWarning } from './request.ts'

/** Where requests go, as whom, and for which model. */
export interface ModelConnection extends Connection {
  readonly modelId: string
  readonly facts: MinimaxFacts
}

export interface MinimaxResult {
  /** Base64 text, as received. */
  images: string[]
  warnings: MinimaxWarning[]
  leftOver?: NonNullable<ImageModelResult['leftOver']>
  providerMetadata: {
    minimax: { images: JsonValue[]; id?: string; successCount?: number; failedCount?: number }
  }
  response: { timestamp: Date; modelId: string; headers: Record<string, string> }
}

/** A picture of the largest size, 2048 by 2048, without any compression. */
const MAX_PICTURE_BYTES = 2048 * 2048 * 3
/** Everything in an answer besides its pictures. */
const MAX_FRAME_BYTES = 1024 * 1024

/**
 * Sends one request for a call and returns its pictures. Nothing is tried twice.
 *
 * @throws ModelError
 */
export async function generatePictures(
  connection: ModelConnection,
  call: MinimaxCall,
): Promise<MinimaxResult> {
  const { modelId, facts } = connection
  const { request, warnings } = buildRequest(modelId, facts, call)
  const { headers, abortSignal } = call
  const maxBytes = call.n * base64Length(MAX_PICTURE_BYTES) + MAX_FRAME_BYTES
  const timestamp = new Date()
  return exchange(
    connection,
    { body: request, headers, maxBytes, abortSignal },
    async (raw, hide) => {
      const answer = readAnswer(raw)
      const {
        images,
        warnings: lost,
        ...leftOver
      } = await fetchNamedPictures(raw, answer, call.n, {
        ...connection,
        maxBytes: MAX_PICTURE_BYTES,
        abortSignal,
      })
      const messages = [...refusals(call.n, answer), ...lost]
      return {
        images,
        warnings: [
          ...warnings,
          ...messages.map((message) => ({ type: 'other' as const, message })),
        ],
        ...leftOver,
        providerMetadata: { minimax: metadataOf(answer, hide) },
        response: {
          timestamp,
          modelId,
          headers: { ...raw.headers },
        },
      }
    },
  )
}

/** A sentence about pictures that the safety filter kept back: they may be paid for. */
function refusals(asked: number, { images, urls }: Answer): string[] {
  const got = images.length + urls.length
  if (got >= asked) return []
  return [`MiniMax refused ${asked - got} of ${asked} pictures: its safety filter let ${got} pass`]
}

function metadataOf(
  answer: Answer,
  hide: (text: string) => string,
): MinimaxResult['providerMetadata']['minimax'] {
  const { id, successCount, failedCount } = answer
  return {
    images: [],
    ...(id === undefined ? {} : { id: hide(id) }),
    ...(successCount === undefined ? {} : { successCount }),
    ...(failedCount === undefined ? {} : { failedCount }),
  }
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}
