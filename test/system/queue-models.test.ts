import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createProject, type Project, type Ran } from '../cli/project.ts'
import { serveOpenAiImages, type OpenAiImages } from '../model/providers/openai-images.ts'
import { startRedis } from './redis.ts'

const modules = path.join(import.meta.dirname, '../../node_modules')

interface Site {
  readonly server: OpenAiImages
  /** Runs `generate` on a client, while one worker takes jobs. */
  readonly generate: (manifest: string) => Promise<Ran>
}

/** A client and a worker, each with a folder and facts of its own about one model of the AI SDK. */
async function site(
  facts: { readonly client: string; readonly worker: string },
  faults: Parameters<typeof serveOpenAiImages>[0] = {},
): Promise<Site> {
  const redis = await startRedis()
  onTestFinished(() => redis[Symbol.asyncDispose]())
  const server = await serveOpenAiImages(faults)
  const remote = mkdtempSync(path.join(tmpdir(), 'imagegen-remote-'))
  onTestFinished(() => rmSync(remote, { recursive: true, force: true }))

  const machine = async (declared: string, files: Record<string, string>): Promise<Project> => {
    const project = await createProject({
      ...files,
      'imagegen.config.mjs': `import { defineConfig, imageModel } from 'unplugin-imagegen'
import { createOpenAI } from 'openai-v3'
import fsDriver from 'unstorage/drivers/fs'
const bare = createOpenAI({ apiKey: 'sk-test-0123', baseURL: '${server.url}' }).image('gpt-image-1')
export default defineConfig({
  models: { sketch: imageModel(bare, ${declared}) },
  queue: { connection: '${redis.url}', stalledAfter: 5000 },
  store: { remote: fsDriver({ base: ${JSON.stringify(remote)} }) },
})
`,
    })
    for (const name of ['unstorage', 'openai-v3']) {
      symlinkSync(path.join(modules, name), path.join(project.folder, 'node_modules', name))
    }
    return project
  }

  return {
    server,
    async generate(manifest) {
      const client = await machine(facts.client, { 'a.image.yaml': manifest })
      const worker = (await machine(facts.worker, {})).start('worker')
      onTestFinished(() => void worker.process.kill('SIGKILL'))
      await worker.said('openai/gpt-image-1')
      return client.run('generate', '--yes', '--json')
    },
  }
}

interface Report {
  readonly generated: readonly string[]
  readonly failed: ReadonlyArray<{ readonly code: string; readonly message: string }>
  readonly pictures: number
}

const reportOf = ({ stdout }: Ran): Report => JSON.parse(stdout) as Report

const FOUR = `defaults: { alt: "", model: sketch, size: 1536x1024 }
images:
  a: { prompt: A }
  b: { prompt: B }
  c: { prompt: C }
  d: { prompt: D }
`

test('a worker refuses what its own facts exclude, whatever the client declared', async () => {
  const { server, generate } = await site({
    client: '{}',
    worker: "{ limits: { sizes: ['1024x1024'] } }",
  })
  const ran = await generate(FOUR)
  expect(ran.code).toBe(1)
  expect(reportOf(ran).failed).toHaveLength(4)
  for (const { message } of reportOf(ran).failed) expect(message).toContain('1536x1024')
  expect(ran.stderr).toContain('1024x1024')
  expect(server.received).toEqual([])
  expect(reportOf(ran).pictures).toBe(0)
})

test('the first request of a model without facts goes alone, and its wrong shape stops the others', async () => {
  const wrong = Array.from({ length: 8 }, () => ({
    kind: 'other-size' as const,
    size: '1024x1024' as const,
  }))
  const { server, generate } = await site({ client: '{}', worker: '{}' }, { faults: wrong })
  const ran = await generate(FOUR)
  expect(ran.code).toBe(1)
  expect(reportOf(ran).failed.map(({ code }) => code)).toEqual(Array(4).fill('unusable'))
  expect(server.drawn()).toBe(1)
  expect(reportOf(ran).pictures).toBe(1)
})

test('a setting that the model ignores is one warning with the lines of all images', async () => {
  const facts = "{ limits: { sizes: ['1536x1024'] } }"
  const { server, generate } = await site({ client: facts, worker: facts })
  const ran = await generate(FOUR.replace('size: 1536x1024 }', 'size: 1536x1024, seed: 7 }'))
  expect(ran.code).toBe(0)
  expect(server.drawn()).toBe(4)
  const lines = ran.stderr.split('\n').filter((line) => line.includes('`seed`'))
  expect(lines).toEqual([
    'warning sketch: the model does not take `seed` and ignored it (a.image.yaml:3 a, a.image.yaml:4 b, a.image.yaml:5 c, a.image.yaml:6 d)',
  ])
})
