import sharp from 'sharp'
import { photo, randomFrom } from './pictures.mjs'

const SIZE = { width: 384, height: 216 }

/**
 * Pictures of four kinds, as PNG: like photographs, flat scenes with lettering, line art, and textures.
 *
 * @param {import('./workspace.mjs').Workspace} workspace
 * @param {number} each
 * @param {number} width pixels, at most those of `SIZE`; all have its shape
 * @returns {Promise<Buffer[]>}
 */
export async function drawings(workspace, each, width) {
  const { drawPicture } = await import(workspace.module('emulator/picture.js'))
  /** @type {Buffer[]} */
  const all = []
  for (let seed = 1; seed <= each; seed++) {
    const prompt = ['a harbour at dawn', 'a library', 'a town in winter', 'a green coast'][seed % 4]
    const flat = await drawPicture({
      model: 'image-01',
      prompt: `${prompt}, ${seed}`,
      width: 960,
      height: 540,
      index: 0,
      references: [],
      watermark: false,
      settings: {},
    })
    const kinds = [await photo(seed, SIZE), flat, lineArt(seed), texture(seed)]
    for (const kind of kinds)
      all.push(await sharp(kind).resize({ width }).removeAlpha().png().toBuffer())
  }
  return all
}

/**
 * @param {number} seed
 * @returns {Buffer} SVG
 */
function lineArt(seed) {
  const random = randomFrom(seed)
  const at = () => `${Math.round(random() * SIZE.width)} ${Math.round(random() * SIZE.height)}`
  const lines = Array.from(
    { length: 30 },
    () =>
      `<path d="M${at()} C${at()} ${at()} ${at()}" stroke-width="${1 + Math.floor(random() * 4)}"/>`,
  )
  const circles = Array.from({ length: 8 }, () => {
    const [x, y] = at().split(' ')
    return `<circle cx="${x}" cy="${y}" r="${5 + Math.round(random() * 50)}"/>`
  })
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}"><rect width="100%" height="100%" fill="#fffdf7"/><g fill="none" stroke="#1d2733" stroke-width="2">${lines.join('')}${circles.join('')}</g></svg>`,
  )
}

/**
 * @param {number} seed
 * @returns {Buffer} SVG
 */
function texture(seed) {
  const random = randomFrom(seed + 1000)
  const frequency = (0.01 + random() * 0.05).toFixed(4)
  const colour = `hsl(${Math.round(random() * 360)}, 40%, 45%)`
  const marks = Array.from({ length: 1200 }, () => {
    const [x, y] = [random() * SIZE.width, random() * SIZE.height].map((value) => value.toFixed(1))
    const length = (3 + random() * 12).toFixed(1)
    const shade = Math.round(random() * 255)
    return `<path d="M${x} ${y} l${length} ${(random() * 6 - 3).toFixed(1)}" stroke="rgb(${shade},${shade},${shade})" stroke-opacity="0.35"/>`
  })
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}"><filter id="n"><feTurbulence baseFrequency="${frequency}" numOctaves="4" seed="${seed}"/></filter><rect width="100%" height="100%" fill="${colour}"/><rect width="100%" height="100%" filter="url(#n)" opacity="0.5"/>${marks.join('')}</svg>`,
  )
}
