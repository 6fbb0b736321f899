import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { KeyRecord } from '../../../src/store/read/snapshot.ts'
import { filesIn, rootFiles } from '../samples.ts'
import { faultyStorage, type Fault, type FaultyStorage } from './faulty-storage.ts'
import { KIRA, machine, outcomes, picture, TOMAS, type Machine } from './remotes.ts'

const lookup = async ({ store }: Machine, key: string): Promise<KeyRecord> =>
  (await store.read([key])).lookup(key)

const kinds = ({ problems }: KeyRecord): string[] => problems.map(({ kind }) => kind)

/** A remote with one picture, and a machine that has only its receipt. */
async function withReceiptOnly(): Promise<{ storage: FaultyStorage; one: Machine }> {
  const storage = faultyStorage()
  const one = machine(storage, { timeout: 500 })
  await one.make(KIRA, await picture(1))
  const { candidates } = await lookup(one, KIRA.key)
  rmSync(candidates[0]!.file)
  // A process that has seen an item in the remote does not ask about it again.
  return { storage, one: machine(storage, { timeout: 500, dir: one.dir }) }
}

describe('a remote that does not answer', () => {
  test.each(['down', 'hanging', 'denied'] satisfies Fault[])(
    'with the fault %s neither a known nor an unknown key counts as missing',
    async (fault) => {
      const { storage, one } = await withReceiptOnly()
      storage.fault = fault
      for (const key of [KIRA.key, TOMAS.key]) {
        const [problem] = (await lookup(one, key)).problems
        expect(problem).toMatchObject({ kind: 'remote-silent' })
        expect(problem!.message).toMatch(
          /^The remote store failed: .*It is not known whether the picture is paid for\.$/,
        )
        expect(problem!.message).not.toContain('a-password')
        expect(problem!.hint).toContain('run it again')
      }
      await expect(one.store.prepare()).rejects.toMatchObject({ code: 'unavailable' })
      storage.fault = undefined
      const later = machine(storage, { dir: one.dir })
      expect(await lookup(later, KIRA.key)).toMatchObject({
        candidates: [{ bytes: 'present' }],
        problems: [],
      })
    },
  )

  test('the problem states the cause, or that there was no answer in time', async () => {
    const { storage, one } = await withReceiptOnly()
    storage.fault = 'down'
    expect((await lookup(one, TOMAS.key)).problems[0]!.message).toContain(
      'fetch failed (connect ECONNREFUSED 127.0.0.1:9)',
    )
    storage.fault = 'hanging'
    const other = machine(storage, { timeout: 500, dir: one.dir })
    expect((await lookup(other, TOMAS.key)).problems[0]!.message).toContain(
      'it did not answer within 0.5 s',
    )
  })

  test('it is not waited for a thousand times', async () => {
    const { storage, one } = await withReceiptOnly()
    storage.fault = 'hanging'
    storage.asked = 0
    const keys = Array.from({ length: 1000 }, (_, index) => index.toString(16).padStart(64, '0'))
    const snapshot = await one.store.read(keys)
    expect(keys.every((key) => kinds(snapshot.lookup(key)).includes('remote-silent'))).toBe(true)
    expect(storage.asked).toBeLessThan(100)
  })

  test('a fault of one item does not affect the others', async () => {
    const storage = faultyStorage()
    const maker = machine(storage)
    await maker.make(KIRA, await picture(1))
    await maker.make(TOMAS, await picture(2))
    storage.fault = 'denied'
    storage.affects = (key) => key.includes(KIRA.key)
    const one = machine(storage)
    const { problems, ...report } = await one.pull([KIRA.key, TOMAS.key])
    expect(outcomes({ problems, ...report })).toEqual({ moved: 1 })
    expect(problems).toMatchObject([{ kind: 'remote-silent', file: `receipts:${KIRA.key}` }])
  })
})

