import sharp from 'sharp'
import { ssim } from 'ssim.js'
import { drawings } from '../drawings.mjs'
import { median } from '../row.mjs'

const EFFORTS = [0, 1, 2, 3, 4, 5, 6]

/** What sharp takes where nothing is said, and qualities around that, between which is interpolated. */
const ENCODERS = /** @type {const} */ ([
  { format: 'avif', quality: 50, around: [38, 50, 62] },
  { format: 'webp', quality: 80, around: [66, 80, 92] },
])

/** What sharp takes where nothing is said. */
const SHARPS_EFFORT = 4

/** Bytes and seconds that differ by less are taken for the same. */
const TOLERANCE = 0.01

/**
 * Time and bytes at equal quality for all efforts, and whether our defaults sit on the frontier: no other effort is both
 * faster and smaller.
 *
 * @param {import('../row.mjs').Settings} settings
 * @returns {Promise<import('../row.mjs').Row[]>}
 */
export async function measureEncoders({ workspace, scale }) {
  const pictures = await drawings(workspace, scale.of(10, 1), scale.of(384, 192))
  const { resolveOutput } = await import(workspace.module('manifest/schema/output.js'))
  const { encoders } = resolveOutput([])
  sharp.concurrency(1)
  /** @type {import('../row.mjs').Row[]} */
  const rows = []
  for (const { format, quality, around } of ENCODERS) {
    const bytes = await bytesAtEqualQuality(pictures, format, quality, around)
    const times = await timesOf(pictures, format, quality, scale.of(5, 1))
    const table = EFFORTS.map((effort, index) => ({
      effort,
      time: (times[index] ?? NaN) / (times[SHARPS_EFFORT] ?? NaN),
      bytes: bytes[index] ?? NaN,
    }))
    const chosen = Number(encoders[format]['effort'] ?? SHARPS_EFFORT)
    const ours = table[chosen]
    const better = table.filter(
      (one) =>
        ours !== undefined &&
        one.time < ours.time * (1 - TOLERANCE) &&
        one.bytes < ours.bytes * (1 - TOLERANCE),
    )
    const shown = table.map(
      ({ effort, time, bytes: size }) => `${effort}: ${time.toFixed(2)}, ${size.toFixed(2)}`,
    )
    rows.push({
      figure: `${format}: time and bytes at equal SSIM by effort, on ${pictures.length} pictures of four kinds`,
      against: `sharp's default, effort ${SHARPS_EFFORT} at quality ${quality}`,
      target: `the default, effort ${chosen}, on the frontier`,
      reached: shown.join('; '),
      verdict: better.length === 0 ? 'reached' : 'missed',
      ratio: ours?.time ?? null,
      spread: null,
    })
  }
  return rows
}

/**
 * By effort: how many bytes a picture takes that is as good as with sharp's defaults, against those.
 *
 * @param {readonly Buffer[]} pictures
 * @param {'avif' | 'webp'} format
 * @param {number} quality
 * @param {readonly number[]} around
 * @returns {Promise<number[]>}
 */
async function bytesAtEqualQuality(pictures, format, quality, around) {
  const ratios = EFFORTS.map(() => /** @type {number[]} */ ([]))
  for (const picture of pictures) {
    const original = await pixelsOf(picture)
    const measure = async (/** @type {number} */ effort, /** @type {number} */ at) => {
      const file = await sharp(picture).toFormat(format, { quality: at, effort }).toBuffer()
      return { bytes: file.length, likeness: ssim(original, await pixelsOf(file)).mssim }
    }
    const reference = await measure(SHARPS_EFFORT, quality)
    for (const [index, effort] of EFFORTS.entries()) {
      const points = await Promise.all(around.map((at) => measure(effort, at)))
      ratios[index]?.push(bytesAt(reference.likeness, points) / reference.bytes)
    }
  }
  return ratios.map((each) =>
    Math.exp(each.reduce((sum, one) => sum + Math.log(one), 0) / each.length),
  )
}

/**
 * How many bytes a likeness takes: between two measured ones, in proportion to the logarithms.
 *
 * @param {number} likeness
 * @param {readonly { bytes: number, likeness: number }[]} points
 * @returns {number}
 */
function bytesAt(likeness, points) {
  const sorted = [...points].sort((left, right) => left.likeness - right.likeness)
  const upper = Math.max(
    1,
    sorted.findIndex((point) => point.likeness >= likeness),
  )
  const index = sorted.some((point) => point.likeness >= likeness) ? upper : sorted.length - 1
  const [one, two] = [sorted[index - 1], sorted[index]]
  if (one === undefined || two === undefined || one.likeness === two.likeness)
    return sorted[0]?.bytes ?? NaN
  const share =
    (distance(likeness) - distance(one.likeness)) /
    (distance(two.likeness) - distance(one.likeness))
  return Math.exp(Math.log(one.bytes) + share * (Math.log(two.bytes) - Math.log(one.bytes)))
}

/**
 * SSIM crowds near 1: its distance from there, as a logarithm, goes evenly with the bytes.
 *
 * @param {number} likeness
 * @returns {number}
 */
function distance(likeness) {
  return -Math.log(Math.max(1e-6, 1 - likeness))
}

/**
 * By effort: seconds for all pictures. The efforts take turns.
 *
 * @param {readonly Buffer[]} pictures
 * @param {'avif' | 'webp'} format
 * @param {number} quality
 * @param {number} runs
 * @returns {Promise<number[]>}
 */
async function timesOf(pictures, format, quality, runs) {
  const times = EFFORTS.map(() => /** @type {number[]} */ ([]))
  for (let index = 0; index < runs; index++) {
    for (const effort of index % 2 === 0 ? EFFORTS : EFFORTS.toReversed()) {
      const start = performance.now()
      for (const picture of pictures)
        await sharp(picture).toFormat(format, { quality, effort }).toBuffer()
      times[effort]?.push((performance.now() - start) / 1000)
    }
  }
  return times.map(median)
}

/**
 * @param {Buffer} file
 * @returns {Promise<{ data: Uint8ClampedArray, width: number, height: number }>}
 */
async function pixelsOf(file) {
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
}
