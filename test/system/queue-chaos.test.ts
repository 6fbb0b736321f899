import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { wait } from '../../src/shared/abort.ts'
import type { Project, Running } from '../cli/project.ts'
import { randomFor } from '../chaos/settings.ts'
import { manyEntries, queueProject, storeOf } from './queue-project.ts'
import { startRedis } from './redis.ts'

const ENTRIES = 500
const WORKERS = 4
const CLIENTS = 3
/** Of the account: what is to be made does not fit into two windows. */
const REQUESTS_A_MINUTE = 220
/** Seconds between two kills. */
const KILL_EVERY = { from: 2, to: 5 }
/** After so many pictures the server is ended, and started again a little later. */
const RESTART_AFTER = ENTRIES / 3

/** When a worker was ended, and which one. */
interface Kill {
  readonly worker: number
  readonly time: number
}

test('workers killed again and again and a server that goes away: every image once, for every client', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis[Symbol.asyncDispose]())
  const emulator = await startEmulator({ rpm: REQUESTS_A_MINUTE, latency: 20 })
  onTestFinished(() => emulator.close())
  const remote = mkdtempSync(path.join(tmpdir(), 'imagegen-remote-'))
  onTestFinished(() => rmSync(remote, { recursive: true, force: true }))
  const files = { 'many.image.yaml': manyEntries(ENTRIES) }
  const shared = { redis: redis.url, remote, emulator, files, rpm: REQUESTS_A_MINUTE }
  const open = async (hasKey: boolean): Promise<Project> => queueProject({ ...shared, hasKey })
  const machines = await Promise.all(Array.from({ length: WORKERS }, async () => open(true)))
  const clients = await Promise.all(Array.from({ length: CLIENTS }, async () => open(false)))

  const workers = machines.map((machine) => machine.start('worker', '--concurrency', '1'))
  const runs = clients.map(async (client) => client.run('generate', '--yes', '--json'))
  const done = new AbortController()
  const ended = Promise.all(runs).finally(() => done.abort())
  const kills: Kill[] = []
  await Promise.all([
    killAtRandom(machines, workers, kills, done.signal),
    restartOnce(redis, emulator, done.signal),
  ])
  const reports = (await ended).map(({ code, stdout, stderr }) => {
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout) as { generated: string[]; pictures: number; requests: number }
  })
  for (const worker of workers) worker.process.kill('SIGTERM')
  await Promise.all(workers.map(({ ended: over }) => over))

  // The account's rate was never passed, and what was asked for more than once was under way when a worker was ended.
  const { requests, byStatus } = emulator.stats()
  const { '0': answered = 0, aborted = 0, ...refused } = byStatus
  expect(refused).toEqual({})
  expect(answered + aborted).toBe(requests)
  const killed = kills.length
  expect(repeated(emulator).filter(([first, second]) => !takeKill(kills, first, second))).toEqual(
    [],
  )
  console.info(
    `${killed} kills: ${requests} requests for ${ENTRIES} pictures, ${aborted} of them given up.`,
  )

  // Nothing is lost, and nobody has another store.
  for (const { generated } of reports) expect(new Set(generated).size).toBe(ENTRIES)
  const [first, ...others] = clients.map(originalsOf)
  expect(first).toHaveLength(ENTRIES)
  for (const other of others) expect(other).toEqual(first)
  for (const client of clients) {
    expect((await client.run('plan')).stdout).toBe(
      `${ENTRIES} images: ${ENTRIES} current. \`imagegen list\` shows them with their files.\n`,
    )
    expect((await client.run('verify')).code).toBe(0)
  }
  // Every request is on somebody's bill, and besides at most what a kill kept from being sent.
  const billed = reports.reduce((sum, report) => sum + report.requests, 0)
  expect(billed).toBeGreaterThanOrEqual(requests)
  expect(billed).toBeLessThanOrEqual(requests + killed)
  expect(reports.reduce((sum, report) => sum + report.pictures, 0)).toBe(billed)
}, 600_000)

/** Ends one worker after the other without a warning, and starts another on the same machine. */
async function killAtRandom(
  machines: readonly Project[],
  workers: Running[],
  kills: Kill[],
  done: AbortSignal,
): Promise<void> {
  const random = randomFor('queue')
  while (!done.aborted) {
    const pause = random.between(KILL_EVERY.from * 1000, KILL_EVERY.to * 1000)
    await wait(pause, done).catch(() => undefined)
    if (done.aborted) return
    const victim = random.integer(0, WORKERS - 1)
    const [machine, worker] = [machines[victim], workers[victim]]
    if (machine === undefined || worker === undefined) continue
    kills.push({ worker: victim, time: Date.now() })
    worker.process.kill('SIGKILL')
    await worker.ended
    workers[victim] = machine.start('worker', '--concurrency', '1')
  }
}

async function restartOnce(
  redis: { kill(): Promise<void>; start(): Promise<void> },
  emulator: Emulator,
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted && emulator.stats().images < RESTART_AFTER) {
    await wait(200, done).catch(() => undefined)
  }
  await redis.kill()
  await wait(1000, new AbortController().signal)
  await redis.start()
}

/** When a picture was asked for, and asked for again. */
function repeated(emulator: Emulator): Array<readonly [number, number]> {
  const times = new Map<string, number[]>()
  for (const { body, time } of emulator.requests()) {
    const { prompt } = body as { prompt: string }
    times.set(prompt, [...(times.get(prompt) ?? []), time])
  }
  return [...times.values()].flatMap((all) =>
    all.slice(1).map((second, index) => [all[index] ?? 0, second] as const),
  )
}

/** One kill between the two explains one repetition, and no other. */
function takeKill(kills: Kill[], first: number, second: number): boolean {
  const index = kills.findIndex(({ time }) => time >= first && time <= second)
  if (index < 0) return false
  kills.splice(index, 1)
  return true
}

function originalsOf(project: Project): string[] {
  return Object.keys(storeOf(project)).filter((file) => file.endsWith('.jpg'))
}
