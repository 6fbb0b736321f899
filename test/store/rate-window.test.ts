import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createRateWindow, type RateWindow } from '../../src/store/locks/rate-window.ts'
import { temporaryFolder } from './samples.ts'

const never = new AbortController().signal

interface Clock {
  now: number
}

/** A window of a minute on its own clock. The signal aborts a caller that would have to wait. */
function windowOf(folder: string, clock: Clock, requestsPerMinute = 3): RateWindow {
  const now = (): number => clock.now
  return createRateWindow({ folder, account: 'a', requestsPerMinute, marginMs: 500, now })
}

/** Takes all places that are free at this moment. */
async function takeAll(window: RateWindow): Promise<number> {
  let taken = 0
  for (;;) {
    const patience = new AbortController()
    const place = window.take(patience.signal).then(() => taken++)
    // A free place is taken within a few turns of the event loop. After that an hour's wait would begin.
    const outcome = await Promise.race([place.then(() => 'taken'), turns(50).then(() => 'full')])
    if (outcome === 'full') {
      patience.abort()
      await place.catch(() => undefined)
      return taken
    }
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('a minute has a fixed number of places for everyone who shares the folder', async () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  expect(await takeAll(windowOf(folder, clock))).toBe(3)
  expect(await takeAll(windowOf(folder, clock))).toBe(0)
  clock.now += 60_499
  expect(await takeAll(windowOf(folder, clock))).toBe(0)
  clock.now += 1
  expect(await takeAll(windowOf(folder, clock))).toBe(3)
})

test('the window slides: places become free one by one, in the order they were taken', async () => {
  const folder = temporaryFolder()
  const clock = { now: 0 }
  const window = windowOf(folder, clock)
  await window.take(never)
  clock.now = 30_000
  expect(await takeAll(window)).toBe(2)
  clock.now = 60_500
  expect(await takeAll(window)).toBe(1)
  clock.now = 90_500
  expect(await takeAll(window)).toBe(2)
})

test('at 60 a minute no minute has more, and at least 95% of the places are used', async () => {
  const folder = temporaryFolder()
  const clock = { now: 0 }
  const window = windowOf(folder, clock, 60)
  const sent: number[] = []
  for (; clock.now < 180_000; clock.now += 500) {
    const taken = await takeAll(window)
    sent.push(...Array<number>(taken).fill(clock.now))
  }
  expect(sent.length).toBeGreaterThanOrEqual(0.95 * 3 * 60)
  const tooClose = sent.filter((time, index) => (sent[index + 60] ?? Infinity) - time < 60_000)
  expect(tooClose).toEqual([])
})

test('after a refusal everyone waits for the rest of the window and no longer', async () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  const window = windowOf(folder, clock)
  await window.take(never)
  clock.now += 20_000
  await window.pauseForWindow()
  expect(await takeAll(windowOf(folder, clock))).toBe(0)
  clock.now += 40_499
  expect(await takeAll(windowOf(folder, clock))).toBe(0)
  clock.now += 1
  expect(await takeAll(windowOf(folder, clock))).toBe(3)
})

test('a pause ends at the given time, and within a window at the latest', async () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  const window = windowOf(folder, clock)
  await window.pause(clock.now + 5_000)
  await window.pause(clock.now + 1_000)
  clock.now += 4_999
  expect(await takeAll(window)).toBe(0)
  clock.now += 1
  expect(await takeAll(window)).toBe(3)

  await window.pause(clock.now + 24 * 60 * 60 * 1000)
  clock.now += 60_500
  expect(await takeAll(window)).toBe(3)
})

test('a clock that is set back blocks for one window, not for ever', async () => {
  const folder = temporaryFolder()
  const clock = { now: 10_000_000 }
  const window = windowOf(folder, clock)
  expect(await takeAll(window)).toBe(3)
  await window.pauseForWindow()
  clock.now = 1_000_000
  expect(await takeAll(window)).toBe(0)
  clock.now += 60_500
  expect(await takeAll(window)).toBe(3)
})

