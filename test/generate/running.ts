import { onTestFinished } from 'vitest'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts'
import type { GenerateEvent } from '../../src/generate/event.ts'
import type { GenerateReport } from '../../src/generate/in-order.ts'
import { resolveOptions } from '../../src/options.ts'
import { createPipeline, type Pipeline, type Survey } from '../../src/pipeline.ts'
import type { Job } from '../../src/plan/plan.ts'
import { createConsoleLogger } from '../../src/shared/logger.ts'

/** An emulator without a rate limit, closed when the test is over. */
export async function testEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ rpm: 0, ...options })
  onTestFinished(() => emulator.close())
  return emulator
}

export interface OpenOptions {
  readonly url: string
  readonly inline?: Record<string, unknown>
  readonly apiKey?: string
}

/** A pipeline over a real folder that asks a real server. */
export async function openPipeline(
  root: string,
  { url, inline = {}, apiKey = 'test-api-key' }: OpenOptions,
): Promise<Pipeline> {
  const options = await resolveOptions({
    start: root,
    inline: { mode: 'generate', ...inline },
    mode: 'production',
    isBuild: true,
    environment: { MINIMAX_API_HOST: url, MINIMAX_API_KEY: apiKey },
  })
  return createPipeline(options, createConsoleLogger())
}

export interface Run {
  readonly survey: Survey
  readonly report: GenerateReport
  readonly events: readonly GenerateEvent[]
}

/** Surveys and makes what is missing, or the jobs that are chosen. */
export async function generateAll(
  pipeline: Pipeline,
  settings: {
    choose?: (survey: Survey) => readonly Job[]
    signal?: AbortSignal
    abandon?: AbortSignal
    onEvent?: (event: GenerateEvent) => void
  } = {},
): Promise<Run> {
  const survey = await pipeline.survey()
  const events: GenerateEvent[] = []
  const report = await pipeline.generate(survey, settings.choose?.(survey) ?? survey.plan.jobs, {
    signal: settings.signal ?? new AbortController().signal,
    abandon: settings.abandon ?? new AbortController().signal,
    retryPause: 20,
    onEvent(event) {
      events.push(event)
      settings.onEvent?.(event)
    },
  })
  return { survey, report, events }
}

/** What a user sees of how images stand. */
export async function statesOf(pipeline: Pipeline): Promise<Record<string, string>> {
  const { images } = await pipeline.survey()
  return Object.fromEntries([...images.values()].map(({ entry, state }) => [entry.name, state]))
}
