import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveOutput, type OutputSettings } from '../../src/manifest/schema/output.ts'
import { normaliseProcess, type ProcessSettings } from '../../src/manifest/schema/process.ts'
import { finishPicture } from '../../src/render/finished-picture.ts'
import { predictSizes, renditionSizes, type Size } from '../../src/render/sizes.ts'
import { fileOf, plain } from './drawing.ts'

const noFiles = (): Promise<Uint8Array> => Promise.reject(new Error('there is no such file'))

function predict(
  original: Size | undefined,
  process: ProcessSettings,
  output: OutputSettings = {},
): readonly (readonly [number, number])[] | undefined {
  return predictSizes(original, normaliseProcess(process), resolveOutput([output]))?.map(
    ({ width, height }) => [width, height] as const,
  )
}

const original = { width: 1280, height: 720 }

describe('predictSizes', () => {
  it.each<[OutputSettings, Array<[number, number]>]>([
    [{}, [[1280, 720]]],
    [
      { widths: [640, 'original', 320] },
      [
        [320, 180],
        [640, 360],
        [1280, 720],
      ],
    ],
    [{ widths: [1280, 2000, 'original', 9000] }, [[1280, 720]]],
    [{ widths: [333] }, [[333, 187]]],
    [{ aspectRatio: '1:1' }, [[720, 720]]],
    [
      { aspectRatio: '1:1', widths: [300, 800] },
      [
        [300, 300],
        [720, 720],
      ],
    ],
    [{ aspectRatio: '21:9' }, [[1280, 549]]],
    [{ aspectRatio: '1:1', fit: 'contain' }, [[720, 720]]],
    [{ aspectRatio: '1:1', fit: 'fill' }, [[720, 720]]],
    [{ aspectRatio: '1:1', fit: 'inside' }, [[720, 405]]],
    [{ aspectRatio: '1:1', fit: 'outside' }, [[1280, 720]]],
    [{ aspectRatio: '9999:1' }, [[1280, 1]]],
  ])('of 1280x720 as %j are %j', (output, sizes) => {
    expect(predict(original, [], output)).toEqual(sizes)
  })

  it.each<[ProcessSettings, [number, number] | undefined]>([
    [[{ resize: 640 }], [640, 360]],
    [[{ resize: [null, 360] }], [640, 360]],
    [[{ resize: [100, 100] }], [100, 100]],
    [[{ resize: { width: 2560 } }], [2560, 1440]],
    [[{ resize: { width: 2560, withoutEnlargement: true } }], [1280, 720]],
    [[{ rotate: 90 }], [720, 1280]],
    [[{ rotate: -180 }], [1280, 720]],
    [[{ rotate: 45 }], undefined],
    [
      ['rotate', 'flip', { blur: 2 }],
      [1280, 720],
    ],
    [
      [{ extract: { left: 5, top: 5, width: 30, height: 20 } }, { extend: 5 }],
      [40, 30],
    ],
    [[{ extend: { left: 10, bottom: 20 } }], [1290, 740]],
    [['trim'], undefined],
    [['trim', { resize: 100 }], undefined],
    [
      ['trim', { resize: [64, 32] }],
      [64, 32],
    ],
    [['trim', { resize: { width: 64, height: 32, fit: 'inside' } }], undefined],
    [
      [{ rotate: 30 }, { extract: { left: 0, top: 0, width: 9, height: 8 } }, { rotate: 90 }],
      [8, 9],
    ],
  ])('after %j are %j', (process, size) => {
    expect(predict(original, process)).toEqual(size === undefined ? undefined : [size])
  })

  it('need no original where the operations decide everything', () => {
    expect(predict(undefined, [])).toBeUndefined()
    expect(predict(undefined, [{ extend: 5 }])).toBeUndefined()
    expect(predict(undefined, [{ resize: [64, 32] }, { extend: 1 }])).toEqual([[66, 34]])
  })

  it('are those of the rendered files, for any operations', async () => {
    const side = fc.integer({ min: 1, max: 40 })
    const perhaps = fc.option(side, { nil: null })
    const operation = fc.oneof(
      fc
        .tuple(
          perhaps,
          perhaps,
          fc.record(
            {
              fit: fc.constantFrom('cover', 'contain', 'fill', 'inside', 'outside'),
              withoutEnlargement: fc.boolean(),
              withoutReduction: fc.boolean(),
              kernel: fc.constantFrom('nearest', 'lanczos3', 'linear'),
            },
            { requiredKeys: [] },
          ),
        )
        .map((resize) => ({ resize })),
      fc.record({ top: side, left: side }).map((extend) => ({ extend })),
      fc.constantFrom(90, 180, -90, 450).map((rotate) => ({ rotate })),
      fc.constant('flip' as const),
    )
    let undecided = 0
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.array(operation, { maxLength: 4 }),
        fc.record(
          {
            aspectRatio: fc.tuple(side, side).map(([width, height]) => `${width}:${height}`),
            fit: fc.constantFrom('cover', 'contain', 'fill', 'inside', 'outside'),
          },
          { requiredKeys: [] },
        ),
        async (width, height, process, settings) => {
          const operations = normaliseProcess(process)
          const output = resolveOutput([settings])
          const file = await fileOf(plain('4', width, height))
          const { size } = await finishPicture(file, operations, output, noFiles)
          const predicted = predictSizes({ width, height }, operations, output)
          // Where a side falls between two pixels, no size is predicted.
          if (predicted === undefined) undecided += 1
          else expect(predicted).toEqual([size])
        },
      ),
      { numRuns: 300 },
    )
    expect(undecided).toBeLessThan(30)
  })
})

describe('renditionSizes', () => {
  it('are never 0', () => {
    expect(renditionSizes({ width: 1000, height: 2 }, [100])).toEqual([{ width: 100, height: 1 }])
  })
})