test('a damaged state is an empty window', async () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  const window = windowOf(folder, clock)
  expect(await takeAll(window)).toBe(3)
  const [state] = readdirSync(folder)
  for (const content of [
    '',
    '{"sent":["now"],"pausedUntil":0}',
    '{"sent":[1e999],"pausedUntil":0}',
  ]) {
    writeFileSync(path.join(folder, state!), content)
    expect(await takeAll(window)).toBe(3)
  }
})

test('each account has its own window and leaves no name on the disk', async () => {
  const folder = temporaryFolder()
  const options = { folder, requestsPerMinute: 1 }
  await createRateWindow({ ...options, account: 'first-account' }).take(never)
  await createRateWindow({ ...options, account: 'second-account' }).take(never)
  const names = readdirSync(folder)
  expect(names).toHaveLength(2)
  const everything = names.map((name) => name + readFileSync(path.join(folder, name), 'utf8'))
  expect(everything.join('')).not.toContain('account')
})

test('aborting one wait lets the next in line go on', async () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  const window = windowOf(folder, clock, 1)
  await window.take(never)
  const patience = new AbortController()
  const waiting = [window.take(patience.signal), window.take(patience.signal)]
  patience.abort()
  for (const place of waiting) await expect(place).rejects.toMatchObject({ code: 'aborted' })
  await expect(window.take(patience.signal)).rejects.toMatchObject({ code: 'aborted' })
  clock.now += 60_500
  await window.take(never)
})

test('a read-only folder is an error with a hint', async () => {
  const folder = path.join(temporaryFolder(), 'file')
  writeFileSync(folder, '')
  const window = createRateWindow({ folder, account: 'a', requestsPerMinute: 1 })
  await expect(window.take(never)).rejects.toMatchObject({ code: 'unavailable' })
})

test('callers that wait together are counted in one look at the file, in their order', async () => {
  const folder = temporaryFolder()
  let looks = 0
  const now = (): number => {
    looks += 1
    return 1_000_000
  }
  const window = createRateWindow({ folder, account: 'a', requestsPerMinute: 10, now })
  const order: number[] = []
  const take = async (place: number): Promise<void> => {
    await window.take(never)
    order.push(place)
  }
  await Promise.all(Array.from({ length: 10 }, (_, place) => take(place)))
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(looks).toBe(1)
  expect(await takeAll(window)).toBe(0)
})

test('a place taken for an aborted caller is not used later', async () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  const window = windowOf(folder, clock)
  const patience = new AbortController()
  const first = window.take(never)
  const second = window.take(patience.signal)
  const third = window.take(never)
  patience.abort()
  await expect(second).rejects.toMatchObject({ code: 'aborted' })
  await Promise.all([first, third])
  clock.now += 60_500
  expect(await takeAll(window)).toBe(3)
  expect(await takeAll(window)).toBe(0)
})

test('a waiting caller learns when its turn comes, and a caller with a free place is not notified', async () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  const window = windowOf(folder, clock, 2)
  const stop = new AbortController()
  const told: number[][] = []
  const take = (): void => {
    const times: number[] = []
    told.push(times)
    void window.take(stop.signal, (until) => times.push(until)).catch(() => undefined)
  }
  await window.take(never)
  clock.now += 10_000
  for (let caller = 0; caller < 4; caller++) take()
  // One gets the second place. The others wait for the first, the second and the third of these to pass.
  await expect.poll(() => told).toEqual([[], [1_060_500], [1_070_500], [1_121_000]])
  take()
  await expect.poll(() => told.at(-1)).toEqual([1_131_000])
  stop.abort()
})

test('a caller learns of the pause that a provider asks for', async () => {
  const folder = temporaryFolder()
  const clock = { now: 1_000_000 }
  const window = windowOf(folder, clock)
  await window.pause(1_020_000)
  const stop = new AbortController()
  const times: number[] = []
  const waits = window.take(stop.signal, (until) => times.push(until)).catch(() => undefined)
  await expect.poll(() => times).toEqual([1_020_000])
  stop.abort()
  await waits
})
