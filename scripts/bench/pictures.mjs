import sharp from 'sharp'

/**
 * Photo-like pictures of 1280x720: soft shapes, edges and grain, as JPEG of some 200 KB. The same number gives the same
 * bytes.
 *
 * @param {number} seed
 * @param {{ readonly width?: number, readonly height?: number }} [size]
 * @returns {Promise<Buffer>}
 */
export async function photo(seed, { width = 1280, height = 720 } = {}) {
  const random = randomFrom(seed)
  const pixels = new Float32Array(width * height * 3)
  // From large soft shapes to details; each finer layer is fainter.
  for (const [columns, weight] of /** @type {const} */ ([
    [5, 130],
    [20, 60],
    [90, 34],
    [360, 18],
  ])) {
    const rows = Math.max(2, Math.round((columns * height) / width))
    const noise = Buffer.from(Uint8Array.from({ length: columns * rows * 3 }, () => random() * 256))
    const layer = await sharp(noise, { raw: { width: columns, height: rows, channels: 3 } })
      .resize({ width, height, fit: 'fill', kernel: columns > 50 ? 'linear' : 'cubic' })
      .raw()
      .toBuffer()
    for (const [index, value] of layer.entries()) {
      pixels[index] = (pixels[index] ?? 0) + (value / 255 - 0.5) * weight
    }
  }
  const data = Buffer.alloc(pixels.length)
  for (const [index, value] of pixels.entries()) {
    data[index] = Math.max(0, Math.min(255, 118 + value + (random() - 0.5) * 12))
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88 })
    .toBuffer()
}

/**
 * A JPEG of one colour, another one for every number.
 *
 * @param {number} seed
 * @param {{ readonly width: number, readonly height: number }} size
 * @returns {Promise<Buffer>}
 */
export function plainColour(seed, { width, height }) {
  const background = { r: 16 * (seed % 16), g: 16 * ((seed >> 4) % 16), b: 16 * ((seed >> 8) % 16) }
  return sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer()
}

/**
 * Numbers from 0 to 1, the same for the same seed.
 *
 * @param {number} seed
 * @returns {() => number}
 */
export function randomFrom(seed) {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
}

/**
 * The same picture with other bytes: a JPEG may hold a comment.
 *
 * @param {Buffer} jpeg
 * @param {string} text
 * @returns {Buffer}
 */
export function withComment(jpeg, text) {
  const comment = Buffer.from(text, 'latin1')
  const head = Buffer.from([0xff, 0xfe, 0, 0])
  head.writeUInt16BE(comment.length + 2, 2)
  return Buffer.concat([jpeg.subarray(0, 2), head, comment, jpeg.subarray(2)])
}
