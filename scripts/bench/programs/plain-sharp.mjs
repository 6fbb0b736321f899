/*
 * Renders pictures with sharp and nothing else: so many pipelines at once, so many threads in each. What is compared
 * with `imagegen export`.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'

const [
  source = '',
  target = '',
  pipelines = '1',
  threads = '1',
  widths = '[]',
  formats = '{}',
  limit,
] = process.argv.slice(2)
sharp.concurrency(Number(threads))
sharp.cache(false)
mkdirSync(target, { recursive: true })
const files = readdirSync(source)
  .filter((file) => file.endsWith('.jpg'))
  .slice(0, limit === undefined ? undefined : Number(limit))
/** @type {readonly number[]} */
const sizes = JSON.parse(widths)
const work = files.flatMap((file) =>
  /** @type {['avif' | 'webp', object][]} */ (Object.entries(JSON.parse(formats))).flatMap(
    ([format, options]) => sizes.map((width) => ({ file, format, options, width })),
  ),
)
const next = work.values()
await Promise.all(
  Array.from({ length: Number(pipelines) }, async () => {
    for (const { file, format, options, width } of next) {
      let pipeline = sharp(path.join(source, file)).autoOrient()
      const { width: own, height } = await pipeline.metadata()
      if (width < own) {
        pipeline = pipeline.resize({
          width,
          height: Math.round((width * height) / own),
          fit: 'fill',
        })
      }
      const bytes = await pipeline.withIccProfile('srgb').toFormat(format, options).toBuffer()
      writeFileSync(path.join(target, `${file}-${width}.${format}`), bytes)
    }
  }),
)
