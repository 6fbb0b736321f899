import { expect, it, onTestFinished } from 'vitest'
import {
  createBackground,
  type Background,
  type Generating,
} from '../../src/plugin/session/background.ts'
import { resolveOptions } from '../../src/options.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import type { Logger } from '../../src/shared/logger.ts'
import { sandbox, type Sandbox, type SandboxSettings } from '../bundlers/sandbox.ts'

const FILE = 'src/quay.image.yaml'

interface Working {
  readonly project: Sandbox
  readonly pipeline: Pipeline
  readonly background: Background
  /** Messages by their level. */
  readonly said: Array<readonly [level: keyof Logger, message: string]>
  /** How often the session was told to publish. */
  published(this: void): number
  key(this: void): Promise<string>
}

async function working(
  settings: SandboxSettings = {},
  more: Readonly<Record<string, unknown>> = {},
  generating?: Pick<Generating, 'outlook'>,
): Promise<Working> {
  const files = { [FILE]: 'prompt: a ghost on the quay\nalt: a quay\n' }
  const project = await sandbox({ ...settings, files })
  const options = await resolveOptions({
    start: project.root,
    inline: { ...project.options, include: FILE, types: false, ...more },
    mode: 'development',
    isBuild: false,
    environment: {},
  })
  const said: Working['said'] = []
  const logger: Logger = {
    info: (message) => said.push(['info', message]),
    warn: (message) => said.push(['warn', message]),
    error: (message) => said.push(['error', message]),
  }
  const pipeline = createPipeline(options, logger)
  let count = 0
  const publish = async (): Promise<void> => {
    count += 1
  }
  const background = createBackground(pipeline, logger, publish, undefined, generating)
  onTestFinished(async () => {
    background.close()
    await pipeline.close()
  })
  return {
    project,
    pipeline,
    background,
    said,
    published: () => count,
    async key() {
      const [job] = (await pipeline.survey()).plan.jobs
      return job!.made.key
    },
  }
}

it('requests what is missing once, and publishes what arrives during the run with it', async () => {
  const { project, pipeline, background, published } = await working({ emulator: { latency: 300 } })
  expect(background.joins()).toBe(false)
  background.consider(await pipeline.survey())
  background.consider(await pipeline.survey())
  await expect.poll(() => project.emulator.stats().requests).toBe(1)
  expect(background.joins()).toBe(true)
  await expect.poll(published).toBe(1)
  expect(background.joins()).toBe(false)
  expect(project.emulator.stats().images).toBe(1)
  expect((await pipeline.survey()).plan.jobs).toEqual([])
})

it('keeps a final failure until its recipe changes, also when a manifest is saved', async () => {
  const faults = [{ kind: 'status', code: 1026, match: 'ghost' }] as const
  const { project, pipeline, background, said, published, key } = await working({
    emulator: { faults },
  })
  background.consider(await pipeline.survey())
  await expect.poll(published).toBe(1)
  const failed = await key()
  expect(background.failureOf(failed)?.isRetryable).toBe(false)
  expect(said.filter(([level]) => level === 'error')).toHaveLength(1)
  background.forgive()
  expect(background.failureOf(failed)).toBeDefined()

  project.edit(FILE, 'a ghost', 'a fisherman')
  background.consider(await pipeline.survey())
  await expect.poll(published).toBe(2)
  expect((await pipeline.survey()).plan.jobs).toEqual([])
})

it('forgives a failure of the account once a manifest is saved', async () => {
  const faults = [{ kind: 'status', code: 1008, match: 'ghost' }] as const
  const { pipeline, background, published, key } = await working({ emulator: { faults } })
  background.consider(await pipeline.survey())
  await expect.poll(published).toBe(1)
  const failed = await key()
  expect(background.failureOf(failed)?.stopsRun).toBe(true)
  background.forgive()
  expect(background.failureOf(failed)).toBeUndefined()
})

it('says once why it requests nothing when the budget is too small', async () => {
  const { project, pipeline, background, said } = await working({}, { budget: { images: 0 } })
  const warnings = (): readonly string[] =>
    said.filter(([level]) => level === 'warn').map(([, message]) => message)
  background.consider(await pipeline.survey())
  await expect.poll(warnings).toHaveLength(1)
  expect(warnings()[0]).toContain('budget')
  expect(project.emulator.stats().requests).toBe(0)
})

it.each([
  ['being made', {}, 'being-made'],
  ['over budget', { budget: { images: 0 } }, 'over-budget'],
  ['not asked for', { dev: { generate: 'off' } }, 'not-asked'],
])(
  'beside a session that generates, says the same of images that are %s, and requests nothing',
  async (_, options, awaiting) => {
    const alone = await working({}, options)
    const beside = await working({}, options, { outlook: () => undefined })
    // The other one first: whatever it requested would have been requested by then.
    for (const { background, pipeline } of [beside, alone])
      background.consider(await pipeline.survey())
    expect(beside.background.awaitingOf(await beside.key())).toBe(awaiting)
    expect(alone.background.awaitingOf(await alone.key())).toBe(awaiting)
    if (awaiting === 'being-made') {
      await expect.poll(() => alone.project.emulator.stats().requests).toBe(1)
    }
    expect(beside.project.emulator.stats().requests).toBe(0)
  },
)

it('beside a session that generates, knows what failed there and what its budget does not hold', async () => {
  const faults = [{ kind: 'status', code: 1026, match: 'ghost' }] as const
  const alone = await working({ emulator: { faults } })
  const beside = await working({}, {}, { outlook: () => alone.background })
  const key = await alone.key()
  alone.background.consider(await alone.pipeline.survey())
  await expect.poll(alone.published).toBe(1)
  expect(beside.background.failureOf(key)).toBe(alone.background.failureOf(key))
  expect(beside.background.failureOf(key)?.code).toBe('1026')
  expect(beside.background.failureOf('another')).toBeUndefined()

  const spent = await working({}, { budget: { images: 0 } })
  const other = await working({}, {}, { outlook: () => spent.background })
  for (const one of [spent, other]) one.background.consider(await one.pipeline.survey())
  expect(other.background.awaitingOf(await other.key())).toBe('over-budget')
})