describe('a remote that returns damaged items', () => {
  test.each(['wrong bytes', 'half-written'] satisfies Fault[])(
    '%s are never used and are reported',
    async (fault) => {
      const { storage, one } = await withReceiptOnly()
      storage.fault = fault
      storage.affects = (key) => key.startsWith('originals:')
      const { candidates } = await lookup(one, KIRA.key)
      await expect(one.store.readOriginal(candidates[0]!)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/is damaged.*\n.*imagegen push --verify/s),
      })
      const { transfers } = await one.pull()
      expect(transfers).toMatchObject([{ outcome: { kind: 'failed' } }])
      expect(rootFiles(one.dir)).toHaveLength(1)
      const { problems } = await one.store.verify('remote')
      expect(problems.map(({ kind }) => kind).sort()).toEqual(['bytes-absent', 'remote-damaged'])
    },
  )

  test('an unreadable receipt is a sign of a payment', async () => {
    const storage = faultyStorage()
    await machine(storage).make(KIRA, await picture(1))
    storage.affects = (key) => key.startsWith('receipts:')
    for (const fault of ['wrong bytes', 'half-written'] as const) {
      storage.fault = fault
      const record = await lookup(machine(storage), KIRA.key)
      expect(record.candidates).toEqual([])
      expect(kinds(record)).toEqual(['remote-damaged'])
    }
  })

  test('a receipt of 600 MB is not a valid receipt and does not affect anything else', async () => {
    const storage = faultyStorage()
    await machine(storage).make(KIRA, await picture(1))
    // A text of that length does not fit into a string.
    storage.items.set(`receipts:${KIRA.key}`, Buffer.alloc(600 * 1024 * 1024))
    const record = await lookup(machine(storage), KIRA.key)
    expect(record.candidates).toEqual([])
    expect(kinds(record)).toEqual(['remote-damaged'])
    expect(record.problems[0]?.message).toContain('larger than')
  })

  test('an original of 600 MB is not read where the driver reports its size', async () => {
    const { storage, one } = await withReceiptOnly()
    const { candidates } = await lookup(one, KIRA.key)
    let read = 0
    Object.assign(storage, {
      getMeta: (key: string) => ({ size: storage.items.get(key)?.length }),
      getItemRaw(key: string) {
        if (key.startsWith('originals:')) read += 1
        return storage.items.get(key) ?? null
      },
    })
    storage.items.set(`originals:${candidates[0]!.receipt.sha256}`, Buffer.alloc(600 * 1024 * 1024))
    await expect(one.store.readOriginal(candidates[0]!)).rejects.toMatchObject({
      message: expect.stringMatching(/is damaged: it has 629145600 bytes.*push --verify/s),
    })
    expect(read).toBe(0)
  })

  test('a receipt of another key or another recipe is not used', async () => {
    const storage = faultyStorage()
    const maker = machine(storage)
    await maker.make(KIRA, await picture(1))
    storage.items.set(`receipts:${TOMAS.key}`, storage.items.get(`receipts:${KIRA.key}`)!)
    const other = await lookup(machine(storage), TOMAS.key)
    expect(other.candidates).toEqual([])
    expect(other.problems).toMatchObject([{ message: expect.stringContaining('another key') }])

    await maker.make({ key: 'a'.repeat(64), recipe: KIRA.recipe }, await picture(2))
    const forged = await lookup(machine(storage), 'a'.repeat(64))
    expect(kinds(forged)).toEqual(['remote-damaged'])
  })

  test('an unfinished slot is a sign of a payment, until push uploads the receipt', async () => {
    const storage = faultyStorage()
    const maker = machine(storage)
    await maker.make(KIRA, await picture(1))
    storage.items.delete(`receipts:${KIRA.key}`)
    const reader = machine(storage)
    expect((await lookup(reader, KIRA.key)).problems).toMatchObject([
      { kind: 'remote-damaged', message: expect.stringContaining('never finished') },
    ])
    expect(outcomes(await maker.push())).toEqual({ moved: 1 })
    const repaired = await lookup(machine(storage), KIRA.key)
    expect(repaired).toMatchObject({ candidates: [{ bytes: 'present' }], problems: [] })
  })

  test('push --verify repairs it from a machine that has the picture', async () => {
    const storage = faultyStorage()
    const maker = machine(storage)
    const { sha256 } = await maker.make(KIRA, await picture(1))
    const item = `originals:${sha256}`
    storage.items.set(item, storage.items.get(item)!.subarray(0, 100))
    expect(outcomes(await maker.push())).toEqual({ present: 1 })
    expect(outcomes(await maker.push({ isThorough: true }))).toEqual({ moved: 1 })
    expect(await maker.store.verify('remote')).toMatchObject({ problems: [] })
  })

  test('a damaged local original is repaired from the remote', async () => {
    const storage = faultyStorage()
    const one = machine(storage)
    await one.make(KIRA, await picture(1))
    const { candidates } = await lookup(one, KIRA.key)
    const { file, receipt } = candidates[0]!
    rmSync(file)
    writeFileSync(file, Buffer.alloc(receipt.bytes))
    await one.store.readOriginal(candidates[0]!)
    expect(await one.store.verify()).toMatchObject({ intact: 1, problems: [] })
    expect(filesIn(one.dir, 'quarantine')).toHaveLength(2)
  })
})

