import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/shared/hash.ts'
import type { Store } from '../../src/store/store.ts'
import { KEY, OTHER_KEY, TIME, jpeg, keep, responseOf } from './samples.ts'

const never = new AbortController().signal

/**
 * Tests that every store must pass, wherever it keeps its files.
 *
 * @param open returns a fresh, empty store.
 */
export function storeContract(name: string, open: () => Promise<Store> | Store): void {
  describe(name, () => {
    test('a key that was never requested has no candidates and no problems', async () => {
      const store = await open()
      const snapshot = await store.read([KEY])
      expect(snapshot.lookup(KEY)).toEqual({ key: KEY, candidates: [], problems: [], unusable: [] })
      expect(await store.recover()).toEqual([])
      expect(await store.verify()).toMatchObject({ originals: 0, problems: [] })
    })

    test('paid bytes are returned unchanged', async () => {
      const store = await open()
      const bytes = await jpeg('teal', 96, 64)
      const expected = { aspectRatio: 1.5, size: { width: 96, height: 64 } }
      const { stored, duplicates, unusable } = await keep(store, responseOf([bytes], { expected }))
      expect({ duplicates, unusable }).toEqual({ duplicates: [], unusable: [] })
      expect(stored).toEqual([
        {
          version: 1,
          key: KEY,
          recipe: { prompt: 'Portrait of Kira', modelId: 'image-01', provider: 'minimax' },
          name: 'kira',
          inputs: [{ reference: './face.png', sha256: sha256('face') }],
          provider: 'minimax',
          model: 'image-01',
          responseId: '06267856a7fcc41ace4fad17a3de1b5d',
          usd: 0.0035,
          time: TIME,
          sha256: sha256(bytes),
          bytes: bytes.length,
          mediaType: 'image/jpeg',
          width: 96,
          height: 64,
          seed: 7,
        },
      ])
      const { candidates, problems } = (await store.read([KEY])).lookup(KEY)
      expect(problems).toEqual([])
      expect(candidates).toMatchObject([{ receipt: stored[0], bytes: 'present', problem: null }])
      expect(Buffer.from(await store.readOriginal(candidates[0]!))).toEqual(bytes)
      expect((await store.read([OTHER_KEY])).lookup(OTHER_KEY).candidates).toEqual([])
      expect(await store.readKey({ key: KEY, candidates: 1 })).toEqual({
        key: KEY,
        candidates,
        problems,
        unusable: [],
      })
    })

    test('each picture format is stored under the media type of its bytes', async () => {
      const store = await open()
      const picture = sharp(await jpeg('teal'))
      const images = await Promise.all(
        (['png', 'webp', 'gif', 'avif', 'tiff'] as const).map((format) =>
          picture.clone().toFormat(format).toBuffer(),
        ),
      )
      const { stored } = await keep(store, responseOf(images))
      expect(stored.map(({ mediaType }) => mediaType)).toEqual([
        'image/png',
        'image/webp',
        'image/gif',
        'image/avif',
        'image/tiff',
      ])
    })

    test('candidates are sorted by time, then sha256', async () => {
      const store = await open()
      const pictures = await Promise.all(['red', 'green', 'blue'].map((colour) => jpeg(colour)))
      const later = { time: '2026-11-22T09:00:00.000Z', seed: 8, responseId: 'b' }
      await keep(store, responseOf([pictures[0]!], later))
      await keep(store, responseOf([pictures[1]!, pictures[2]!]))
      const { candidates } = (await store.read([KEY])).lookup(KEY)
      const earlier = [sha256(pictures[1]!), sha256(pictures[2]!)].sort()
      expect(candidates.map(({ receipt }) => receipt.sha256)).toEqual([
        ...earlier,
        sha256(pictures[0]!),
      ])
    })

    test('a pending response of an earlier version, with the field `seeds`, is stored', async () => {
      const store = await open()
      const earlier = { ...responseOf([await jpeg('red')]), seeds: [] }
      await store.savePending(earlier)
      const [settlement] = await store.recover()
      expect(settlement?.stored).toMatchObject([{ seed: 7 }])
    })

    test('equal bytes count once, and the settlement reports the repetition', async () => {
      const store = await open()
      const bytes = await jpeg('teal')
      const twice = await keep(store, responseOf([bytes, bytes]))
      expect(twice.stored).toHaveLength(1)
      expect(twice.duplicates).toEqual([sha256(bytes)])
      const again = await keep(store, responseOf([bytes], { responseId: 'b', seed: 8 }))
      expect(again).toMatchObject({ stored: [], duplicates: [sha256(bytes)] })
      const { candidates } = (await store.read([KEY])).lookup(KEY)
      expect(candidates).toMatchObject([{ receipt: { seed: 7 } }])
    })

    test('two keys with equal bytes get one receipt each', async () => {
      const store = await open()
      const bytes = await jpeg('teal')
      await keep(store, responseOf([bytes]))
      await keep(store, responseOf([bytes], { key: OTHER_KEY }))
      const snapshot = await store.read([KEY, OTHER_KEY])
      expect(snapshot.lookup(KEY).candidates).toHaveLength(1)
      expect(snapshot.lookup(OTHER_KEY).candidates).toHaveLength(1)
    })

    test('settling a response again gives the same result', async () => {
      const store = await open()
      const pending = await store.savePending(
        responseOf([await jpeg('teal'), Buffer.from('no picture')]),
      )
      const first = await store.settle(pending)
      expect(await store.settle(pending)).toEqual(first)
      expect((await store.read([KEY])).lookup(KEY).candidates).toHaveLength(1)
    })

    test('two concurrent settlements of one response end in one state', async () => {
      const store = await open()
      const pending = await store.savePending(responseOf([await jpeg('teal'), await jpeg('red')]))
      const settled = await Promise.all([
        store.settle(pending),
        store.settle(pending),
        store.recover(),
      ])
      expect(settled[1]).toEqual(settled[0])
      expect((await store.read([KEY])).lookup(KEY)).toMatchObject({
        candidates: [{}, {}],
        problems: [],
      })
      expect(await store.verify()).toMatchObject({ originals: 2, intact: 2, problems: [] })
    })

    test('a saved response is not missing, and the next process recovers it', async () => {
      const store = await open()
      const bytes = await jpeg('teal')
      await store.savePending(responseOf([bytes]))
      const waiting = (await store.read([KEY])).lookup(KEY)
      expect(waiting.candidates).toEqual([])
      expect(waiting.problems.map(({ kind }) => kind)).toEqual(['response-pending'])

      const [recovered] = await store.recover()
      expect(recovered?.stored.map((receipt) => receipt.sha256)).toEqual([sha256(bytes)])
      expect((await store.read([KEY])).lookup(KEY)).toMatchObject({
        candidates: [{}],
        problems: [],
      })
    })

    test('a snapshot does not change after it was read', async () => {
      const store = await open()
      const before = await store.read([KEY])
      expect(before.lookup(KEY).candidates).toEqual([])
      await keep(store, responseOf([await jpeg('teal')]))
      expect(before.lookup(KEY).candidates).toEqual([])
    })

    test('receipts are found by the name of their entry', async () => {
      const store = await open()
      await keep(store, responseOf([await jpeg('red')], { time: '2026-11-22T09:00:00.000Z' }))
      await keep(store, responseOf([await jpeg('green')], { key: OTHER_KEY }))
      // `safeName` gives both names the same letters, but they are different names.
      await keep(store, responseOf([await jpeg('blue')], { key: sha256('third'), name: 'kirá' }))
      const found = (await store.read([])).receiptsNamed('kira')
      expect(found.map(({ key }) => key)).toEqual([OTHER_KEY, KEY])
      expect((await store.read([])).receiptsNamed('nobody')).toEqual([])
    })

    test.each([
      ['no picture', () => Buffer.from('<html>502</html>'), 'not a picture'],
      ['nothing', () => Buffer.alloc(0), 'not a picture'],
      ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'SVG'],
      [
        'a truncated picture',
        async () => (await jpeg('teal', 200, 200)).subarray(0, 400),
        'decoded',
      ],
      ['another aspect ratio', () => jpeg('teal', 96, 64), 'aspect ratio'],
      ['a decompression bomb', () => bomb(), 'pixel limit'],
    ])('%s never becomes an original', async (_, make, reason) => {
      const store = await open()
      const bytes = await make()
      const good = await jpeg('teal')
      const { stored, unusable } = await keep(store, responseOf([bytes, good]))
      expect(stored.map((receipt) => receipt.sha256)).toEqual([sha256(good)])
      expect(unusable).toMatchObject([{ sha256: sha256(bytes) }])
      expect(unusable[0]?.reason).toContain(reason)
      expect((await store.read([KEY])).lookup(KEY)).toMatchObject({
        candidates: [{}],
        problems: [],
      })
    })

    test("a picture's visible size counts, and may be rounded as models do", async () => {
      const store = await open()
      const create = { width: 64, height: 96, channels: 3, background: 'teal' } as const
      const turned = await sharp({ create }).withMetadata({ orientation: 6 }).jpeg().toBuffer()
      const rounded = await jpeg('teal', 96, 60)
      const expected = { aspectRatio: 1.5, size: null }
      const { stored, unusable } = await keep(store, responseOf([turned, rounded], { expected }))
      expect(unusable).toEqual([])
      expect(stored.map(({ width, height }) => [width, height])).toEqual([
        [64, 96],
        [96, 60],
      ])
    })

    test('a picture is checked against the requested size', async () => {
      const store = await open()
      const expected = { aspectRatio: null, size: { width: 128, height: 128 } }
      const images = [await jpeg('teal', 64, 64), await jpeg('teal', 128, 120)]
      const { stored, unusable } = await keep(store, responseOf(images, { expected }))
      expect(stored.map(({ height }) => height)).toEqual([120])
      expect(unusable[0]?.reason).toBe('the picture has 64x64 pixels, but 128x128 were requested')
    })

    test('only one holder at a time requests a key', async () => {
      const store = await open()
      const first = await store.lock(KEY, { signal: never })
      const waiting = new AbortController()
      const second = store.lock(KEY, { signal: waiting.signal, onWait: () => waiting.abort() })
      await expect(second).rejects.toMatchObject({ code: 'aborted' })
      const other = await store.lock(OTHER_KEY, { signal: never })
      other.release()
      first.release()
      const third = await store.lock(KEY, { signal: never })
      expect(third).toMatchObject({ waited: false, failure: null })
      third.release()
    })

    test('requests of everyone who shares the store are counted together', async () => {
      const store = await open()
      const options = { account: 'a', requestsPerMinute: 1 }
      await store.rateWindow(options).take(never)
      const patience = new AbortController()
      const next = store.rateWindow(options).take(patience.signal)
      patience.abort()
      await expect(next).rejects.toMatchObject({ code: 'aborted' })
    })

    test('a receipt stays until a new picture is there', async () => {
      const store = await open()
      await keep(store, responseOf([await jpeg('red')]))
      const before = (await store.read([KEY])).lookup(KEY)
      await expect(store.retire(before)).rejects.toMatchObject({ code: 'unavailable' })
      expect((await store.read([KEY])).lookup(KEY).candidates).toHaveLength(1)
    })
  })
}

/** A small file whose header, with the right checksum, claims 20,000 by 20,000 pixels. */
async function bomb(): Promise<Buffer> {
  const bytes = await sharp(await jpeg('teal'))
    .png()
    .toBuffer()
  bytes.writeUInt32BE(20_000, 16)
  bytes.writeUInt32BE(20_000, 20)
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29)
  return bytes
}
