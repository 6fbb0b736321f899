import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'vitest'
import { startEmulator, type Fault } from '../../src/emulator/index.ts'
import { conclude } from './findings.ts'
import { hostilePictures, MOST_USES, WHOLE } from './hostile-pictures.ts'
import { lineByLine } from './line-by-line.ts'
import { chaosProject, configOf, measured, MODULES, peakOf } from './project.ts'
import { figure, isShort, randomFor } from './settings.ts'

const MUTATIONS = figure(2000, 40)

/** Milliseconds of work for one picture in one use. */
const LONGEST = isShort ? Infinity : 5000

/** Megabytes: the raw pixels of the largest decoded picture take 400. */
const MEMORY = 1200

interface Line {
  readonly file: string
  readonly use: string
  readonly outcome: 'used' | 'refused'
  readonly milliseconds: number
  readonly megabytes: number
  readonly broken: string | null
}

test('hostile pictures are refused clearly, within seconds and bounded memory', async () => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-hostile-')))
  try {
    // One of them takes a second each time.
    const pictures = (await hostilePictures(MUTATIONS, randomFor('pictures'))).filter(
      ({ what }) => !isShort || what !== MOST_USES,
    )
    const files = path.join(folder, 'pictures')
    mkdirSync(files)
    for (const [index, { bytes }] of pictures.entries()) {
      writeFileSync(path.join(files, String(index)), bytes)
    }
    const nameOf = (index: number): string => `${index} (${pictures[index]?.what})`
    const broken: string[] = []
    let used = 0
    let refused = 0
    let slowest = { milliseconds: 0, said: '' }
    let largest = 0
    await lineByLine<Line>(
      [
        path.join(import.meta.dirname, 'children/open-pictures.mjs'),
        MODULES,
        files,
        path.join(folder, 'cache'),
      ],
      (line) => {
        const said = `${nameOf(Number(line.file))} as ${line.use}`
        if (line.outcome === 'used') used += 1
        else refused += 1
        const isGood = pictures[Number(line.file)]?.what.startsWith(WHOLE)
        // Models answer with pixels.
        const mayBeRefused = said.includes(`${WHOLE}svg`) && line.use === 'answer'
        if (isGood && line.outcome === 'refused' && !mayBeRefused) broken.push(`${said}: refused`)
        if (line.broken !== null) broken.push(`${said}: ${line.broken}`)
        if (line.milliseconds > LONGEST) broken.push(`${said}: ${line.milliseconds} ms`)
        if (line.megabytes > MEMORY && largest <= MEMORY) {
          broken.push(`${said}: ${line.megabytes} MB`)
        }
        if (line.milliseconds > slowest.milliseconds) slowest = { ...line, said }
        largest = Math.max(largest, line.megabytes)
      },
      (index) => broken.push(`${nameOf(index)}: the process ended or hung`),
    )
    conclude([
      {
        scenario: 'hostile',
        promised: 'pictures as reference, answer, source, composite: used or a clear error',
        measured: `${pictures.length} files: ${used} used, ${refused} refused; ${Math.round(slowest.milliseconds)} ms (${slowest.said}), ${largest} MB at most`,
        broken,
      },
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** An answer that names very many addresses where no server answers. */
function namesOf(count: number, start: string): string {
  const image_urls = Array.from({ length: count }, (_, index) => `${start}${index}.jpg`)
  return JSON.stringify({ data: { image_urls }, base_resp: { status_code: 0 } })
}

/** The faults whose answers are large, endless, or lead elsewhere. */
const ANSWERS: ReadonlyArray<Fault> = [
  { kind: 'endless' },
  { kind: 'bomb' },
  { kind: 'redirect' },
  { kind: 'unsafe-url' },
  { kind: 'unsafe-url', url: 'ftp://127.0.0.1/x' },
  { kind: 'http', status: 200, body: namesOf(3000, 'http://127.0.0.1:9/') },
  { kind: 'http', status: 200, body: namesOf(3000, 'http://metadata.google.internal/') },
  { kind: 'truncated-json' },
  { kind: 'http', status: 400, body: 'x'.repeat(20_000_000) },
  { kind: 'http', status: 200, body: `{"data":${'['.repeat(2_000_000)}` },
  { kind: 'http', status: 200, body: `{"data":{"image_base64":[${'"",'.repeat(2_000_000)}""]}}` },
  { kind: 'http', status: 200, body: `{"__proto__":{"data":1},"base_resp":{"status_code":"x"}}` },
  { kind: 'http', status: 200, body: '{"base_resp":{"status_code":0}}' },
]

test('hostile answers are refused clearly, within seconds and bounded memory', async () => {
  const broken: string[] = []
  let largest = 0
  let slowest = 0
  const answers = isShort ? ANSWERS.slice(0, 2) : ANSWERS
  for (const fault of answers) {
    await using emulator = await startEmulator({ rpm: 0, faults: [fault] })
    await using project = await chaosProject(emulator.url, {
      'hero.image.yaml': 'prompt: x\nalt: ""\nsize: 512x512\n',
      ...configOf({ budget: { images: 1 } }),
    })
    measured(project)
    const { code, stderr, duration } = await project.run('generate', '--yes')
    const said = JSON.stringify(fault).slice(0, 80)
    const megabytes = peakOf(project)
    largest = Math.max(largest, megabytes)
    slowest = Math.max(slowest, duration)
    if (code !== 1) broken.push(`${said}: exit ${code}: ${stderr.slice(0, 300)}`)
    if (/\n\s+at /.test(stderr)) broken.push(`${said}: a stack trace: ${stderr.slice(0, 300)}`)
    if (megabytes > MEMORY) broken.push(`${said}: ${megabytes} MB`)
    if (!isShort && duration > 60_000) broken.push(`${said}: ${duration} ms`)
  }
  conclude([
    {
      scenario: 'hostile',
      promised: 'answers: endless, huge, nested, redirected: a clear error',
      measured: `${answers.length} kinds: ${(slowest / 1000).toFixed(1)} s with retries, ${largest} MB at most`,
      broken,
    },
  ])
})
