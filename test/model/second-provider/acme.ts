import { statusError, malformed, type RawAnswer } from '../../../src/model/http/answer-error.ts'
import { filled, requireKey } from '../../../src/model/http/api-key.ts'
import { exchange } from '../../../src/model/http/exchange.ts'
import { baseOf } from '../../../src/model/http/host.ts'
import { fetchNamedPictures } from '../../../src/model/http/named-pictures.ts'
import type { Service } from '../../../src/model/http/service.ts'
import {
  ModelError,
  type ImageModel,
  type ImageModelCall,
  type ModelAccount,
} from '../../../src/model/image-model.ts'
import type { Provider } from '../../../src/model/provider.ts'
import { isRecord } from '../../../src/shared/record.ts'

/** A provider with an HTTP API of its own, as small as one can be, built on the parts that are for every provider. */
export const ACME: Service = {
  name: 'Acme',
  factory: 'acme()',
  keyVariable: 'ACME_API_KEY',
  hostVariable: 'ACME_API_HOST',
  defaultHost: 'https://images.acme.example',
  traceHeader: 'X-Request-Id',
}

export interface AcmeOptions {
  readonly apiKey?: string | undefined
  readonly host?: string | undefined
  /** Milliseconds. */
  readonly timeout?: number | undefined
}

const PICTURE_BYTES = 4 * 1024 * 1024

export function acme(modelId: string, options: AcmeOptions = {}): ImageModel {
  const { timeout = 60_000 } = options
  const apiKey = filled(options.apiKey)
  const host = filled(options.host)
  const endpoint = new URL(`${baseOf(ACME, host ?? ACME.defaultHost)}/paint`)
  return {
    specificationVersion: 'v3',
    provider: 'acme.image',
    modelId,
    maxImagesPerCall: 4,
    price: 0.02,
    limits: {
      aspectRatios: { '1:1': { width: 64, height: 64 } },
      defaultAspectRatio: '1:1',
      sizes: false,
      references: false,
      seed: false,
    },
    limitsAreFixed: true,
    requestsPerMinute: 60_000,
    account: `acme@${endpoint.host}`,
    credentials: apiKey === undefined ? 'missing' : 'given',
    keySource: { variable: ACME.keyVariable, page: 'acme.example/keys' },
    withAccount: (account: ModelAccount) =>
      acme(modelId, { timeout, apiKey: apiKey ?? account.apiKey, host: host ?? account.host }),
    async doGenerate(call) {
      const key = requireKey(ACME, apiKey)
      const { headers, abortSignal, n } = call
      const body = { model: modelId, text: call.prompt, count: n }
      const timestamp = new Date()
      return exchange(
        { service: ACME, endpoint, apiKey: key, timeout },
        { body, headers, abortSignal, maxBytes: n * PICTURE_BYTES },
        async (raw, hide) => {
          const answer = readAnswer(raw)
          const { warnings, ...pictures } = await fetchNamedPictures(raw, answer, n, {
            endpoint,
            apiKey: key,
            abortSignal,
            maxBytes: PICTURE_BYTES,
          })
          return {
            ...pictures,
            warnings: [
              ...ignored(call),
              ...warnings.map((message) => ({ type: 'other', message })),
            ],
            providerMetadata: { acme: { images: [], id: hide(answer.id) } },
            response: { timestamp, modelId, headers: { ...raw.headers } },
          }
        },
      )
    },
  }
}

/** What `options/providers.ts` would have a line for. */
export const acmeProvider: Provider = {
  id: 'acme',
  name: ACME.name,
  keyVariable: ACME.keyVariable,
  hostVariable: ACME.hostVariable,
  origins: [ACME.defaultHost],
  models: { 'acme-1': acme('acme-1') },
}

interface AcmeAnswer {
  readonly images: readonly string[]
  readonly urls: readonly string[]
  readonly id: string
}

/** `{ id, pictures: [base64 or an address, …] }`, or `{ problem: { kind, text } }`. */
function readAnswer(raw: RawAnswer): AcmeAnswer {
  const body = parse(raw.text)
  const problem = isRecord(body) ? body['problem'] : undefined
  const said = isRecord(problem) ? String(problem['text']) : undefined
  if (isRecord(problem) && problem['kind'] === 'refused') {
    throw new ModelError(`Acme refused the prompt: ${said}`, { code: 'refused', retry: 'never' })
  }
  if (raw.status !== 200) throw statusError(raw, said)
  const pictures = isRecord(body) ? body['pictures'] : undefined
  if (!isRecord(body) || !Array.isArray(pictures)) throw malformed(raw, 'no pictures')
  const texts = pictures.map(String)
  return {
    images: texts.filter((text) => !text.startsWith('http')),
    urls: texts.filter((text) => text.startsWith('http')),
    id: String(body['id']),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function ignored({ seed, size }: ImageModelCall): Array<Record<string, unknown>> {
  return Object.entries({ seed, size })
    .filter(([, value]) => value !== undefined)
    .map(([feature]) => ({ type: 'unsupported', feature }))
}
