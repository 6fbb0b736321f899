import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Receipt } from '../../../src/store/receipt.ts'
import { addReceipt, readSlots, retireReceipt } from '../../../src/store/remote/receipt-slots.ts'
import type { Remote } from '../../../src/store/remote/remote.ts'
import { sha256 } from '../../../src/shared/hash.ts'
import { responseOf } from '../samples.ts'
import { KIRA } from './remotes.ts'

function receipt(number: number): Receipt {
  const { provider, model, responseId, usd, time, inputs } = responseOf([])
  const origin = { ...KIRA, name: 'kira', provider, model, responseId, usd, time, inputs }
  const picture = { bytes: 1, mediaType: 'image/jpeg', width: 1, height: 1, seed: null } as const
  return { version: 1, ...origin, sha256: sha256(String(number)), ...picture }
}

/** A remote in which the scheduler orders every step of every machine. */
function scheduledRemote(scheduler: fc.Scheduler): Remote {
  const items = new Map<string, Uint8Array>()
  const step = async <Result>(work: () => Result): Promise<Result> => {
    await scheduler.schedule(Promise.resolve())
    return work()
  }
  const write = (key: string, bytes: Uint8Array): Promise<void> =>
    step(() => void items.set(key, bytes))
  return {
    get: (key) => step(() => items.get(key)),
    has: (key) => step(() => items.has(key)),
    write,
    put: write,
    close: () => Promise.resolve(),
  }
}

const read = async (remote: Remote): Promise<string[]> =>
  (await readSlots(remote, KIRA.key, () => KIRA.key)).receipts.map((one) => one.sha256).sort()

test('no order of steps loses a receipt or stores one twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 5 }), async (scheduler, writers) => {
      const remote = scheduledRemote(scheduler)
      const receipts = Array.from({ length: writers }, (_, number) => receipt(number))
      await scheduler.waitFor(Promise.all(receipts.map((one) => addReceipt(remote, one))))
      await scheduler.waitFor(addReceipt(remote, receipts[0]!))
      const found = await scheduler.waitFor(read(remote))
      expect(found).toEqual(receipts.map((one) => one.sha256).sort())
    }),
    { numRuns: 150 },
  )
})

test("a machine that never finishes does not take another machine's slot", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.nat({ max: 6 }), async (scheduler, steps) => {
      const remote = scheduledRemote(scheduler)
      let left = steps
      const dying: Remote = {
        ...remote,
        write: async (key, bytes) => {
          left -= 1
          return left < 0 ? new Promise(() => undefined) : remote.write(key, bytes)
        },
      }
      void addReceipt(dying, receipt(0))
      const others = [receipt(1), receipt(2)]
      await scheduler.waitFor(Promise.all(others.map((one) => addReceipt(remote, one))))
      const found = await scheduler.waitFor(read(remote))
      expect(found).toEqual(expect.arrayContaining(others.map((one) => one.sha256)))
    }),
    { numRuns: 50 },
  )
})

test('a retired receipt is recognised and stays retired', async () => {
  const scheduler = await new Promise<fc.Scheduler>((resolve) => {
    fc.assert(fc.property(fc.scheduler(), resolve), { numRuns: 1 })
  })
  const remote = scheduledRemote(scheduler)
  const run = <Result>(work: Promise<Result>): Promise<Result> => scheduler.waitFor(work)
  for (const number of [1, 2, 3]) await run(addReceipt(remote, receipt(number)))
  await run(retireReceipt(remote, receipt(2)))
  await run(addReceipt(remote, receipt(2)))
  const { receipts, retired, faults } = await run(readSlots(remote, KIRA.key, () => KIRA.key))
  expect(receipts).toEqual([receipt(1), receipt(3)])
  expect(retired).toEqual(new Set([receipt(2).sha256]))
  expect(faults).toEqual([])
})
