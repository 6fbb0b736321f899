import { describe, expect, test } from 'vitest'
import { Postponed } from '../../src/generate/retry.ts'
import { ModelError, type RetryAdvice } from '../../src/model/image-model.ts'
import { ATTEMPTS, backoff, tryOnce } from '../../src/queue/worker/try-once.ts'

function failure(retry: RetryAdvice, retryAfter?: number): ModelError {
  return new ModelError('no', { code: 'x', retry, retryAfter })
}

/** What an attempt throws, and what it reports. */
async function tried(
  thrown: Error,
  before: { readonly attempts: number; readonly rateLimits: number },
): Promise<{ error: unknown; told: string[] }> {
  const told: string[] = []
  const error: unknown = await tryOnce(
    {
      attempt: async () => Promise.reject(thrown),
      onRetry: () => told.push('retry'),
      onRateLimit: async () => void told.push('rate limit'),
    },
    before,
  ).catch((reason: unknown) => reason)
  return { error, told }
}

describe('one attempt at a request', () => {
  test('returns the answer', async () => {
    const request = {
      attempt: async () => Promise.resolve(7),
      onRetry: () => undefined,
      onRateLimit: async () => undefined,
    }
    expect(await tryOnce(request, { attempts: 0, rateLimits: 0 })).toBe(7)
  })

  test('is retried after a pause if that may help, as often as without a queue', async () => {
    const thrown = failure('backoff')
    const first = await tried(thrown, { attempts: 0, rateLimits: 0 })
    expect(first.error).toBeInstanceOf(Postponed)
    expect(first).toMatchObject({ error: { cause: thrown }, told: ['retry'] })
    const last = await tried(thrown, { attempts: ATTEMPTS - 1, rateLimits: 0 })
    expect(last).toEqual({ error: thrown, told: [] })
  })

  test('pauses every worker after a rate limit, which does not count as an attempt', async () => {
    const thrown = failure('rate-limit')
    const { error, told } = await tried(thrown, { attempts: ATTEMPTS, rateLimits: 9 })
    expect(error).toMatchObject({ name: 'Postponed', cause: undefined })
    expect(told).toEqual(['retry', 'rate limit'])
    expect((await tried(thrown, { attempts: 0, rateLimits: 10 })).error).toBe(thrown)
  })

  test('fails permanently where a retry changes nothing, also with models of the AI SDK', async () => {
    const thrown = failure('never')
    expect(await tried(thrown, { attempts: 0, rateLimits: 0 })).toEqual({ error: thrown, told: [] })
    const foreign = Object.assign(new Error('bad gateway'), { statusCode: 502, isRetryable: true })
    expect((await tried(foreign, { attempts: 0, rateLimits: 0 })).error).toMatchObject({
      cause: { code: 'http-502' },
    })
  })
})

test('pauses double up to half a minute, or are what the provider asks for', () => {
  for (const [attempts, least, most] of [
    [1, 1000, 2000],
    [3, 4000, 8000],
    [9, 30_000, 30_000],
  ] as const) {
    const pause = backoff(attempts, failure('backoff'))
    expect(pause).toBeGreaterThanOrEqual(least)
    expect(pause).toBeLessThanOrEqual(most)
  }
  expect(backoff(1, failure('backoff', 4711))).toBe(4711)
  expect(backoff(1, failure('backoff', 1e9))).toBe(120_000)
})
