import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  columnsFor,
  FITTING,
  frameOf,
  frameWithin,
  moved,
  scaleAfter,
  scaleOf,
  zoomedTo,
  type Room,
  type Size,
} from '../../src/studio/page/compare/zoom.ts'

const BOX: Size = { width: 1024, height: 768 }
const ROOM: Room = { width: 800, height: 600, margin: 12 }

const sizes = fc.record({
  width: fc.integer({ min: 1, max: 8000 }),
  height: fc.integer({ min: 1, max: 8000 }),
})
const rooms = fc.record({
  width: fc.integer({ min: 40, max: 4000 }),
  height: fc.integer({ min: 40, max: 3000 }),
  margin: fc.constant(12),
})

describe('a picture that fits', () => {
  it('is in the middle of its room, within the margin', () => {
    expect(frameOf(FITTING, BOX, ROOM)).toEqual({ left: 16, top: 12, width: 768, height: 576 })
  })
})

describe('zooming', () => {
  it('goes through the scales of whole pixels', () => {
    const seen = [scaleAfter(0.43, 1), scaleAfter(0.5, 1), scaleAfter(1, 1), scaleAfter(3, -1)]
    expect(seen).toEqual([0.5, 1, 2, 2])
    expect([scaleAfter(2, -1), scaleAfter(1, -1)]).toEqual([1, 0.5])
  })

  it('leaves the point below the pointer where it is', () => {
    const at = { x: 500, y: 200 }
    const before = frameOf({ scale: 2, x: 0.5, y: 0.5 }, BOX, ROOM)
    const after = frameOf(zoomedTo({ scale: 2, x: 0.5, y: 0.5 }, 8, BOX, ROOM, at), BOX, ROOM)
    expect((at.x - after.left) / after.width).toBeCloseTo((at.x - before.left) / before.width, 3)
    expect((at.y - after.top) / after.height).toBeCloseTo((at.y - before.top) / before.height, 3)
  })

  it('never becomes smaller than fitting, or than actual size where that is smaller', () => {
    expect(zoomedTo({ scale: 1, x: 0.5, y: 0.5 }, 0.001, BOX, ROOM)).toEqual(FITTING)
    const small = { width: 64, height: 64 }
    expect(zoomedTo(FITTING, 0.001, small, ROOM).scale).toBe(1)
  })
})

describe('moving', () => {
  it('does nothing to a picture that fits', () => {
    expect(moved(FITTING, BOX, ROOM, 40, 40)).toBe(FITTING)
  })

  it('shows no gap, and comes back at once from the side', () => {
    const zoom = { scale: 4, x: 0.5, y: 0.5 }
    const far = moved(zoom, BOX, ROOM, 100_000, 0)
    expect(frameOf(far, BOX, ROOM).left).toBe(0)
    expect(frameOf(moved(far, BOX, ROOM, -10, 0), BOX, ROOM).left).toBe(-10)
  })
})

it('every frame is of whole pixels, and covers its room or is within it', () => {
  fc.assert(
    fc.property(
      sizes,
      rooms,
      fc.double({ min: 0.01, max: 64, noNaN: true }),
      (box, room, scale) => {
        const zoom = zoomedTo(FITTING, scale, box, room, { x: 3, y: room.height - 1 })
        expect(scaleOf(zoom, box, room)).toBeGreaterThan(0)
        const { left, top, width, height } = frameOf(zoom, box, room)
        expect([left, top, width, height].every((value) => Number.isInteger(value))).toBe(true)
        for (const [start, length, whole] of [
          [left, width, room.width],
          [top, height, room.height],
        ] as const) {
          if (length <= whole) expect(start).toBeGreaterThanOrEqual(0)
          else expect([start <= 0, start + length >= whole]).toEqual([true, true])
        }
      },
    ),
  )
})

it('a picture of another shape is as large as fits into the box, in its middle', () => {
  const frame = { left: 10, top: 20, width: 400, height: 200 }
  const square = frameWithin({ width: 64, height: 64 }, frame)
  expect(square).toEqual({ left: 110, top: 20, width: 200, height: 200 })
})

it('columns are chosen so that pictures are largest', () => {
  const wide = { width: 1600, height: 900 }
  expect(columnsFor(2, wide, { width: 390, height: 700 }, 2, 28)).toBe(1)
  expect(columnsFor(2, wide, { width: 1200, height: 500 }, 2, 28)).toBe(2)
  expect(columnsFor(9, { width: 1, height: 1 }, { width: 900, height: 900 }, 2, 28)).toBe(3)
})
