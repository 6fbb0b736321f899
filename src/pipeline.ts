import { holdAgainst } from './generate/agreement.ts'
import { createBudget, type Budget } from './generate/budget.ts'
import type { GenerateOptions } from './generate/generate.ts'
import type { GenerateReport } from './generate/in-order.ts'
import { parseDefaults } from './manifest/read/validate.ts'
import type { ResolvedOptions } from './options.ts'
import {
  followDeclarations,
  writeDeclarations,
  type DeclarationReport,
} from './pipeline/declarations.ts'
import { warnOfManifests } from './pipeline/manifest-warnings.ts'
import { checkFingerprint, leaveFingerprint } from './pipeline/last-build.ts'
import type { WorkHow } from './pipeline/here-or-there.ts'
import { fulfil } from './pipeline/fulfil.ts'
import { pictureJob, placeholderJob } from './pipeline/render-jobs.ts'
import type { Rewritten } from './pipeline/rewrite.ts'
import { remoteOf, sharedRenditions } from './pipeline/remote.ts'
import type { Survey } from './pipeline/survey.ts'
import { createSurveyor } from './pipeline/surveyor.ts'
import { createReceiptCheck } from './plan/expected-picture.ts'
import type { Job, PlannedImage } from './plan/plan.ts'
import { selectPlan, type Renewal, type Selection } from './plan/select.ts'
import { shardSelection, type Shard } from './plan/shard.ts'
import type { WorkEnding } from './queue/worker/worker.ts'
import { createRenderer, type RenderedImage } from './render/render.ts'
import { planLines, waitLines } from './pipeline/reasons.ts'
import { debug } from './shared/debug.ts'
import type { Logger } from './shared/logger.ts'
import { openStore, type Store, type StorePurpose } from './store/store.ts'

/*
 * *.image.yaml ─discover, read─▶ Manifest ─resolve─▶ ImageEntry[] ─plan─▶ Plan ─generate─▶ Original (in the Store)
 *                                                                                               │
 *                      importable module ◀─emit─ Asset ◀──────────── Rendition[] ◀─render───────┘
 */

export type { Survey } from './pipeline/survey.ts'

/**
 * The journey from manifests to renditions. Only here stages are composed. What only some journeys take (asking a provider,
 * a queue, editing manifests) is loaded on the way: a warm build starts without it.
 */
export interface Pipeline {
  readonly options: ResolvedOptions
  readonly store: Store
  readonly budget: Budget
  /**
   * Reads all manifests and holds them against the store. What is wrong with them is in the survey. With the option
   * `types`, the exact types follow.
   *
   * @param edited files, absolute: nothing else has changed since the last survey. Left out: anything may have.
   */
  survey(edited?: readonly string[]): Promise<Survey>
  /** Brings the exact types up to date, whatever the option `types` says. */
  writeTypes(survey: Survey): Promise<DeclarationReport>
  /**
   * What a build does first: survey, hold the plan against mode and budget, make what is missing.
   *
   * @returns the survey after that.
   * @throws ImagegenError for everything that a build must not go on with.
   */
  fulfil(signal: AbortSignal): Promise<Survey>
  /**
   * Holds jobs against keys and budget, before anything is asked for.
   *
   * @throws ImagegenError with code `credentials` or `budget`.
   */
  hold(jobs: readonly Job[]): void
  /** The part of a plan that ids, names or globs mean, or a shard of it; see `selectPlan`. */
  select(survey: Survey, patterns: readonly string[], how?: SelectHow): Selection
  /**
   * Holds the options against those of the last build.
   *
   * @throws ImagegenError with code `config` where they would make other images.
   */
  checkFingerprint(): void
  /** Makes the pictures of some jobs. */
  generate(survey: Survey, jobs: readonly Job[], how: GenerateHow): Promise<GenerateReport>
  /**
   * Makes what others have put into the queue, until it is told to stop.
   *
   * @throws ImagegenError with code `config`, `credentials` or `unavailable`.
   */
  work(how: WorkHow): Promise<WorkEnding>
  /** @throws ImagegenError where the original cannot be had. */
  render(image: PlannedImage, survey: Survey, signal: AbortSignal): Promise<RenderedImage>
  /**
   * Has another picture of an image's recipe asked for from now on: writes a new `revision` into its manifest.
   *
   * @throws ImagegenError with code `usage` or `manifest`: then nothing was written.
   */
  reroll(image: PlannedImage, survey: Survey): Promise<Rewritten>
  /**
   * Uses a file in the place of generating: copies it beside the manifest and writes `source` there.
   *
   * @throws ImagegenError with code `usage` or `manifest`: then nothing was written.
   */
  adopt(image: PlannedImage, file: string, survey: Survey): Promise<Rewritten>
  /** A stand-in of the final size. Its bytes, and so its URL, are never the picture's. */
  renderPlaceholder(image: PlannedImage, signal: AbortSignal): Promise<RenderedImage>
  /** Ends the connections of a remote store. What needs one after that opens it anew. */
  close(): Promise<void>
}

