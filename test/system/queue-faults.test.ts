import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts'
import { KEY, type Project, type Ran } from '../cli/project.ts'
import { freePort } from './free-port.ts'
import { queueProject, type QueueProjectOptions } from './queue-project.ts'
import { startRedis, type RedisServer } from './redis.ts'

const PASSWORD = 'pass word/4711+@:not-to-be-seen'
const HERO = 'images:\n  hero: { prompt: A hero, alt: "", size: 512x512 }\n'

interface Site {
  readonly redis: RedisServer
  readonly emulator: Emulator
  readonly open: (settings?: Partial<QueueProjectOptions>) => Promise<Project>
}

async function site(options: EmulatorOptions & { readonly password?: string } = {}): Promise<Site> {
  const { password, ...emulate } = options
  const redis = await startRedis(password === undefined ? {} : { password })
  onTestFinished(() => redis[Symbol.asyncDispose]())
  const emulator = await startEmulator({ rpm: 0, ...emulate })
  onTestFinished(() => emulator.close())
  const remote = mkdtempSync(path.join(tmpdir(), 'imagegen-remote-'))
  onTestFinished(() => rmSync(remote, { recursive: true, force: true }))
  const shared = { redis: redis.url, emulator, remote, files: { 'hero.image.yaml': HERO } }
  return { redis, emulator, open: async (settings) => queueProject({ ...shared, ...settings }) }
}

/** What everybody who runs into something is owed. */
function expectPlain({ stderr, stdout }: Ran): void {
  for (const text of [stderr, stdout]) {
    expect(text).not.toMatch(/^\s+at /m)
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), KEY]) {
      expect(text).not.toContain(secret)
    }
  }
}

const COMMANDS = [['generate', '--yes'], ['worker'], ['queue']]

test('without a server every command says so at once, and nothing is spent', async () => {
  const { open, emulator } = await site()
  const project = await open({ redis: `redis://127.0.0.1:${await freePort()}`, hasKey: true })
  for (const command of COMMANDS) {
    const ran = await project.run(...command)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(
      /The queue's server \(127\.0\.0\.1:\d+\) cannot be used: connect ECONNREFUSED/,
    )
    expectPlain(ran)
  }
  expect(emulator.stats().requests).toBe(0)
})

test('a wrong password is reported at once and never shown', async () => {
  const { open, redis } = await site({ password: 'the right one' })
  for (const user of [`:${encodeURIComponent(PASSWORD)}@`, '']) {
    const project = await open({ redis: `redis://${user}127.0.0.1:${redis.port}`, hasKey: true })
    for (const command of COMMANDS) {
      const ran = await project.run(...command)
      expect(ran.code).toBe(1)
      expect(ran.stderr).toContain('refuses this user')
      expect(ran.stderr).toContain('queue.connection')
      expectPlain(ran)
    }
  }
})

test('the right password works, as a URL and as options, and is never shown', async () => {
  const { open, redis } = await site({ password: PASSWORD })
  const worker = (await open({ hasKey: true })).start('worker')
  await worker.said('Takes pictures')
  const connection = { host: '127.0.0.1', port: redis.port, password: PASSWORD }
  const client = await open({ queue: { connection } })
  const ran = await client.run('generate', '--yes')
  expect(ran.code).toBe(0)
  expectPlain(ran)
  worker.process.kill('SIGTERM')
  const ended = await worker.ended
  expect(ended.code).toBe(0)
  expectPlain(ended)
})

test('a run waits for a server that goes away, and continues', async () => {
  const { open, redis, emulator } = await site({ latency: 1500 })
  const worker = (await open({ hasKey: true })).start('worker')
  await worker.said('Takes pictures')
  const client = await open()
  const running = client.start('generate', '--yes')
  await expect.poll(() => emulator.stats().inFlight).toBe(1)
  await redis.kill()
  await running.said('does not answer; waiting for it')
  // What is under way is stored meanwhile.
  await expect.poll(() => emulator.stats().inFlight).toBe(0)
  await redis.start()
  await running.said('answers again')
  expect((await running.ended).code).toBe(0)
  expect(emulator.stats().images).toBe(1)
})

test('a server that stays away ends the run; what was made is not paid again', async () => {
  const { open, redis, emulator } = await site({ latency: 1500 })
  const machine = await open({ hasKey: true })
  const worker = machine.start('worker')
  await worker.said('Takes pictures')
  const client = await open({ queue: { patience: 1500 } })
  const running = client.start('generate', '--yes')
  await expect.poll(() => emulator.stats().inFlight).toBe(1)
  await redis.kill()
  const ran = await running.ended
  expect(ran.code).toBe(1)
  expect(ran.stderr).toContain("The queue's server has not answered for 2 s.")
  expectPlain(ran)
  await expect.poll(() => machine.files().some((file) => file.endsWith('.jpg'))).toBe(true)
  await redis.start()
  const again = await client.run('generate', '--yes')
  expect({ code: again.code, stderr: again.stderr }).toMatchObject({ code: 0 })
  expect(emulator.stats().images).toBe(1)
})

test('Ctrl-C ends a run whose server is away, the second one at once', async () => {
  const { open, redis } = await site()
  const running = (await open()).start('generate', '--yes')
  await running.said('No worker takes')
  await redis.kill()
  await running.said('does not answer; waiting for it')
  running.process.kill('SIGINT')
  await running.said('Interrupted')
  running.process.kill('SIGINT')
  const ran = await running.ended
  expect(ran.code).toBe(130)
  expect(ran.stderr).toContain('1 image left to make')
  expectPlain(ran)
})

