import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveOptions } from '../../src/options.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import { createConsoleLogger } from '../../src/shared/logger.ts'
import { generateAll, statesOf } from '../generate/running.ts'
import { summaries } from '../manifest/reading.ts'
import { askedFor, serveOpenAiImages } from '../model/providers/openai-images.ts'
import { temporaryProject } from '../temporary-project.ts'
import { installed, type InstalledPackages } from './installed.ts'

const root = path.join(import.meta.dirname, '../..')
const guide = readFileSync(path.join(root, 'examples/local-models/README.md'), 'utf8')

let packages: InstalledPackages

beforeAll(() => {
  packages = installed({ '@ai-sdk/openai-compatible': '^2.0.0' })
})

afterAll(() => packages?.remove())

/** A code block of the guide, by its language. */
function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(guide)?.[1] ?? ''
}

async function pipelineIn(folder: string): Promise<Pipeline> {
  const options = await resolveOptions({
    start: folder,
    inline: { mode: 'generate' },
    mode: 'production',
    isBuild: false,
    environment: {},
  })
  return createPipeline(options, createConsoleLogger())
}

/** The guide's config, with the server and the packages of the test. */
function configFor(url: string): string {
  return block('js')
    .replace(
      "'@ai-sdk/openai-compatible'",
      JSON.stringify(packages.resolve('@ai-sdk/openai-compatible')),
    )
    .replace("'unplugin-imagegen'", JSON.stringify(path.join(root, 'dist/index.js')))
    .replace('http://127.0.0.1:1234/v1', url)
}

test("the guide's recipe generates and edits pictures at no cost", async () => {
  const server = await serveOpenAiImages({ sizes: ['768x512'], most: 1 })
  const project = await temporaryProject({
    'imagegen.config.mjs': configFor(server.url),
    'sketch.image.yaml': block('yaml'),
  })
  const pipeline = await pipelineIn(project.root)
  const { survey, report, events } = await generateAll(pipeline)
  expect(report.failures).toEqual([])
  expect(survey.plan.summary).toMatchObject({ requests: 2, pictures: 2, usd: 0 })
  expect(await statesOf(pipeline)).toEqual({ kira: 'current', kiraAtSea: 'current' })
  expect(pipeline.budget.spent()).toMatchObject({ pictures: server.drawn(), usd: 0 })
  expect(server.received.map((request) => [request.path, askedFor(request).size])).toEqual([
    ['/images/generations', '768x512'],
    ['/images/edits', '768x512'],
  ])
  expect(events.filter(({ kind }) => kind === 'warning')).toEqual([])
})

test('a setting that the server does not support is an error before any request', async () => {
  const server = await serveOpenAiImages()
  const project = await temporaryProject({
    'imagegen.config.mjs': configFor(server.url),
    'a.image.yaml': 'images:\n  a: { prompt: A, alt: "", size: 700x512, seed: 7 }\n',
  })
  const { problems } = await (await pipelineIn(project.root)).survey()
  expect(summaries([...problems.values()].flat())).toEqual([
    'a.image.yaml:2:34 a: draft does not draw 700x512.',
    'a.image.yaml:2:49 a: draft takes no seed.',
  ])
  expect(server.received).toEqual([])
})
