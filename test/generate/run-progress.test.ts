import { describe, expect, test } from 'vitest'
import { statusLine } from '../../src/cli/terminal/progress.ts'
import type { GenerateEvent } from '../../src/generate/event.ts'
import { createRunProgress, type RunProgress } from '../../src/generate/run-progress.ts'
import type { ImageModel } from '../../src/model/image-model.ts'
import { createWaits } from '../../src/pipeline/waits.ts'
import type { Job } from '../../src/pipeline.ts'
import { sendJson, serve } from '../model/loopback.ts'
import { serveOpenAiImages } from '../model/providers/openai-images.ts'
import { providerProject } from '../model/providers/provider-project.ts'
import { createOpenAI } from 'openai-v3'
import { imageModel } from '../../src/model/declare-facts.ts'
import { temporaryProject } from '../temporary-project.ts'
import { generateAll, openPipeline, testEmulator } from './running.ts'

function images(count: number): string {
  const lines = Array.from({ length: count }, (_, index) => `  i${index}: { prompt: "${index}" }`)
  return `defaults: { alt: "" }\nimages:\n${lines.join('\n')}\n`
}

function kindsOf(events: readonly GenerateEvent[], name: string): string[] {
  return events.flatMap((event) =>
    event.kind !== 'warning' && event.job.entry.name === name ? [event.kind] : [],
  )
}

/** The jobs of a plan, without asking anybody for anything. */
async function jobsOf(manifest: string): Promise<readonly Job[]> {
  const { root } = await temporaryProject({ 'a.image.yaml': manifest })
  const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
  return (await pipeline.survey()).plan.jobs
}

describe('a run', () => {
  test('says of every image when it was asked for, that it arrived, and that it is stored', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': images(2) })
    const before = Date.now()
    const { events, survey } = await generateAll(await openPipeline(root, emulator))
    expect(kindsOf(events, 'i0')).toEqual(['requested', 'arrived', 'finished'])
    const after = Date.now()
    for (const event of events) {
      if (event.kind === 'requested') expect(event.since).toBeGreaterThanOrEqual(before)
      if (event.kind === 'arrived') expect(event.time).toBeLessThanOrEqual(after)
    }
    const progress = createRunProgress(survey.plan.jobs)
    for (const event of events) progress.note(event)
    expect(survey.plan.jobs.map((job) => progress.phaseOf(job).kind)).toEqual(['stored', 'stored'])
    expect(progress.read()).toMatchObject({ jobs: 2, ended: 2, remaining: 0, rateLimit: null })
  })

  test('says until when an image waits for the rate limit', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({ 'a.image.yaml': images(12) })
    const stop = new AbortController()
    const limited: Array<Extract<GenerateEvent, { kind: 'rate-limited' }>> = []
    const started = Date.now()
    const { report, events } = await generateAll(await openPipeline(root, emulator), {
      signal: stop.signal,
      onEvent(event) {
        if (event.kind === 'rate-limited') limited.push(event)
        if (limited.length === 2) stop.abort()
      },
    })
    expect(report.generated).toHaveLength(10)
    expect(emulator.stats().requests).toBe(10)
    expect(new Set(limited.map(({ job }) => job.made.key)).size).toBe(2)
    for (const { until, requestsPerMinute } of limited) {
      expect(requestsPerMinute).toBe(10)
      expect(until).toBeGreaterThanOrEqual(started + 60_000)
    }
    const waiting = limited[0]?.job.entry.name ?? ''
    expect(kindsOf(events, waiting)).toEqual(['rate-limited'])
  })

  test("gives a failed image the provider's words and what to do now", async () => {
    const emulator = await testEmulator({ faults: [{ kind: 'status', code: 1026 }] })
    const { root } = await temporaryProject({ 'a.image.yaml': images(1) })
    const { events, survey } = await generateAll(await openPipeline(root, emulator))
    expect(kindsOf(events, 'i0')).toEqual(['requested', 'failed'])
    const progress = createRunProgress(survey.plan.jobs)
    for (const event of events) progress.note(event)
    const [job] = survey.plan.jobs
    expect(progress.phaseOf(job!)).toMatchObject({
      kind: 'failed',
      failure: {
        code: '1026',
        problem: { message: expect.stringContaining('sensitive') as string },
      },
    })
  })
})

