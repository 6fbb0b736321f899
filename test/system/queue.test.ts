import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts'
import { createConsoleLogger } from '../../src/shared/logger.ts'
import type { Receipt } from '../../src/store/receipt.ts'
import { openStore } from '../../src/store/store.ts'
import { digestOfFolder } from '../chaos/project.ts'
import { jpeg } from '../store/samples.ts'
import { createProject, emulatorFor, type Project, type Running } from '../cli/project.ts'
import { manyEntries, queueProject, storeOf, type QueueProjectOptions } from './queue-project.ts'
import { startRedis, type RedisServer } from './redis.ts'

interface Worker extends Running {
  readonly project: Project
}

interface Site {
  readonly redis: RedisServer
  /** The folder that stands for the remote store. */
  readonly remote: string
  readonly emulator: Emulator
  readonly client: (settings?: Partial<QueueProjectOptions>) => Promise<Project>
  /** A worker that takes jobs already. */
  readonly worker: (settings?: Partial<QueueProjectOptions>, ...args: string[]) => Promise<Worker>
}

/** A server, an emulator, a remote store, and machines that share them. */
async function site(files: Record<string, string>, emulate: EmulatorOptions = {}): Promise<Site> {
  const redis = await startRedis()
  onTestFinished(() => redis[Symbol.asyncDispose]())
  const emulator = await startEmulator({ rpm: 0, ...emulate })
  onTestFinished(() => emulator.close())
  const remote = mkdtempSync(path.join(tmpdir(), 'imagegen-remote-'))
  onTestFinished(() => rmSync(remote, { recursive: true, force: true }))
  const shared = { redis: redis.url, emulator, remote, files }
  return {
    redis,
    emulator,
    remote,
    client: async (settings) => queueProject({ ...shared, ...settings }),
    async worker(settings, ...args) {
      const project = await queueProject({ ...shared, files: {}, hasKey: true, ...settings })
      const running = project.start('worker', ...args)
      await running.said('Takes pictures of')
      onTestFinished(() => void running.process.kill('SIGKILL'))
      return { ...running, project }
    },
  }
}

const CAST = `defaults: { alt: "", size: 512x512 }
images:
  hero: { prompt: A hero, seed: 7 }
  scene: { prompt: Her in a forest, references: ["#hero"] }
  house: { prompt: A house, n: 3 }
  twin: { prompt: A hero, seed: 7 }
  river: { prompt: A river, references: ["./face.svg"] }
`
const FACE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle r="30" cx="32" cy="32"/></svg>'

interface Report {
  generated: string[]
  failed: Array<{ id: string; code: string; message: string }>
}

/** What differs from one run to the next, and may. */
function withoutTimes(store: Record<string, string>): unknown[] {
  return Object.entries(store)
    .filter(([file]) => file.endsWith('.json'))
    .map(([file, content]) => {
      const { time, responseId, checksum, ...receipt } = JSON.parse(
        Buffer.from(content, 'base64').toString(),
      ) as Record<string, unknown>
      return { file, receipt, hasTime: [time, responseId, checksum].map((one) => typeof one) }
    })
}

test('a run through the queue equals one without it: output, receipts, requests, and nothing the second time', async () => {
  const files = { 'cast.image.yaml': CAST, 'face.svg': FACE }
  const { client, worker, emulator } = await site(files)
  await worker()
  const queued = await client()
  const ran = await queued.run('generate', '--yes', '--json')

  const alone = await createProject(files)
  const own = await emulatorFor(alone)
  const expected = await alone.run('generate', '--yes', '--json')
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 0, stdout: expected.stdout })
  expect(withoutTimes(storeOf(queued))).toEqual(withoutTimes(storeOf(alone)))
  const bodies = ({ requests }: Emulator): unknown[] =>
    requests()
      .map(({ body }) => JSON.stringify(body))
      .toSorted()
  expect(bodies(emulator)).toEqual(bodies(own))

  const again = await queued.run('generate', '--yes')
  expect(again.stdout).toBe(
    '0 made, 0 failed, 5 current. Spent: 0 pictures in 0 requests, 0 USD.\n',
  )
  expect(emulator.stats().requests).toBe(4)
})

test('a build through the queue with a common folder emits the same files as one without it', async () => {
  const files = {
    'cast.image.yaml': CAST,
    'face.svg': FACE,
    'index.html': '<script type="module" src="/main.js"></script>',
    'main.js': "import cast from './cast.image.yaml'\nconsole.log(cast)\n",
    'vite.config.mjs':
      "import imagegen from 'unplugin-imagegen/vite'\nexport default { plugins: [imagegen()] }\n",
  }
  const { client, worker, emulator, remote } = await site(files)
  const options = { store: { dir: remote, outside: true } }
  await worker({ options })
  const queued = await client({ options })
  const alone = await createProject(files)
  await emulatorFor(alone)
  for (const project of [queued, alone]) {
    const vite = path.join(import.meta.dirname, '../../node_modules/vite/bin/vite.js')
    const env = { PATH: process.env['PATH'], HOME: project.folder, ...project.environment }
    await promisify(execFile)(process.execPath, [vite, 'build'], { cwd: project.folder, env })
  }
  expect(digestOfFolder(path.join(queued.folder, 'dist'))).toBe(
    digestOfFolder(path.join(alone.folder, 'dist')),
  )
  expect(emulator.stats().requests).toBe(4)
})

