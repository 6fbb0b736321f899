import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acquireLock, sweepLocks, type Lock, type LockOptions } from '../../src/store/locks/lock.ts'
import { thisProcess } from '../../src/store/locks/process-identity.ts'
import { startChild, type Child } from './child.ts'
import { temporaryFolder } from './samples.ts'

const NAME = 'key'

async function acquire(folder: string, options: Partial<LockOptions> = {}): Promise<Lock> {
  const signal = new AbortController().signal
  const lock = await acquireLock({ folder, name: NAME, signal, pause: 5, ...options })
  onTestFinished(() => lock.release())
  return lock
}

async function startHolder(folder: string): Promise<Child> {
  const child = await startChild('hold-lock', { FOLDER: folder, NAME })
  onTestFinished(() => void child.process.kill('SIGKILL'))
  return child
}

/** A claim as another process would leave it. */
function plantClaim(folder: string, owner: object | string, agoMs = 0): void {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${NAME}.0123456789abcdef.lock`)
  writeFileSync(file, typeof owner === 'string' ? owner : JSON.stringify(owner))
  const seen = new Date(Date.now() - agoMs)
  utimesSync(file, seen, seen)
}

/** Whether the lock is taken: looks twice, then gives up. */
async function isTaken(folder: string): Promise<boolean> {
  const waiting = new AbortController()
  try {
    const lock = await acquire(folder, { signal: waiting.signal, onWait: () => waiting.abort() })
    lock.release()
    return false
  } catch (error) {
    expect(error).toMatchObject({ code: 'aborted' })
    return true
  }
}

test('eight processes never hold the lock at once', async () => {
  const folder = temporaryFolder()
  const counter = path.join(folder, 'counter')
  writeFileSync(counter, '0')
  const children = await Promise.all(
    Array.from({ length: 8 }, () =>
      startChild('contend', { FOLDER: path.join(folder, 'locks'), COUNTER: counter, ROUNDS: '6' }),
    ),
  )
  expect(await Promise.all(children.map((child) => child.ended))).toEqual(Array(8).fill(0))
  expect(readFileSync(counter, 'utf8')).toBe('48')
  expect(readdirSync(path.join(folder, 'locks'))).toEqual([])
})

test('two contenders in one process exclude each other too', async () => {
  const folder = temporaryFolder()
  let inside = 0
  let most = 0
  const visit = async (): Promise<boolean> => {
    const lock = await acquire(folder)
    most = Math.max(most, ++inside)
    await new Promise((resolve) => setImmediate(resolve))
    inside--
    lock.release()
    return lock.waited
  }
  const waited = await Promise.all([visit(), visit(), visit()])
  expect(most).toBe(1)
  expect(waited).toContain(true)
})

test('locks of different names are independent', async () => {
  const folder = temporaryFolder()
  await acquire(folder)
  const other = await acquire(folder, { name: 'other' })
  expect(other.waited).toBe(false)
})

test('a killed holder is succeeded at once', async () => {
  const folder = temporaryFolder()
  const holder = await startHolder(folder)
  expect(await holder.line()).toContain('held')
  expect(await isTaken(folder)).toBe(true)
  holder.process.kill('SIGKILL')
  await holder.ended
  expect(await isTaken(folder)).toBe(false)
})

test('a stopped holder keeps its lock, however long it is stopped', async () => {
  const folder = temporaryFolder()
  const holder = await startHolder(folder)
  await holder.line()
  holder.process.kill('SIGSTOP')
  const [claim] = readdirSync(folder)
  const longAgo = new Date(Date.now() - 60 * 60 * 1000)
  utimesSync(path.join(folder, claim!), longAgo, longAgo)
  expect(await isTaken(folder)).toBe(true)
  holder.process.kill('SIGCONT')
  holder.say('release')
  expect(await holder.line()).toBe('released')
  expect(await isTaken(folder)).toBe(false)
})

test('a lock is free once its process id belongs to another process', async () => {
  const folder = temporaryFolder()
  const self = thisProcess()
  plantClaim(folder, { ...self, startTime: '1' })
  // Where the system does not tell start times, only the id counts.
  expect(await isTaken(folder)).toBe(self.startTime === null)
})

test('a lock of another host is taken over after a minute of silence', async () => {
  const folder = temporaryFolder()
  const elsewhere = { host: 'elsewhere', pid: process.pid, startTime: null }
  plantClaim(folder, elsewhere, 30_000)
  expect(await isTaken(folder)).toBe(true)
  plantClaim(folder, elsewhere, 61_000)
  expect(await isTaken(folder)).toBe(false)
})

test('an unreadable claim blocks for a minute at most', async () => {
  const folder = temporaryFolder()
  for (const content of ['', '{"pid":', '{"host":"a","pid":-1,"startTime":null}']) {
    plantClaim(folder, content)
    expect(await isTaken(folder)).toBe(true)
    plantClaim(folder, content, 61_000)
    expect(await isTaken(folder)).toBe(false)
  }
})

test('a holder notices that another host took over', async () => {
  const folder = temporaryFolder()
  const lock = await acquire(folder, { self: { ...thisProcess(), host: 'elsewhere' } })
  expect(lock.isHeld()).toBe(true)
  const [claim] = readdirSync(folder)
  const longAgo = new Date(Date.now() - 61_000)
  utimesSync(path.join(folder, claim!), longAgo, longAgo)
  const successor = await acquire(folder)
  expect(lock.isHeld()).toBe(false)
  lock.release()
  expect(successor.isHeld()).toBe(true)
})

test('aborting the signal ends a wait', async () => {
  const folder = temporaryFolder()
  await acquire(folder)
  const waiting = new AbortController()
  const second = acquire(folder, {
    signal: waiting.signal,
    onWait: () => waiting.abort(),
    pause: 3_600_000,
  })
  await expect(second).rejects.toMatchObject({ code: 'aborted' })
  expect(readdirSync(folder)).toHaveLength(1)
})

test('a waiting contender learns whether this process or another one has the lock', async () => {
  const folder = temporaryFolder()
  const rivalOf = async (): Promise<unknown> => {
    const waiting = new AbortController()
    const told: unknown[] = []
    const asked = acquire(folder, {
      signal: waiting.signal,
      onWait(rival) {
        told.push(rival)
        waiting.abort()
      },
    })
    await expect(asked).rejects.toMatchObject({ code: 'aborted' })
    return told
  }
  const own = await acquire(folder)
  expect(await rivalOf()).toEqual(['this process'])
  own.release()
  const holder = await startHolder(folder)
  await holder.line()
  expect(await rivalOf()).toEqual(['another process'])
  holder.say('release')
})

test('only contenders that waited get the final failure', async () => {
  const folder = temporaryFolder()
  const failure = { code: '1026', message: 'refused', hint: 'change the prompt', stopsRun: false }
  const first = await acquire(folder)
  const second = acquire(folder, {
    onWait: () => {
      first.fail(failure)
      first.release()
    },
  })
  expect(await second).toMatchObject({ waited: true, failure })
  ;(await second).release()
  expect(await acquire(folder)).toMatchObject({ waited: false, failure: null })
})

test('another process takes the failure over', async () => {
  const folder = temporaryFolder()
  const holder = await startHolder(folder)
  await holder.line()
  const waiter = await startHolder(folder)
  expect(await waiter.line()).toBe('waiting')
  holder.say('fail')
  holder.say('release')
  expect(await waiter.line()).toContain('"failure":{"code":"1026"')
})

test('a failure that a holder left before it was killed counts', async () => {
  const folder = temporaryFolder()
  const holder = await startHolder(folder)
  await holder.line()
  const waiter = await startHolder(folder)
  await waiter.line()
  holder.say('fail')
  expect(await holder.line()).toBe('failed')
  holder.process.kill('SIGKILL')
  expect(await waiter.line()).toContain('"failure":{"code":"1026"')
})

test('sweeping removes only what dead processes left', async () => {
  const folder = temporaryFolder()
  const holder = await startHolder(folder)
  await holder.line()
  const claimed = readdirSync(folder)
  plantClaim(folder, { ...thisProcess(), startTime: '1' })
  for (const name of ['key.1.failure', 'key.2.lock.3.new']) {
    writeFileSync(path.join(folder, name), '')
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000)
    utimesSync(path.join(folder, name), longAgo, longAgo)
  }
  writeFileSync(path.join(folder, 'key.4.failure'), '{}')
  sweepLocks(folder, thisProcess())
  expect(readdirSync(folder).sort()).toEqual([...claimed, 'key.4.failure'].sort())
})

test('a claim dated in the future blocks while it changes, and for a minute after that', async () => {
  const folder = temporaryFolder()
  const elsewhere = { host: 'elsewhere', pid: process.pid, startTime: null }
  const YEAR = 365 * 24 * 60 * 60 * 1000
  for (const owner of [elsewhere, 'no owner']) {
    plantClaim(folder, owner, -YEAR)
    // Looks happen at these moments; the holder writes a heartbeat after the third.
    const moments = [0, 30_000, 59_000, 60_000, 90_000, 118_000, 119_000, 120_000]
    const looked: number[] = []
    const lock = await acquire(folder, {
      pause: 1,
      now() {
        const moment = moments[looked.length] ?? Infinity
        looked.push(moment)
        if (moment === 59_000) plantClaim(folder, owner, -YEAR - 1000)
        return moment
      },
    })
    // Seen to change at 60,000: removed at the first look a minute after that.
    expect(looked).toEqual(moments)
    expect(lock.waited).toBe(true)
    lock.release()
  }
})

test('a claim dated in the future is not swept away', async () => {
  const folder = temporaryFolder()
  plantClaim(folder, { host: 'elsewhere', pid: 1, startTime: null }, -3_600_000)
  sweepLocks(folder, thisProcess())
  expect(readdirSync(folder)).toHaveLength(1)
})

test('renewing writes a heartbeat and tells whether the lock was lost', async () => {
  const folder = temporaryFolder()
  const lock = await acquire(folder, { self: { ...thisProcess(), host: 'elsewhere' } })
  const [claim] = readdirSync(folder)
  const longAgo = new Date(Date.now() - 61_000)
  utimesSync(path.join(folder, claim!), longAgo, longAgo)
  expect(lock.renew()).toBe(true)
  expect(await isTaken(folder)).toBe(true)
  utimesSync(path.join(folder, claim!), longAgo, longAgo)
  await acquire(folder)
  expect(lock.renew()).toBe(false)
})