describe('a model without a known rate', () => {
  const sketchAt = (baseURL: string): ImageModel =>
    imageModel(createOpenAI({ baseURL, apiKey: 'sk-test-0123' }).image('gpt-image-1'), {
      limits: { sizes: ['1024x1024'] },
    })

  test('is asked again only after the pause that it asked for', async () => {
    const answers = await serveOpenAiImages()
    let refused = 0
    const times: number[] = []
    const server = await serve(async (response, { body }) => {
      times.push(Date.now())
      if (refused++ === 0) {
        response.setHeader('retry-after', '0.4')
        return sendJson(response, { error: { message: 'Slow down.' } }, 429)
      }
      const answer = await fetch(`${answers.url}/images/generations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      return sendJson(response, await answer.json())
    })
    const project = await providerProject({
      'a.image.yaml': 'prompt: A\nalt: ""\nmodel: sketch\nsize: 1024x1024\n',
    })
    const { report, events } = await generateAll(
      await project.open({ sketch: sketchAt(server.url) }),
    )
    expect(report.failures).toEqual([])
    expect(events.map(({ kind }) => kind)).toEqual([
      'requested',
      'retried',
      'rate-limited',
      'requested',
      'arrived',
      'finished',
    ])
    const [, , limited] = events
    expect(limited).toMatchObject({ requestsPerMinute: null })
    expect(times[1]).toBeGreaterThanOrEqual(times[0]! + 390)
    expect(answers.drawn()).toBe(1)
  })
})

describe('how far a run is', () => {
  const START = 1_000_000
  const at = { now: START }
  const follow = (jobs: readonly Job[]): RunProgress => {
    at.now = START
    return createRunProgress(jobs, () => at.now)
  }
  const request = (progress: RunProgress, job: Job): void =>
    progress.note({ kind: 'requested', job, pictures: 1, since: at.now })
  const arrive = (progress: RunProgress, job: Job): void => {
    progress.note({ kind: 'arrived', job, pictures: 1, time: at.now })
    progress.note({ kind: 'finished', job, pictures: 1 })
  }

  test('is unknown until a request has been answered', async () => {
    const jobs = await jobsOf(images(2))
    const progress = follow(jobs)
    request(progress, jobs[0]!)
    expect(progress.read()).toMatchObject({ ended: 0, remaining: null, rateLimit: null })
    expect(statusLine(progress.read(), at.now)).toBe(`${'░'.repeat(24)} 0/2`)
  })

  test('follows from the rate limit, and how long answers take', async () => {
    const jobs = await jobsOf(images(25))
    const progress = follow(jobs)
    for (const job of jobs.slice(0, 10)) request(progress, job)
    at.now += 8000
    for (const job of jobs.slice(0, 10)) arrive(progress, job)
    // 10 a minute: ten more go after one minute, five after two. The last answer takes 8 s.
    expect(progress.read().remaining).toBe(120_000 - 8000 + 8000)
    progress.note({
      kind: 'rate-limited',
      job: jobs[10]!,
      until: START + 60_500,
      requestsPerMinute: 10,
    })
    expect(progress.read().rateLimit).toEqual({
      until: START + 60_500,
      requestsPerMinute: 10,
      waiting: 1,
    })
    expect(statusLine(progress.read(), at.now)).toBe(
      `${'█'.repeat(10)}${'░'.repeat(14)} 10/25 · about 2 min left · waiting for the rate limit (10 a minute), next request in 53 s`,
    )
  })

  test('follows from a chain of references, whose images are made one after another', async () => {
    const jobs = await jobsOf(`
defaults: { alt: "" }
images:
  a: { prompt: a }
  b: { prompt: b, references: ["#a"] }
  c: { prompt: c, references: ["#b"] }
`)
    const progress = follow(jobs)
    request(progress, jobs[0]!)
    at.now += 20_000
    arrive(progress, jobs[0]!)
    expect(progress.read().remaining).toBe(40_000)
    request(progress, jobs[1]!)
    at.now += 15_000
    expect(progress.read().remaining).toBe(25_000)
  })

  test('counts as many requests at once as there were', async () => {
    const jobs = await jobsOf(images(9))
    const progress = follow(jobs)
    for (const job of jobs.slice(0, 3)) request(progress, job)
    at.now += 10_000
    for (const job of jobs.slice(0, 3)) arrive(progress, job)
    expect(progress.read().remaining).toBe(20_000)
  })

  test('says for how long the slowest answer has been waited for', async () => {
    const jobs = await jobsOf(images(2))
    const progress = follow(jobs)
    request(progress, jobs[0]!)
    at.now += 10_000
    request(progress, jobs[1]!)
    at.now += 35_000
    expect(progress.read().slowest).toEqual({ job: jobs[0], since: START })
    expect(statusLine(progress.read(), at.now)).toContain(
      'waiting for an answer from minimax for 45 s (a.image.yaml#i0)',
    )
    arrive(progress, jobs[0]!)
    expect(progress.read().slowest).toEqual({ job: jobs[1], since: START + 10_000 })
  })

  test('a log has a line when waiting begins, then one a minute', async () => {
    const jobs = await jobsOf(images(3))
    const progress = follow(jobs)
    const lines: string[] = []
    const waits = createWaits(
      progress,
      (line) => lines.push(line),
      () => at.now,
    )
    request(progress, jobs[0]!)
    const limited = (until: number): void =>
      progress.note({ kind: 'rate-limited', job: jobs[1]!, until, requestsPerMinute: 1 })
    waits.look()
    limited(START + 60_500)
    for (let second = 0; second < 14; second++) {
      waits.look()
      at.now += 1000
    }
    expect(lines).toEqual([
      'waiting for the rate limit (1 a minute), next request in 61 s; 0 of 3 images done, about 61 s left',
    ])
    arrive(progress, jobs[0]!)
    at.now = START + 60_500
    request(progress, jobs[1]!)
    progress.note({
      kind: 'rate-limited',
      job: jobs[2]!,
      until: START + 121_000,
      requestsPerMinute: 1,
    })
    for (let second = 0; second < 10; second++) {
      waits.look()
      at.now += 1000
    }
    expect(lines.slice(1)).toEqual([
      'waiting for the rate limit (1 a minute), next request in 61 s; 1 of 3 images done, about 75 s left',
    ])
  })

  test('a log has a line for a slow answer, repeated after twice that time', async () => {
    const jobs = await jobsOf(images(1))
    const progress = follow(jobs)
    const lines: string[] = []
    const waits = createWaits(
      progress,
      (line) => lines.push(line),
      () => at.now,
    )
    request(progress, jobs[0]!)
    for (let second = 0; second < 70; second++) {
      waits.look()
      at.now += 1000
    }
    expect(lines).toEqual(
      [15, 30, 60].map(
        (seconds) => `waiting for an answer from minimax for ${seconds} s (a.image.yaml#i0)`,
      ),
    )
  })
})
