import { describe, expect, it } from 'vitest'
import { arrange } from '../../src/studio/page/wall/arrange.ts'
import {
  heightOf,
  rowsOf,
  rowsWithin,
  stepFrom,
  type Measures,
  type Row,
} from '../../src/studio/page/wall/rows.ts'
import type { Tile } from '../../src/studio/protocol.ts'

const CHOICE = {
  text: '',
  state: null,
  model: null,
  sort: 'written',
  density: 'comfortable',
} as const

const MEASURES: Measures = {
  width: 1000,
  pictureHeight: 200,
  gap: 10,
  caption: 40,
  heading: 30,
  groupGap: 20,
}

function tile(manifest: string, index: number, given: Partial<Tile> = {}): Tile {
  const name = given.name ?? `n${index}`
  return {
    id: `${manifest}#${name}`,
    name,
    manifest,
    index,
    state: 'current',
    reason: '',
    thumbnail: null,
    width: 100,
    height: 100,
    candidates: 1,
    wanted: 1,
    pick: 1,
    usd: 0,
    model: 'image-01',
    alt: '',
    prompt: 'A lighthouse',
    time: null,
    origin: 'provider',
    ...given,
  }
}

function namesIn(...choice: Parameters<typeof arrange>): string[] {
  return arrange(...choice).map(
    ({ manifest, tiles }) => `${manifest}: ${tiles.map(({ name }) => name).join(' ')}`,
  )
}

describe('the wall is arranged', () => {
  const tiles = [
    tile('b', 1, { name: 'zoe', time: '2026-02-01T00:00:00.000Z', width: 50 }),
    tile('b', 0, { name: 'ann', time: '2026-01-01T00:00:00.000Z' }),
    tile('a', 0, { name: 'kim', state: 'missing', model: 'other', alt: 'A Boat', prompt: null }),
  ]

  it('by manifest, in the order written', () => {
    expect(namesIn(tiles, CHOICE)).toEqual(['a: kim', 'b: ann zoe'])
  })

  it('by name within a manifest', () => {
    const turned = [tile('a', 0, { name: 'z' }), tile('a', 1, { name: 'b' })]
    expect(namesIn(turned, { ...CHOICE, sort: 'name' })).toEqual(['a: b z'])
  })

  it('by time, newest first, manifests too', () => {
    expect(namesIn(tiles, { ...CHOICE, sort: 'time' })).toEqual(['b: zoe ann', 'a: kim'])
  })

  it('by size, largest first', () => {
    expect(namesIn(tiles, { ...CHOICE, sort: 'size' })).toEqual(['a: kim', 'b: ann zoe'])
  })

  it.each([
    ['state', { state: 'missing' }, ['a: kim']],
    ['model', { model: 'image-01' }, ['b: ann zoe']],
    ['every word of a text, in any case', { text: '  boat A#KIM ' }, ['a: kim']],
    ['a text in the prompt', { text: 'lighthouse zoe' }, ['b: zoe']],
    ['a text that nothing holds', { text: 'lighthouse boat' }, []],
  ] as const)('with a filter by %s', (_, filter, names) => {
    expect(namesIn(tiles, { ...CHOICE, ...filter })).toEqual(names)
  })
})

describe('rows of the wall', () => {
  it('are filled to the edge, and the last one of a group is not stretched', () => {
    const group = {
      manifest: 'a',
      tiles: Array.from({ length: 7 }, (_, index) => tile('a', index)),
    }
    const [heading, first, last] = rowsOf([group], MEASURES)
    expect(heading).toMatchObject({ kind: 'heading', top: 0, height: 30 })
    expect(first).toMatchObject({ top: 30, pictureHeight: 192 })
    expect(edgesOf(first)).toEqual({ count: 5, right: 5 * 192 + 4 * 10 })
    expect(last).toMatchObject({ top: 30 + 192 + 40 + 10, pictureHeight: 200 })
    expect(edgesOf(last)).toEqual({ count: 2, right: 410 })
  })

  it('hold pictures of every shape, known or not', () => {
    const shapes = [
      { width: 1, height: 10_000 },
      { width: 10_000, height: 1 },
      { width: null, height: null },
      { width: 0, height: 0 },
    ]
    const tiles = shapes.map((shape, index) => tile('a', index, shape))
    const rows = rowsOf([{ manifest: 'a', tiles }], { ...MEASURES, width: 300 })
    for (const row of rows) {
      expect(edgesOf(row).right).toBeLessThanOrEqual(300)
      if (row.kind === 'tiles')
        for (const { width } of row.cells) expect(width).toBeGreaterThan(100)
    }
  })

  it('in sight are found among 30,000 images', () => {
    const groups = Array.from({ length: 10_000 }, (_, group) => ({
      manifest: `m${group}`,
      tiles: [0, 1, 2].map((index) => tile(`m${group}`, index)),
    }))
    const rows = rowsOf(groups, MEASURES)
    const height = heightOf(rows)
    for (const from of [-500, 0, 12_345, height - 10, height + 1000]) {
      const [first, end] = rowsWithin(rows, from, from + 900)
      const expected = rows.filter((row) => row.top + row.height > from && row.top < from + 900)
      expect(rows.slice(first, end)).toEqual(expected)
    }
  })
})

describe('an arrow', () => {
  const rows = rowsOf(
    [
      { manifest: 'a', tiles: [0, 1, 2, 3, 4, 5].map((index) => tile('a', index)) },
      { manifest: 'b', tiles: [tile('b', 0), tile('b', 1, { width: 300 })] },
    ],
    MEASURES,
  )

  it.each([
    ['right', 'a#n0', 'a#n1'],
    ['right', 'a#n5', 'b#n0'],
    ['left', 'b#n0', 'a#n5'],
    ['down', 'a#n3', 'a#n5'],
    ['down', 'a#n5', 'b#n0'],
    ['up', 'b#n1', 'a#n5'],
    ['up', 'a#n5', 'a#n0'],
    ['first', 'b#n1', 'a#n0'],
    ['last', 'a#n0', 'b#n1'],
    ['right', 'gone', 'a#n0'],
  ] as const)('%s leads from %s to %s', (step, from, to) => {
    expect(stepFrom(rows, from, step)?.id).toBe(to)
  })

  it('leads nowhere from the edges', () => {
    expect(stepFrom(rows, 'a#n0', 'left')).toBeUndefined()
    expect(stepFrom(rows, 'a#n2', 'up')).toBeUndefined()
    expect(stepFrom(rows, 'b#n1', 'right')).toBeUndefined()
    expect(stepFrom(rows, 'b#n1', 'down')).toBeUndefined()
  })
})

function edgesOf(row: Row | undefined): { count: number; right: number } {
  if (row?.kind !== 'tiles') return { count: 0, right: 0 }
  const last = row.cells.at(-1)
  return { count: row.cells.length, right: last === undefined ? 0 : last.left + last.width }
}