test('two workers and three clients generate 40 images once, and all clients have the same ones', async () => {
  const { client, worker, emulator } = await site({ 'many.image.yaml': manyEntries(40) })
  const clients = await Promise.all([client(), client(), client()])
  const runs = clients.map(async (one) => one.run('generate', '--yes', '--json'))
  await Promise.all([worker(), worker()])
  const ended = await Promise.all(runs)
  expect(ended.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0])
  expect(emulator.stats()).toMatchObject({ images: 40, byStatus: { '0': 40 } })

  const spent = ended.map(({ stdout }) => (JSON.parse(stdout) as { pictures: number }).pictures)
  expect(spent.reduce((sum, pictures) => sum + pictures)).toBe(40)
  const [first, ...others] = clients.map(storeOf)
  expect(Object.keys(first!)).toHaveLength(80)
  for (const other of others) expect(other).toEqual(first)
  expect((await clients[0].run('verify')).code).toBe(0)
})

test('a failure is reported as without a queue, and only its dependants are not generated', async () => {
  const files = {
    'cast.image.yaml': `defaults: { alt: "", size: 512x512 }
images:
  hero: { prompt: forbidden }
  scene: { prompt: Her in a forest, references: ["#hero"] }
  house: { prompt: A house }
`,
  }
  const faults = [{ kind: 'status', code: 1026, match: 'forbidden' }] as const
  const { client, worker } = await site(files, { faults })
  await worker()
  const alone = await createProject(files)
  await emulatorFor(alone, { faults })
  const [there, here] = await Promise.all([
    (await client()).run('generate', '--yes', '--json'),
    alone.run('generate', '--yes', '--json'),
  ])
  // Each emulator numbers its requests as they come: of two that are sent at once either may be the first.
  const untraced = (text: string): string => text.replaceAll(/Trace-Id [0-9a-f]{32}/g, 'Trace-Id')
  expect(JSON.parse(untraced(there.stdout))).toEqual(JSON.parse(untraced(here.stdout)))
  expect(there.code).toBe(1)
  const shown = ({ stderr }: { stderr: string }): string[] =>
    untraced(stderr).split('\n').toSorted()
  expect(shown(there)).toEqual(shown(here))
})

test('retries are counted, and the budget of the run binds the workers', async () => {
  const files = {
    'cast.image.yaml': 'images:\n  hero: { prompt: A hero, alt: "", size: 512x512 }\n',
  }
  const { client, worker, emulator } = await site(files, {
    faults: [{ kind: 'http', status: 500 }],
  })
  await worker()
  const one = await client()
  const { code, stdout } = await one.run('generate', '--budget', '3', '--json')
  expect(code).toBe(1)
  const report = JSON.parse(stdout) as Report & { requests: number; pictures: number; usd: number }
  expect(report).toMatchObject({ requests: 3, pictures: 3, usd: 0.0105 })
  expect(report.failed).toMatchObject([{ code: 'budget' }])
  expect(emulator.stats().requests).toBe(3)
})

test('Ctrl-C withdraws jobs that no worker has begun, waits for the others, and ends with 130', async () => {
  const { client, worker, emulator, redis } = await site(
    { 'many.image.yaml': manyEntries(20).replaceAll(/, references[^}]*/g, ' ') },
    { latency: 1500 },
  )
  await worker({}, '--concurrency', '1')
  const one = await client()
  const running = one.start('generate', '--yes', '--json')
  await expect.poll(() => emulator.stats().inFlight).toBe(1)
  running.process.kill('SIGINT')
  const { code, stdout, stderr } = await running.ended
  expect(code).toBe(130)
  const made = (JSON.parse(stdout) as Report).generated.length
  expect(made).toBeGreaterThan(0)
  expect(stderr).toContain(`${20 - made} images left to make`)
  expect(emulator.stats().images).toBe(made)
  const queue = JSON.parse((await one.run('queue', '--json')).stdout) as {
    models: Array<{ waiting: number; active: unknown[]; workers: number }>
  }
  expect(queue.models[0]).toMatchObject({ waiting: 0, active: [], workers: 1 })
  expect(redis.port).toBeGreaterThan(0)
})

test('a job that another client waits for is not withdrawn', async () => {
  const { client, worker, emulator } = await site(
    { 'many.image.yaml': manyEntries(6).replaceAll(/, references[^}]*/g, ' ') },
    { latency: 1000 },
  )
  const [first, second] = await Promise.all([client(), client()])
  const patient = second.start('generate', '--yes')
  await patient.said('No worker takes')
  const running = first.start('generate', '--yes')
  await running.said('another process asks for it')
  await worker({}, '--concurrency', '1')
  await expect.poll(() => emulator.stats().inFlight).toBe(1)
  running.process.kill('SIGINT')
  expect((await running.ended).code).toBe(130)
  expect((await patient.ended).code).toBe(0)
  expect(emulator.stats().images).toBe(6)
})

