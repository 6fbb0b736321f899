import { describe, expect, test } from 'vitest'
import { chargeOf, toModelError } from '../../src/generate/provider-error.ts'
import { ModelError } from '../../src/model/image-model.ts'
import { ImagegenError } from '../../src/shared/errors.ts'

describe('toModelError', () => {
  test('passes our own errors on', () => {
    const own = new ModelError('x', { code: '1002', retry: 'rate-limit' })
    const users = new ImagegenError('budget', { message: 'y' })
    expect(toModelError(own)).toBe(own)
    expect(toModelError(users)).toBe(users)
  })

  test('knows the error of another copy of this package', () => {
    const foreign = Object.assign(new Error('MiniMax 1008'), {
      name: 'ModelError',
      code: '1008',
      retry: 'never',
      stopsRun: true,
      maybeBilled: false,
    })
    expect(toModelError(foreign)).toBeInstanceOf(ModelError)
    expect(toModelError(foreign)).toMatchObject({ code: '1008', stopsRun: true, cause: foreign })
  })

  test.each([
    [{ statusCode: 429, responseHeaders: { 'retry-after': '7' } }, 'rate-limit', false, false],
    [{ statusCode: 500, isRetryable: true }, 'backoff', false, true],
    [{ statusCode: 401, isRetryable: false }, 'never', true, false],
    [{ statusCode: 400, isRetryable: false }, 'never', false, false],
    [{ isRetryable: true }, 'backoff', false, true],
    [{}, 'never', false, true],
  ])('reads an error of the AI SDK: %j', (fields, retry, stopsRun, billed) => {
    const error = Object.assign(new Error('from the SDK'), fields)
    expect(toModelError(error)).toMatchObject({
      retry,
      stopsRun,
      maybeBilled: billed,
    })
    expect(chargeOf(error) === 'maybe-billed').toBe(billed)
  })

  test('a Retry-After is honoured, in milliseconds', () => {
    const error = Object.assign(new Error('slow down'), {
      statusCode: 429,
      responseHeaders: { 'retry-after': '7' },
    })
    expect(toModelError(error)).toMatchObject({ retryAfter: 7000 })
  })
})
