import { expect, test } from 'vitest'
import { strokePath, strokesWide, wrapStrokes } from '../../src/pixels/stroke-lettering.ts'

test('letters are as wide as they are, and equal text gives an equal path', () => {
  expect(strokesWide('iiii')).toBeLessThan(strokesWide('mmmm'))
  const at = { x: 1, y: 2, dot: 1.5 }
  expect(strokePath('Kira', at)).toBe(strokePath('Kira', at))
  expect(strokePath('Kira', at)).not.toBe(strokePath('kira', at))
  expect(strokePath('', at)).toBe('')
  expect(strokesWide('')).toBe(0)
})

test('the dots of a letter are joined, and a single one is a dot', () => {
  const at = { x: 0, y: 0, dot: 1 }
  // Seven dots, one below the other.
  expect(strokePath('|', at)).toBe('M0 0l0 1M0 1l0 1M0 2l0 1M0 3l0 1M0 4l0 1M0 5l0 1')
  expect(strokePath('!', at)).toMatch(/M0 6l0.01 0$/)
})

test('text breaks between words, long words break anywhere, and the rest is cut with dots', () => {
  const width = strokesWide('four words')
  expect(wrapStrokes('four words in lines', width, 5)).toEqual(['four words', 'in lines'])
  const [first = '', ...others] = wrapStrokes('unspeakable'.repeat(5), width, 2)
  expect(strokesWide(first)).toBeLessThanOrEqual(width)
  expect(others).toHaveLength(1)
  expect(others[0]).toMatch(/\.\.\.$/)
  for (const line of others) expect(strokesWide(line)).toBeLessThanOrEqual(width)
  expect(wrapStrokes('', width, 2)).toEqual([])
})