/** What is made of what is selected. */
export interface SelectHow extends Renewal {
  /** Only this part, of several that are made elsewhere at the same time. */
  readonly shard?: Shard | undefined
}

/** What the one who generates decides. */
export type GenerateHow = Omit<GenerateOptions, 'store' | 'entries' | 'budget' | 'bringHere'>

/**
 * @param budget where something was spent before: a dev server's life is longer than its options'.
 * @param purpose `look`: what is in the store stays where it is. Default: by the mode.
 */
export function createPipeline(
  options: ResolvedOptions,
  logger: Logger,
  budget: Budget = createBudget(options.budget),
  purpose: StorePurpose = options.mode === 'generate' ? 'make' : 'look',
): Pipeline {
  for (const warning of options.warnings) logger.warn(warning)
  const store = openStore({
    dir: options.storeDir,
    within: options.root,
    outside: options.storeIsOutside,
    purpose,
    logger,
    checkReceipt: createReceiptCheck(options.models.values()),
    remote: remoteOf(options),
  })
  const shared = sharedRenditions(options, store)
  const renderer = createRenderer({ cacheDir: options.cacheDir, shared })
  const defaults = parseDefaults(options.defaults)
  const surveyor = createSurveyor(options, defaults, store)
  const followTypes = followDeclarations(options, logger)
  const warnOnce = warnOfManifests(logger)

  const pipeline: Pipeline = {
    options,
    store,
    budget,
    async survey(edited) {
      const again = edited === undefined ? undefined : await surveyor.surveyAgain(edited)
      const survey = again ?? (await surveyor.survey())
      warnOnce(survey.manifests)
      debug('plan', () => planLines(survey, edited, again !== undefined))
      if (options.types) await followTypes(survey)
      return survey
    },
    writeTypes: (survey) => writeDeclarations(survey, options),
    async fulfil(signal) {
      await leaveFingerprint(options)
      return fulfil(pipeline, logger, signal)
    },
    select({ plan }, patterns, { shard, ...renewal } = {}) {
      const selection = selectPlan(plan, patterns, renewal)
      return shard === undefined ? selection : shardSelection(selection, plan.images, shard)
    },
    checkFingerprint: () => checkFingerprint(options),
    hold: (jobs) =>
      holdAgainst(jobs, budget, options.queue === undefined ? 'this-process' : 'workers'),
    async generate(survey, jobs, how) {
      if (jobs.length > 0) await store.prepare()
      const onEvent: GenerateHow['onEvent'] = (event) => {
        debug('wait', () => waitLines(event))
        how.onEvent(event)
      }
      const run = { ...how, onEvent, store, budget, entries: survey.entries }
      const { generateHereOrThere } = await import('./pipeline/here-or-there.ts')
      return generateHereOrThere(jobs, run, options, logger)
    },
    async work(how) {
      const { workForOthers } = await import('./pipeline/here-or-there.ts')
      return workForOthers(how, store, options, logger)
    },
    render: async (image, survey, signal) =>
      renderer.render(pictureJob(image, survey, store, options), signal),
    async reroll(image, survey) {
      const { nextRevision } = await import('./pipeline/reroll.ts')
      const { rewrite } = await import('./pipeline/rewrite.ts')
      const value = nextRevision(image, survey)
      return rewrite(image, { field: 'revision', value }, survey, options, defaults)
    },
    async adopt(image, file, survey) {
      const { copyBeside } = await import('./pipeline/adopt.ts')
      const { rewrite } = await import('./pipeline/rewrite.ts')
      const { source, undo } = copyBeside(file, image.entry.manifest.file)
      const edit = { field: 'source', value: source, retired: 'prompt' } as const
      return rewrite(image, edit, survey, options, defaults).catch((error: unknown) => {
        undo()
        throw error
      })
    },
    renderPlaceholder: async (image, signal) =>
      renderer.render(await placeholderJob(image), signal),
    close: () => store.close(),
  }
  return pipeline
}
