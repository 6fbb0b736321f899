import { redact } from '../shared/logger.ts'
import { isRecord } from '../shared/record.ts'
import { delegating } from './declare-facts.ts'
import type { ImageModel } from './image-model.ts'

/** The deepest nesting of a provider's answers. */
const DEEPEST = 8

/** Fields of errors in which a provider may repeat what it was sent. */
const SAID = ['message', 'stack', 'responseBody'] as const

/**
 * The same model, whose errors, warnings and metadata do not repeat secrets: providers echo keys, and what they say is
 * printed, kept in receipts and handed to the clients of a queue.
 */
export function masked(model: ImageModel, secrets: readonly string[]): ImageModel {
  if (secrets.length === 0) return model
  return {
    ...delegating(model),
    async doGenerate(call) {
      try {
        const result = await model.doGenerate(call)
        const { warnings, providerMetadata, leftOver } = result
        return {
          ...result,
          warnings: hidden(warnings, secrets, 0),
          ...(providerMetadata === undefined
            ? {}
            : { providerMetadata: hidden(providerMetadata, secrets, 0) }),
          ...(leftOver === undefined ? {} : { leftOver: hidden(leftOver, secrets, 0) }),
        }
      } catch (error) {
        hideInError(error, secrets, 0)
        throw error
      }
    },
  }
}

function hidden<Value>(value: Value, secrets: readonly string[], depth: number): Value {
  if (typeof value === 'string') return redact(value, secrets) as Value
  if (depth === DEEPEST) return value
  if (Array.isArray(value)) {
    return value.map((each: unknown) => hidden(each, secrets, depth + 1)) as Value
  }
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, hidden(each, secrets, depth + 1)]),
  ) as Value
}

/** Changes the error in place: retrying looks at its class and its other fields. */
function hideInError(error: unknown, secrets: readonly string[], depth: number): void {
  if (!(error instanceof Error) || depth === DEEPEST) return
  for (const field of SAID) {
    const text: unknown = Reflect.get(error, field)
    if (typeof text !== 'string') continue
    const clean = redact(text, secrets)
    if (clean !== text) Reflect.set(error, field, clean)
  }
  hideInError(error.cause, secrets, depth + 1)
  const { errors } = error as { readonly errors?: unknown }
  if (Array.isArray(errors)) for (const each of errors) hideInError(each, secrets, depth + 1)
}
