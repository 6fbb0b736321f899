/**
 * Uses files as reference, answer, original and overlay, one after the other. Prints a line before each, and one after
 * it with the result, its duration and the memory peak of the process.
 */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'

const [modules, folder, cacheDir, first] = process.argv.slice(2)
const load = (module) => import(path.join(modules, module))
const { prepareReference } = await load('model/reference-image.js')
const { inspectPicture } = await load('store/arrive/inspect-picture.js')
const { createRenderer } = await load('render/render.js')
const { resolveOutput } = await load('manifest/schema/output.js')
const { sha256 } = await load('shared/hash.js')
const { ImagegenError } = await load('shared/errors.js')

const renderer = createRenderer({ cacheDir })
const output = resolveOutput([{ formats: ['webp'], widths: [32], placeholder: 'color' }])
const canvas = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><rect width="200" height="200"/></svg>',
)

const render = (original, operations, readComposite) =>
  renderer.render(
    {
      name: 'kira',
      original: { sha256: sha256(original), read: async () => original },
      operations,
      readComposite,
      output,
      provenance: undefined,
    },
    new AbortController().signal,
  )

const USES = {
  reference: async (bytes) => prepareReference(bytes),
  answer: async (bytes) => inspectPicture(bytes, { aspectRatio: null, size: null }),
  source: async (bytes) => render(bytes, []),
  composite: async (bytes) => {
    const file = { file: '/x', sha256: sha256(bytes) }
    const args = [[{ input: file.sha256 }]]
    return render(canvas, [{ name: 'composite', args, files: [file] }], async () => bytes)
  },
}

const files = readdirSync(folder).sort((a, b) => Number(a) - Number(b))
for (let index = Number(first); index < files.length; index++) {
  process.stdout.write(`${JSON.stringify({ index })}\n`)
  const bytes = readFileSync(path.join(folder, files[index]))
  for (const [use, open] of Object.entries(USES)) {
    const start = [performance.now(), process.cpuUsage()]
    let outcome = 'used'
    let broken = null
    try {
      const result = await open(bytes)
      if ('unusable' in result) outcome = 'refused'
    } catch (error) {
      outcome = 'refused'
      const isClear = error instanceof ImagegenError && error.problems.every(({ hint }) => hint)
      if (!isClear) broken = String(error?.stack ?? error)
    }
    const { user, system } = process.cpuUsage(start[1])
    const milliseconds = Math.min(performance.now() - start[0], (user + system) / 1000)
    const megabytes = Math.round(process.resourceUsage().maxRSS / 1024)
    process.stdout.write(
      `${JSON.stringify({ file: files[index], use, outcome, milliseconds, megabytes, broken })}\n`,
    )
  }
}