test("a developer's one image comes before the rest of a bulk run", async () => {
  const { client, worker, emulator } = await site(
    { 'many.image.yaml': manyEntries(30).replaceAll(/, references[^}]*/g, ' ') },
    { latency: 300 },
  )
  const bulk = await client()
  const running = bulk.start('generate', '--yes')
  await running.said('No worker takes')
  const developer = await client({
    files: { 'one.image.yaml': 'images:\n  urgent: { prompt: urgent, alt: "", size: 512x512 }\n' },
  })
  await worker({}, '--concurrency', '1')
  await expect.poll(() => emulator.stats().requests).toBeGreaterThan(2)
  expect((await developer.run('generate', '--yes')).code).toBe(0)
  expect(emulator.stats().requests).toBeLessThan(30)
  expect((await running.ended).code).toBe(0)
})

test('a lost picture is requested again once, and only if no worker has it', async () => {
  const { client, worker, emulator, remote } = await site({
    'cast.image.yaml': CAST,
    'face.svg': FACE,
  })
  const own = await worker()
  const one = await client()
  expect((await one.run('generate', '--yes')).code).toBe(0)
  const before = emulator.stats().images
  const lose = (project: Project): void => {
    for (const file of project.files()) {
      if (/\/river\..*\.jpg$/.test(file)) rmSync(path.join(project.folder, file))
    }
  }
  const isKept = (file: string): boolean => existsSync(path.join(one.folder, file))
  const lost = one.files().find((file) => /\/river\..*\.jpg$/.test(file)) ?? ''

  for (const paid of [0, 1]) {
    lose(one)
    if (paid === 1) lose(own.project)
    rmSync(path.join(remote, 'originals'), { recursive: true })
    const ran = await one.run('generate', '--replace', 'river', '--yes', '--json')
    expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 })
    expect(JSON.parse(ran.stdout)).toMatchObject({ pictures: paid })
    expect(emulator.stats().images).toBe(before + paid)
    expect(isKept(lost)).toBe(true)
  }
  expect((await one.run('plan', '--check')).code).toBe(0)
})

test('an outdated picture is regenerated from the picture that the client picked', async () => {
  const { client, worker, emulator } = await site({ 'cast.image.yaml': CAST, 'face.svg': FACE })
  await worker()
  const one = await client()
  expect((await one.run('generate', '--yes')).code).toBe(0)
  await addEarlierPicture(one, 'hero')
  expect((await one.run('plan')).stdout).toContain('outdated')
  expect((await one.run('push')).code).toBe(0)
  const before = emulator.stats().images
  const ran = await one.run('generate', '--outdated', '--yes', '--json')
  expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 })
  expect(JSON.parse(ran.stdout)).toMatchObject({
    generated: ['cast.image.yaml#scene'],
    pictures: 1,
  })
  expect(emulator.stats().images).toBe(before + 1)
  // The earlier picture was added by hand: the plan names it, since no image asks for it.
  expect((await one.run('plan')).stdout).toMatch(
    /^cast\.image\.yaml#hero does not ask for hero\.\w{16}\.\w{8}\.jpg: .+\n\n5 images: 5 current\. .+\n$/,
  )
})

/** What another branch brings along: an earlier picture of the same key, which is the one that is used. */
async function addEarlierPicture(project: Project, name: string): Promise<void> {
  const isReceipt = (file: string): boolean =>
    file.startsWith(`.imagegen/${name}.`) && file.endsWith('.json')
  const file = project.files().find(isReceipt) ?? ''
  const { key, recipe, seed, provider, model } = JSON.parse(project.read(file)) as Receipt
  const store = openStore({
    dir: path.join(project.folder, '.imagegen'),
    logger: createConsoleLogger(),
  })
  await store.settle(
    await store.savePending({
      version: 1,
      key,
      recipe,
      name,
      seed,
      provider,
      model,
      inputs: [],
      responseId: null,
      requested: 1,
      usd: null,
      time: '2026-01-01T00:00:00.000Z',
      warnings: [],
      metadata: {},
      images: [(await jpeg('teal', 512, 512)).toString('base64')],
      expected: { aspectRatio: 1, size: null },
    }),
  )
}

test("a worker requests nothing for a job that passes the worker's own budget, whatever the client may spend", async () => {
  const { client, worker, emulator } = await site({
    'many.image.yaml':
      'defaults: { alt: "", size: 512x512 }\nimages:\n  many: { prompt: Many, n: 3 }\n',
  })
  await worker({ options: { budget: { images: 2 } } })
  const one = await client()
  const ran = await one.run('generate', '--yes', '--json')
  expect(ran.code).toBe(1)
  const { failed } = JSON.parse(ran.stdout) as Report
  expect(failed).toMatchObject([{ id: 'many.image.yaml#many', code: 'budget' }])
  expect(failed[0]!.message).toContain(
    "It needs 3 pictures, and this worker's budget for one job is 2 images. Nothing was requested.",
  )
  expect(emulator.stats().requests).toBe(0)
})