test('a server that loses its data receives the jobs again', async () => {
  const { open, redis, emulator } = await site()
  const client = await open()
  const running = client.start('generate', '--yes')
  await running.said('No worker takes')
  await redis.flush()
  const worker = (await open({ hasKey: true })).start('worker')
  await worker.said('Takes pictures')
  expect((await running.ended).code).toBe(0)
  expect(emulator.stats().images).toBe(1)
})

test('a worker without a key ends at once and says what to set; a client needs no key', async () => {
  const { open } = await site()
  const ran = await (await open()).run('worker')
  expect(ran.code).toBe(1)
  expect(ran.stderr).toContain('This worker has no API key for any of its models')
  expect(ran.stderr).toContain('MINIMAX_API_KEY')
  expectPlain(ran)
})

test('a worker takes no job for a model that it lacks, and the client says what it waits for', async () => {
  const { open, emulator } = await site()
  const stranger = (await open({ hasKey: true, model: 'image-01-live' })).start('worker')
  expect(await stranger.said('Takes pictures')).not.toContain('image-02')
  const client = await open({ model: 'image-02' })
  const running = client.start('generate', '--yes')
  await running.said(
    'No worker takes pictures of minimax/image-02 from the queue; waiting for one.',
  )
  expect(emulator.stats().requests).toBe(0)
  running.process.kill('SIGINT')
  expect((await running.ended).code).toBe(130)
})

test('an account that is refused stops the run, and the worker with it', async () => {
  const { open, emulator } = await site({ apiKey: 'another key than the worker has' })
  const worker = (await open({ hasKey: true })).start('worker', '--concurrency', '1')
  await worker.said('Takes pictures')
  const files = {
    'cast.image.yaml': `defaults: { alt: "", size: 512x512 }
images:
${['a', 'b', 'c', 'd'].map((name) => `  ${name}: { prompt: ${name} }`).join('\n')}
`,
  }
  const ran = await (await open({ files })).run('generate', '--yes', '--json')
  expect(ran.code).toBe(1)
  const { failed } = JSON.parse(ran.stdout) as { failed: Array<{ code: string }> }
  expect(failed).toHaveLength(4)
  expect(failed.map(({ code }) => code)).toContain('stopped')
  const ended = await worker.ended
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain('cannot be asked any more')
  expectPlain(ended)
  expect(emulator.stats().images).toBe(0)
})

test('without a common store, the run says so after the first picture, which the worker keeps', async () => {
  const { open, emulator } = await site()
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'imagegen-remote-'))
  onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }))
  const machine = await open({ hasKey: true, remote: elsewhere })
  const worker = machine.start('worker')
  await worker.said('Takes pictures')
  const ran = await (await open()).run('generate', '--yes')
  expect(ran.code).toBe(1)
  expect(ran.stderr).toContain('the worker uses another store')
  expect(ran.stderr).toContain('store.remote')
  expectPlain(ran)
  expect(machine.files().some((file) => file.endsWith('.jpg'))).toBe(true)
  expect(emulator.stats().images).toBe(1)
})

test('jobs that another program wrote are refused, and do no harm', async () => {
  const { open, redis, emulator } = await site()
  const machine = await open({ hasKey: true })
  const worker = machine.start('worker')
  await worker.said('Takes pictures')
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null })
  onTestFinished(() => connection.disconnect())
  const queue = new Queue('imagegen/minimax/image-01', { connection })
  const recipe = { provider: 'minimax', modelId: 'image-01', prompt: 'not what its key says' }
  const order = {
    key: 'f'.repeat(64),
    recipe,
    id: 'x',
    name: 'x',
    references: [],
    wanted: 1,
    renew: null,
  }
  const run = { id: 'x', limit: { images: null, usd: null } }
  await queue.add('nonsense', { hello: 'world' })
  await queue.add('another key', { version: 1, order, run, rateLimits: 0 })
  await queue.add('a later version', { version: 2, order, run, rateLimits: 0 })
  for (const name of ['nonsense', 'another key', 'a later version']) {
    expect(await worker.said(`${name}: the worker cannot read this job`)).not.toMatch(/^\s+at /m)
  }
  expect(emulator.stats().requests).toBe(0)
  const overview = await machine.run('queue')
  expect(overview.stdout).toContain('3 failed')
  expect(overview.stdout).toContain(
    'another key (queue)  another key: the worker cannot read this job',
  )
})

test('an image that cannot be made is listed with its reason', async () => {
  const { open } = await site({ faults: [{ kind: 'status', code: 1026 }] })
  const machine = await open({ hasKey: true })
  await machine.start('worker').said('Takes pictures')
  expect((await machine.run('generate', '--yes')).code).toBe(1)
  const { stdout } = await machine.run('queue', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    name: 'imagegen',
    models: [
      {
        model: 'minimax/image-01',
        workers: 1,
        waiting: 0,
        delayed: 0,
        active: [],
        completed: 0,
        failed: 1,
        failures: [
          { id: 'hero.image.yaml#hero', code: '1026', time: expect.any(String) as string },
        ],
      },
      { model: 'minimax/image-01-live', failed: 0 },
    ],
  })
})
