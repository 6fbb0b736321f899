import { writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { conclude } from './findings.ts'
import { lineByLine } from './line-by-line.ts'
import { chaosProject, configOf, measured, MODULES, peakOf } from './project.ts'
import { isShort } from './settings.ts'

/** The most megabytes that a plan may take. */
const PLANNING = 700

/**
 * The most megabytes that rendering may take: the largest picture takes 400, and some operations hold it several times.
 */
const RENDERING = 2000

const hundred = Array.from({ length: 100 }, (_, index) => index).join(', ')

test('ten thousand combinations are planned in bounded memory', async () => {
  await using emulator = await startEmulator({ rpm: 0 })
  await using project = await chaosProject(emulator.url, {
    'tiles.image.yaml': `images:
  base: { prompt: a base, alt: "" }
  "t\${a}x\${b}":
    prompt: a tile \${a} \${b}
    alt: ""
    references: ["#base"]
    matrix: { a: [${hundred}], b: [${hundred}] }
`,
    ...configOf(),
  })
  measured(project)
  const { code, stdout, stderr, duration } = await project.run('plan', '--json')
  const megabytes = peakOf(project)
  const { summary } = JSON.parse(stdout) as { summary: { images: number; requests: number } }
  const broken = [
    ...(code === 0 ? [] : [`exit ${code}: ${stderr}`]),
    ...(summary.images === 10_001 && summary.requests === 10_001 ? [] : [JSON.stringify(summary)]),
    ...(megabytes <= PLANNING ? [] : [`${megabytes} MB`]),
  ]
  conclude([
    {
      scenario: 'memory',
      promised: 'a matrix of 10,000 is planned in bounded memory',
      measured: `${megabytes} MB, ${(duration / 1000).toFixed(1)} s with the start of Node`,
      broken,
    },
  ])
})

const small = 'output: { widths: [32], formats: [webp] }'

/** Requests of a manifest for one picture of 512x512, at the limit and beyond. */
const GREEDY: readonly string[] = [
  `process: [{ resize: { width: 16383, height: 16383 } }]\n${small}`,
  `process: [{ resize: { width: 16383 } }]\n${small}`,
  `process: [{ extend: 16383 }]\n${small}`,
  `process: [{ extract: { left: 0, top: 0, width: 100000000, height: 100000000 } }]\n${small}`,
  `process: [{ composite: [${Array.from({ length: 100 }, () => '{ input: ./picture.png, tile: true }').join()}] }]\n${small}`,
  'output: { widths: [32], formats: [webp], aspectRatio: 16383:1 }',
  `output: { formats: [webp, jpeg, png], widths: [${Array.from({ length: 32 }, (_, index) => 16_383 - index).join()}] }`,
  `output: { widths: [${Array.from({ length: 5000 }, (_, index) => index + 1).join()}] }`,
  `process: [${Array.from({ length: 64 }, () => '{ extend: 1000 }').join()}]\n${small}`,
]

/** The largest accepted one, and several of them at once. */
const GREEDIEST: readonly string[] = [
  `process: [{ resize: { width: 16383, height: 6000, fit: fill } }]\n${small}`,
  `process: [{ resize: { width: 10000, height: 9000, fit: fill } }, { rotate: 45 }]\n${small}`,
  `process: [{ resize: { width: 9900, height: 9900 } }, { gamma: 2.2 }, { modulate: { hue: 90 } }]\n${small}`,
]

function single(settings: string): string {
  return `prompt: x\nalt: ""\n${settings}\n`
}

function severalLarge(): string {
  const entries = Array.from(
    { length: 6 },
    (_, index) =>
      `  e${index}: { prompt: x, process: [{ resize: { width: ${9000 + index}, height: 9000, fit: fill } }] }`,
  )
  return `defaults: { alt: "", ${small} }\nimages:\n${entries.join('\n')}\n`
}

interface Line {
  readonly number: number
  readonly outcome: 'rendered' | 'refused'
  readonly megabytes: number
  readonly broken: string | null
}

test('`process` and `output` that request too much are refused, and what is accepted fits', async () => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-memory-')))
  try {
    const create = { width: 512, height: 512, channels: 4, background: '#2488' } as const
    await sharp({ create }).png().toFile(path.join(folder, 'picture.png'))
    const cases = GREEDY.map(single)
    if (!isShort) cases.push(...GREEDIEST.map(single), severalLarge())
    for (const [index, text] of cases.entries()) {
      writeFileSync(path.join(folder, `case-${index}.image.yaml`), text)
    }
    writeFileSync(path.join(folder, 'cases.json'), String(cases.length))
    const broken: string[] = []
    let rendered = 0
    let largest = 0
    await lineByLine<Line>(
      [path.join(import.meta.dirname, 'children/apply-operations.mjs'), MODULES, folder],
      (line) => {
        const said = `case ${line.number} (${cases[line.number]?.slice(0, 100)})`
        if (line.outcome === 'rendered') rendered += 1
        if (line.broken !== null) broken.push(`${said}: ${line.broken}`)
        if (line.megabytes > RENDERING && largest <= RENDERING) {
          broken.push(`${said}: ${line.megabytes} MB`)
        }
        largest = Math.max(largest, line.megabytes)
      },
      (index) => broken.push(`case ${index}: the process ended or hung`),
    )
    conclude([
      {
        scenario: 'memory',
        promised: '`process` and `output` are refused or fit, with eight pipelines at once too',
        measured: `${cases.length} manifests, ${rendered} rendered, ${largest} MB at most`,
        broken,
      },
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
