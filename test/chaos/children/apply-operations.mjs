/**
 * Reads manifests whose `process` and `output` request as much as they can, and renders the accepted ones from one
 * small picture. Prints a line before each, and one after it with the result, its duration and the memory peak of the
 * process.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

const [modules, folder, first] = process.argv.slice(2)
const load = (module) => import(path.join(modules, module))
const { loadManifest, understandManifest } = await load('manifest/read/read.js')
const { resolveManifests } = await load('manifest/resolve/resolve.js')
const { createRenderer } = await load('render/render.js')
const { sha256 } = await load('shared/hash.js')
const { ImagegenError } = await load('shared/errors.js')

const forgetful = { get: () => undefined, set: () => undefined }
const project = { root: folder, defaults: {}, vars: new Map(), allow: [folder] }
const picture = await readFile(path.join(folder, 'picture.png'))
const cases = JSON.parse(readFileSync(path.join(folder, 'cases.json'), 'utf8'))

for (let index = Number(first); index < cases; index++) {
  process.stdout.write(`${JSON.stringify({ index })}\n`)
  const start = performance.now()
  const { outcome, broken } = await use(path.join(folder, `case-${index}.image.yaml`))
  const milliseconds = performance.now() - start
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024)
  process.stdout.write(
    `${JSON.stringify({ number: index, outcome, milliseconds, megabytes, broken })}\n`,
  )
}

async function use(file) {
  try {
    const manifest = understandManifest(loadManifest(file, path.basename(file)), forgetful)
    const { entries, problems } = resolveManifests([manifest], new Set(), project)
    if (problems.size > 0) return { outcome: 'refused', broken: null }
    // As on a machine with many cores, however many this one has.
    const renderer = createRenderer({ cacheDir: path.join(folder, 'cache'), parallel: 8 })
    const never = new AbortController().signal
    await Promise.all(
      entries.map(({ name, operations, output }) => {
        const original = { sha256: sha256(picture), read: async () => picture }
        const readComposite = (composite) => readFile(composite)
        const job = { name, original, operations, output, readComposite, provenance: undefined }
        return renderer.render(job, never)
      }),
    )
    return { outcome: 'rendered', broken: null }
  } catch (error) {
    const isClear =
      error instanceof ImagegenError && error.problems.every(({ hint, place }) => hint ?? place)
    return { outcome: 'refused', broken: isClear ? null : String(error?.stack ?? error) }
  }
}
