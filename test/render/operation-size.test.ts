import { describe, expect, it } from 'vitest'
import { normaliseProcess, type ProcessSettings } from '../../src/manifest/schema/process.ts'
import { mostPixels } from '../../src/render/operation-size.ts'

describe('the most pixels that operations hold', () => {
  it.each<[string, ProcessSettings, number]>([
    ['nothing to do', [], 1280 * 720],
    ['made smaller: those of the original', [{ resize: 100 }], 1280 * 720],
    ['made larger', [{ resize: { width: 2560 } }], 2560 * 1440],
    [
      'made larger and smaller again: those in between',
      [{ resize: { width: 4000, height: 3000, fit: 'fill' } }, { resize: 10 }],
      4000 * 3000,
    ],
    ['larger than it ends up, where it is cut', [{ resize: [1280, 1440] }], 2560 * 1440],
    ['with a frame', [{ extend: 100 }], 1480 * 920],
    ['turned askew: it stands in a square of its diagonal', [{ rotate: 45 }], 1469 * 1469],
    ['unknown after a trim, and no larger for it', ['trim', { extend: 1 }], (960 + 2) ** 2],
  ])('%s', (_, process, expected) => {
    const original = { width: 1280, height: 720 }
    expect(mostPixels(original, normaliseProcess(process))).toBe(expected)
  })
})