describe('a remote that stores nothing', () => {
  test.each(['full', 'forgetful'] satisfies Fault[])(
    'with the fault %s it causes a warning, and push uploads everything later',
    async (fault) => {
      const storage = faultyStorage()
      const one = machine(storage)
      await one.make(KIRA, await picture(1))
      storage.fault = fault
      await one.make(TOMAS, await picture(2))
      expect(one.warnings).toHaveLength(1)
      expect(one.warnings[0]).toMatch(/^The remote store failed: .*`imagegen push`/)
      expect(await one.store.verify()).toMatchObject({ originals: 2, intact: 2 })
      const { transfers } = await one.push()
      expect(transfers.map(({ outcome }) => outcome.kind).sort()).toEqual(['failed', 'present'])

      storage.fault = undefined
      const later = machine(storage, { dir: one.dir })
      expect(outcomes(await later.push())).toEqual({ moved: 1, present: 1 })
      expect((await lookup(machine(storage), TOMAS.key)).candidates).toHaveLength(1)
    },
  )

  test('a remote without a marker is refused before anything is spent', async () => {
    const storage = faultyStorage()
    storage.fault = 'forgetful'
    await expect(machine(storage).store.prepare()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no such bucket or folder'),
    })
  })

  test('the warning appears once, however many pictures there are', async () => {
    const storage = faultyStorage()
    const one = machine(storage)
    await one.store.prepare()
    storage.fault = 'full'
    for (const number of [1, 2, 3, 4, 5]) {
      await one.make(KIRA, await picture(number), { responseId: String(number) })
    }
    expect(one.warnings).toHaveLength(1)
  })
})

describe('a remote that was replaced', () => {
  test('an empty remote does not cause a second payment', async () => {
    const { storage, one } = await withReceiptOnly()
    storage.fault = 'empty'
    const record = await lookup(one, TOMAS.key)
    expect(record.problems).toMatchObject([
      { kind: 'remote-silent', hint: expect.stringContaining('imagegen push') },
    ])
    await expect(one.store.prepare()).rejects.toMatchObject({ code: 'unavailable' })
    await expect(one.pull([KIRA.key])).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('push fills an empty remote', async () => {
    const { one } = await withReceiptOnly()
    const fresh = machine(faultyStorage(), { dir: one.dir })
    await fresh.push()
    await fresh.store.prepare()
    expect(kinds(await lookup(fresh, TOMAS.key))).toEqual([])
  })

  test('a remote that holds something else is left alone', async () => {
    const storage = faultyStorage()
    storage.items.set('imagegen.json', Buffer.from('{"version":2}'))
    const one = machine(storage)
    await expect(one.store.prepare()).rejects.toThrow('another version')
    await expect(one.push()).rejects.toThrow('another version')
    expect(storage.items.size).toBe(1)
  })
})

test('a source that opens nothing behaves like a remote that is down', async () => {
  const never = new Promise<never>(() => undefined)
  const failing = () =>
    Promise.reject(new Error('redis://kira:not-to-be-seen@redis.example is gone'))
  for (const source of [() => never, failing]) {
    const [problem] = (await lookup(machine(source, { timeout: 500 }), KIRA.key)).problems
    expect(problem).toMatchObject({ kind: 'remote-silent' })
    expect(problem!.message).not.toContain('not-to-be-seen')
  }
})

test('a key that is complete here does not ask the remote', async () => {
  const storage = faultyStorage()
  const one = machine(storage)
  await one.make(KIRA, await picture(1))
  storage.asked = 0
  const { candidates } = await lookup(one, KIRA.key)
  await one.store.readOriginal(candidates[0]!)
  expect(storage.asked).toBe(0)
})

test('an interrupted push or pull continues where it stopped', async () => {
  const storage = faultyStorage()
  const maker = machine(faultyStorage())
  const subjects = Array.from({ length: 20 }, (_, index) => index)
  for (const index of subjects)
    await maker.make(KIRA, await picture(index), { responseId: `${index}` })
  const one = machine(storage, { dir: maker.dir })
  const stop = new AbortController()
  const begun = await one.push({
    signal: stop.signal,
    onProgress: ({ done }) => (done === 3 ? stop.abort() : undefined),
  })
  const { moved = 0, remaining = 0 } = outcomes(begun)
  expect(moved + remaining).toBe(20)
  expect(remaining).toBeGreaterThan(0)
  expect(outcomes(await one.push())).toEqual({ moved: remaining, present: moved })
})

test('a new picture replaces a lost one here and in the remote, for everyone', async () => {
  const { storage, one } = await withReceiptOnly()
  for (const key of storage.items.keys())
    if (key.startsWith('originals:')) storage.items.delete(key)
  const before = await lookup(one, KIRA.key)
  expect(before.candidates).toMatchObject([{ bytes: 'absent' }])
  const now = await one.make(KIRA, await picture(2), { responseId: 'b' })
  await one.store.retire(before)
  const found = (await lookup(machine(storage), KIRA.key)).candidates
  expect(found.map(({ receipt }) => receipt.sha256)).toEqual([now.sha256])
})
