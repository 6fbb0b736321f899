import { existsSync, rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../src/shared/hash.ts'
import type { RemoteSource } from '../../../src/store/remote/storage.ts'
import { storeContract } from '../contract.ts'
import {
  contentOf,
  KIRA,
  machine,
  outcomes,
  picture,
  subject,
  TOMAS,
  type Machine,
} from './remotes.ts'

/**
 * What a team may rely on with any remote.
 *
 * @param open returns a fresh, empty remote, which every opened machine shares.
 */
export function remoteContract(
  name: string,
  open: () => Promise<RemoteSource> | RemoteSource,
): void {
  storeContract(`a store with ${name}`, async () => machine(await open()).store)

  describe(name, () => {
    const candidatesOf = async ({ store }: Machine, key: string) =>
      (await store.read([key])).lookup(key)

    test('a picture made on one machine is not missing on another, byte by byte', async () => {
      const remote = await open()
      const [maker, reader] = [machine(remote), machine(remote)]
      const bytes = await picture(1)
      const receipt = await maker.make(KIRA, bytes)
      expect(maker.warnings).toEqual([])

      const { candidates, problems } = await candidatesOf(reader, KIRA.key)
      expect(problems).toEqual([])
      expect(candidates).toMatchObject([{ receipt, bytes: 'present', problem: null }])
      expect(Buffer.from(await reader.store.readOriginal(candidates[0]!))).toEqual(bytes)
      expect(contentOf(reader)).toEqual(contentOf(maker))
      expect((await candidatesOf(reader, TOMAS.key)).candidates).toEqual([])
    })

    test('a store that must stay untouched shows what the remote has, and keeps nothing of it', async () => {
      const remote = await open()
      const maker = machine(remote)
      const bytes = await picture(1)
      const receipt = await maker.make(KIRA, bytes)
      const reader = machine(remote, { purpose: 'untouched' })
      const { candidates, problems } = await candidatesOf(reader, KIRA.key)
      expect(problems).toEqual([])
      expect(candidates).toMatchObject([{ receipt, bytes: 'present' }])
      expect(Buffer.from(await reader.store.readOriginal(candidates[0]!))).toEqual(bytes)
      expect(existsSync(reader.dir)).toBe(false)
      expect(reader.warnings).toEqual([])
    })

    test('receipts that many machines add at once are all there afterwards', async () => {
      const remote = await open()
      const machines = Array.from({ length: 6 }, () => machine(remote))
      await machines[0]!.store.prepare()
      const receipts = await Promise.all(
        machines.map(async (one, index) => one.make(KIRA, await picture(index))),
      )
      const reader = machine(remote)
      const { candidates, problems } = await candidatesOf(reader, KIRA.key)
      expect(problems).toEqual([])
      expect(candidates.map(({ receipt }) => receipt.sha256).sort()).toEqual(
        receipts.map((receipt) => receipt.sha256).sort(),
      )
      for (const { warnings } of machines) expect(warnings).toEqual([])
    })

    test('push uploads pictures made without the remote, and only once', async () => {
      const remote = await open()
      const maker = machine(remote)
      const alone = machine(await open(), { dir: maker.dir })
      for (const number of [1, 2, 3]) {
        await alone.make(subject(`picture ${number}`), await picture(number))
      }
      expect(outcomes(await maker.push({ isDry: true }))).toEqual({ moved: 3 })
      expect(outcomes(await maker.push())).toEqual({ moved: 3 })
      expect(outcomes(await maker.push())).toEqual({ present: 3 })
      expect(outcomes(await maker.push({ isThorough: true }))).toEqual({ present: 3 })

      const reader = machine(remote)
      const keys = [1, 2, 3].map((number) => subject(`picture ${number}`).key)
      expect(outcomes(await reader.pull(keys, { isDry: true }))).toEqual({ moved: 3 })
      expect(outcomes(await reader.pull(keys))).toEqual({ moved: 3 })
      expect(outcomes(await reader.pull(keys))).toEqual({ present: 3 })
      expect(contentOf(reader)).toEqual(contentOf(maker))
      expect(await reader.store.verify('remote')).toMatchObject({
        originals: 3,
        intact: 3,
        elsewhere: 0,
        problems: [],
      })
    })

    test('with receipts in git, bytes are downloaded when they are needed', async () => {
      const remote = await open()
      const maker = machine(remote)
      await maker.make(KIRA, await picture(1))
      const file = (await candidatesOf(maker, KIRA.key)).candidates[0]!.file
      rmSync(file)
      expect(await maker.store.verify()).toMatchObject({ intact: 0, elsewhere: 1, problems: [] })
      const { candidates } = await candidatesOf(maker, KIRA.key)
      expect(candidates).toMatchObject([{ bytes: 'present' }])
      expect(sha256(await maker.store.readOriginal(candidates[0]!))).toBe(
        candidates[0]!.receipt.sha256,
      )
      expect(await maker.store.verify()).toMatchObject({ intact: 1, elsewhere: 0 })
    })

    test('a replaced picture is retired everywhere', async () => {
      const remote = await open()
      const maker = machine(remote)
      const old = await maker.make(KIRA, await picture(1))
      const now = await maker.make(KIRA, await picture(2), { responseId: 'b' })
      const { candidates } = await candidatesOf(maker, KIRA.key)
      await maker.store.supersede(candidates.filter(({ receipt }) => receipt.sha256 === old.sha256))
      const reader = machine(remote)
      const found = (await candidatesOf(reader, KIRA.key)).candidates
      expect(found.map(({ receipt }) => receipt.sha256)).toEqual([now.sha256])
      // No machine uploads it again by accident.
      expect(outcomes(await maker.push())).toEqual({ present: 1 })
      expect((await candidatesOf(machine(remote), KIRA.key)).candidates).toHaveLength(1)
    })

    test('a picture pruned here stays in the remote and can be restored', async () => {
      const one = machine(await open())
      const receipt = await one.make(KIRA, await picture(1))
      await one.store.trash(await one.store.findUnused(new Set()))
      await one.store.emptyTrash(0)
      const { candidates, problems } = await candidatesOf(one, KIRA.key)
      expect(problems).toEqual([])
      expect(candidates).toMatchObject([{ receipt, bytes: 'present' }])
      expect(outcomes(await one.pull([KIRA.key], { only: true }))).toEqual({ moved: 1 })
      expect(await one.store.verify()).toMatchObject({ intact: 1, elsewhere: 0, problems: [] })
    })

    test('small and large items are returned unchanged', async () => {
      const remote = await open()
      const { shared } = machine(remote).store
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) >> 3))
      for (const [key, value] of [
        ['renditions:one', bytes],
        ['renditions:two', Buffer.from('{"a":1}')],
        ['renditions:three', Buffer.from('base64:AAAA')],
      ] as const) {
        await shared!.put(key, value)
        expect(Buffer.from((await machine(remote).store.shared!.get(key))!)).toEqual(value)
      }
      expect(await shared!.get('renditions:none')).toBeUndefined()
    })
  })
}
