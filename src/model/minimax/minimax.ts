import { ImagegenError } from '../../shared/errors.ts'
import type { ImageModel, ModelAccount } from '../image-model.ts'
import { filled, requireKey } from '../http/api-key.ts'
import { factsOf, REQUESTS_PER_MINUTE } from './facts.ts'
import { generatePictures, type MinimaxResult } from './generate-pictures.ts'
import type { MinimaxCall } from './request.ts'
import { endpointOf, MINIMAX } from './service.ts'

export interface MinimaxOptions {
  /** A request without one fails with code `credentials`. It is sent to `host` and nowhere else. */
  readonly apiKey?: string | undefined
  /**
   * Scheme and name; keys are bound to a region. Plain http for this machine and the local network only.
   * @default 'https://api.minimax.io'
   */
  readonly host?: string | undefined
  /**
   * Requests a minute that the account may send.
   * @default 10
   */
  readonly rpm?: number | undefined
  /**
   * Milliseconds that a request may take, its answer included. A picture takes about 25 s, nine take longer: with
   * less than 120 s, paid pictures are lost.
   * @default 180_000
   */
  readonly timeout?: number | undefined
}

/** An `ImageModel` that the AI SDK accepts too (specification v3). */
export interface MinimaxImageModel extends ImageModel {
  readonly specificationVersion: 'v3'
  doGenerate(call: MinimaxCall): Promise<MinimaxResult>
  withAccount(account: ModelAccount): MinimaxImageModel
}

const DEFAULT_TIMEOUT = 180_000
/** The longest time that Node's timers support, in milliseconds. */
const MAX_TIMEOUT = 2_147_483_647

/**
 * A MiniMax image model (`POST /v1/image_generation`), for the option `models` and for the AI SDK.
 *
 * It fails with a `ModelError` that carries MiniMax's code, says whether to retry, and what to do.
 *
 * @throws ImagegenError with code `config` for an impossible host, rate or time.
 */
export function minimax(
  modelId: 'image-01' | 'image-01-live' | (string & {}),
  options: MinimaxOptions = {},
): MinimaxImageModel {
  const { rpm = REQUESTS_PER_MINUTE, timeout = DEFAULT_TIMEOUT } = options
  const apiKey = filled(options.apiKey)
  const host = filled(options.host)
  const endpoint = endpointOf(host ?? MINIMAX.defaultHost)
  requireNumber('rpm', rpm, Number.MAX_SAFE_INTEGER)
  requireNumber('timeout', timeout, MAX_TIMEOUT)
  const facts = factsOf(modelId)

  return {
    specificationVersion: 'v3',
    provider: 'minimax.image',
    modelId,
    maxImagesPerCall: facts.limits.n,
    ...(facts.price === undefined ? {} : { price: facts.price }),
    limits: facts.limits,
    requestsPerMinute: rpm,
    account: `minimax@${endpoint.host}`,
    credentials: apiKey === undefined ? 'missing' : 'given',
    secrets: () => (apiKey === undefined ? [] : [apiKey]),
    keySource: { variable: MINIMAX.keyVariable, page: 'platform.minimax.io (Account, API keys)' },
    limitsAreFixed: true,

    withAccount: (account) =>
      minimax(modelId, {
        ...options,
        apiKey: apiKey ?? account.apiKey,
        host: host ?? account.host,
      }),

    doGenerate: async (call) =>
      generatePictures(
        {
          service: MINIMAX,
          endpoint,
          apiKey: requireKey(MINIMAX, apiKey),
          timeout,
          modelId,
          facts,
        },
        call,
      ),
  }
}

function requireNumber(name: string, value: number, max: number): void {
  if (typeof value === 'number' && value > 0 && value <= max) return
  throw new ImagegenError('config', {
    message: `minimax(): ${name} is ${String(value)}, expected a number above 0 and at most ${max}.`,
  })
}
