import sharp from 'sharp'
import { afterEach, describe, expect, it } from 'vitest'
import { withPipelines } from '../../src/pixels/pipelines.ts'

const before = { concurrency: sharp.concurrency(), cache: sharp.cache() }

afterEach(() => {
  sharp.concurrency(before.concurrency)
  sharp.cache(true)
})

interface Settings {
  readonly threads: number
  readonly memory: number
}

function settings(): Settings {
  return { threads: sharp.concurrency(), memory: sharp.cache().memory.max }
}

/** A promise that the test resolves. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((keep) => {
    resolve = keep
  })
  return { promise, resolve: () => resolve() }
}

describe('withPipelines', () => {
  it('sets one thread and no cache during the work, and restores the settings afterwards', async () => {
    sharp.concurrency(3)
    sharp.cache({ memory: 77 })
    expect(await withPipelines(async () => settings())).toEqual({ threads: 1, memory: 0 })
    expect(settings()).toEqual({ threads: 3, memory: 77 })
  })

  it('restores the settings when the last of several is done, in any order', async () => {
    sharp.concurrency(4)
    const [first, second] = [deferred(), deferred()]
    const running = [withPipelines(() => first.promise), withPipelines(() => second.promise)]
    await withPipelines(async () => undefined)
    expect(settings().threads).toBe(1)
    second.resolve()
    await running[1]
    expect(settings().threads).toBe(1)
    first.resolve()
    await running[0]
    expect(settings().threads).toBe(4)
  })

  it('restores the settings after a failure, and rethrows it', async () => {
    sharp.concurrency(2)
    await expect(withPipelines(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(settings().threads).toBe(2)
  })
})
