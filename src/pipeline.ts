import { holdAgainst } from './generate/agreement.ts'
import { continueBudget, type Budget } from './generate/budget.ts'
import type { GenerateOptions } from './generate/generate.ts'
import type { GenerateReport } from './generate/in-order.ts'
import type { CandidatePick } from './manifest/entry.ts'
import type { ReadProgress } from './manifest/read/reader.ts'
import { parseDefaults } from './manifest/read/validate.ts'
import type { ResolvedOptions } from './options.ts'
import {
  followDeclarations,
  writeDeclarations,
  type DeclarationReport,
} from './pipeline/declarations.ts'
import { warnOfManifests } from './pipeline/manifest-warnings.ts'
import { warnOfProviderNames } from './pipeline/option-warnings.ts'
import { checkFingerprint, leaveFingerprint } from './pipeline/last-build.ts'
import type { WorkHow } from './pipeline/here-or-there.ts'
import { fulfil } from './pipeline/fulfil.ts'
import { pictureJob, placeholderJob, previousJob } from './pipeline/render-jobs.ts'
import type { AdoptHow, Adoption } from './pipeline/adopt/adoption.ts'
import type { Pairing } from './pipeline/adopt/adopt-folder.ts'
import type { ImportHow, Imported } from './pipeline/adopt/import-folder.ts'
import type { GivenPicture } from './pipeline/adopt/given-picture.ts'
import type { EditBasis, EditedFields } from './pipeline/edit/edit-fields.ts'
import type { PastPicture } from './pipeline/edit/go-back.ts'
import type { ManifestEdit } from './pipeline/edit/manifest-edit.ts'
import { editTarget, type EditTarget } from './pipeline/edit/edit-target.ts'
import type { ProposeAround } from './pipeline/edit/propose.ts'
import { remoteOf, sharedRenditions } from './pipeline/remote.ts'
import type { Survey } from './pipeline/survey.ts'
import { createSurveyor } from './pipeline/surveyor.ts'
import { createReceiptCheck } from './plan/expected-picture.ts'
import type { Job, PlannedImage } from './plan/plan.ts'
import { priceOfOne } from './plan/price.ts'
import {
  selectImages,
  selectPlan,
  type Renewal,
  type RenewedImages,
  type Selection,
} from './plan/select.ts'
import { shardSelection, type Shard } from './plan/shard.ts'
import type { WorkEnding } from './queue/worker/worker.ts'
import { createRenderer, type PlaceholderLabel, type RenderedImage } from './render/render.ts'
import { planLines, waitLines } from './pipeline/reasons.ts'
import { debug } from './shared/debug.ts'
import { ImagegenError } from './shared/errors.ts'
import type { Logger } from './shared/logger.ts'
import type { Candidate } from './store/read/snapshot.ts'
import { openStore, type Store, type StorePurpose } from './store/store.ts'

/*
 * *.image.yaml ─discover, read─▶ Manifest ─resolve─▶ ImageEntry[] ─plan─▶ Plan ─generate─▶ Original (in the Store)
 *                                                                                               │
 *                      importable module ◀─emit─ Asset ◀──────────── Rendition[] ◀─render───────┘
 */

export type { CandidatePick, ImageEntry } from './manifest/entry.ts'
export type { Manifest } from './manifest/manifest.ts'
export type { GenerateEvent } from './generate/event.ts'
export type { GenerateReport } from './generate/in-order.ts'
export type { AdoptHow, Adoption } from './pipeline/adopt/adoption.ts'
export type { Pairing } from './pipeline/adopt/adopt-folder.ts'
export type { ImportHow, Imported } from './pipeline/adopt/import-folder.ts'
export type { GivenPicture } from './pipeline/adopt/given-picture.ts'
export { createRunProgress } from './generate/run-progress.ts'
export type { RunState } from './generate/run-progress.ts'
export { manifestDigest, type EditBasis, type EditedFields } from './pipeline/edit/edit-fields.ts'
export type { EditTarget } from './pipeline/edit/edit-target.ts'
export type { FileEdit, ManifestEdit, PriceDifference } from './pipeline/edit/manifest-edit.ts'
export { lacksMedia, mediaOf, withMedia } from './pipeline/media.ts'
export type { Survey } from './pipeline/survey.ts'
export { pickedOf } from './plan/picked.ts'
export type { Job, Plan, PlannedImage } from './plan/plan.ts'
export type { Selection } from './plan/select.ts'
export type { Shard } from './plan/shard.ts'
export type { ShownImage } from './emit/shown-image.ts'
export type { PlaceholderLabel, RenderedImage } from './render/render.ts'

/**
 * The pipeline from manifests to renditions, and the only place that composes the stages. Stages that a warm build does
 * not need (the providers, the queue, editing manifests) are loaded on demand.
 */
export interface Pipeline {
  readonly options: ResolvedOptions
  readonly store: Store
  readonly budget: Budget
  /**
   * Reads all manifests and compares them with the store. Their problems are in the survey. With the option `types`, the
   * exact types are updated as well.
   *
   * @param edited absolute paths of the only files that changed since the last survey. If omitted, everything is read.
   */
  survey(edited?: readonly string[]): Promise<Survey>
  /** How far a survey is in reading all manifests; `undefined` where none reads them now. */
  reading(): ReadProgress | undefined
  /** Updates the exact types, even with `types: false`. */
  writeTypes(survey: Survey): Promise<DeclarationReport>
  /**
   * The first step of a build: surveys, checks the plan against mode and budget, and generates missing images.
   *
   * @returns the survey afterwards.
   * @throws ImagegenError for every problem that must stop a build.
   */
  fulfil(signal: AbortSignal): Promise<Survey>
  /**
   * Checks API keys and budget for jobs, before any request.
   *
   * @throws ImagegenError with code `credentials` or `budget`.
   */
  hold(jobs: readonly Job[]): void
  /** Selects a part of the plan by ids, names or globs, or a shard of it; see `selectPlan`. */
  select(survey: Survey, patterns: readonly string[], how?: SelectHow): Selection
  /** As `select`, for images that are known already. */
  selectImages(survey: Survey, images: readonly PlannedImage[], how: RenewedImages): Selection
  /** The price of one more candidate, in USD; `null`: unknown, or there is nothing to generate. */
  priceOfOne(image: PlannedImage): number | null
  /**
   * Compares the options with those of the last build.
   *
   * @throws ImagegenError with code `config` if they would generate other images.
   */
  checkFingerprint(): void
  /** Generates the originals of jobs. */
  generate(survey: Survey, jobs: readonly Job[], how: GenerateHow): Promise<GenerateReport>
  /**
   * Runs a worker for the queue until it is stopped.
   *
   * @throws ImagegenError with code `config`, `credentials` or `unavailable`.
   */
  work(how: WorkHow): Promise<WorkEnding>
  /**
   * Renders an image without its media, or takes its renditions from the cache. `withMedia` does so for each of them.
   *
   * @param candidate default: the one in use.
   * @throws ImagegenError if the original is not available.
   */
  render(
    image: PlannedImage,
    survey: Survey,
    signal: AbortSignal,
    candidate?: Candidate,
  ): Promise<RenderedImage>
  /**
   * Finds what an id or a name means to an edit: an image, or the entry of a matrix by its name as written
   * (`tiles.image.yaml#tile-${season}`), which stands for all of its images.
   *
   * @throws ImagegenError with code `usage` if there is no such image, or several.
   */
  target(survey: Survey, id: string): EditTarget
  /**
   * Plans a new `revision` for an image, so that the next run generates another image. Like the other edits, it is
   * written by `write`.
   *
   * @param id see `target`.
   * @throws ImagegenError with code `usage` or `manifest`.
   */
  reroll(survey: Survey, id: string): Promise<ManifestEdit>
  /**
   * Plans the `pick` of a candidate, in the spelling that costs less. An edit without files means that it is in use
   * already.
   *
   * @param choice a number from 1, or at least 8 hex digits of the candidate's SHA-256.
   * @throws ImagegenError with code `usage` if no candidate, or several, fit; with code `manifest`.
   */
  pick(survey: Survey, id: string, choice: CandidatePick): Promise<ManifestEdit>
  /**
   * Plans new values for fields of an image; `null` removes one.
   *
   * @throws ImagegenError with code `conflict` if the manifest is not as it was seen; with code `usage` or `manifest`.
   */
  editFields(
    survey: Survey,
    id: string,
    fields: EditedFields,
    basis?: EditBasis,
  ): Promise<ManifestEdit>
  /**
   * Plans to bring back what an image was: the words, seed, shape and revision of a receipt's recipe, and its picture. The
   * picture is back, and nothing is to pay for it, only if the image then has the receipt's key.
   *
   * @param past the receipt's key, and the SHA-256 of its picture.
   * @throws ImagegenError with code `usage` if the store has no such picture; with code `manifest`.
   */
  goBack(survey: Survey, id: string, past: PastPicture): Promise<ManifestEdit>
  /**
   * Writes an edit. If it changes several images (`ids`), ask before.
   *
   * @throws ImagegenError with code `conflict` if a file has changed since it was read; nothing is written then.
   */
  write(edit: ManifestEdit): Promise<void>
  /**
   * Makes an image use a picture that a person gives: in place of generating (a copy beside the manifest, and `source`),
   * or as one more candidate of its recipe, which is then picked. Nothing is paid.
   *
   * @throws ImagegenError with code `usage`, `manifest` or `unavailable`; nothing is written then.
   */
  adoptFile(
    image: PlannedImage,
    picture: GivenPicture,
    survey: Survey,
    how: AdoptHow,
  ): Promise<Adoption>
  /**
   * Finds out which pictures of a folder are named like an image. Changes nothing.
   *
   * @param folder absolute.
   * @throws ImagegenError with code `usage` for what is not a folder.
   */
  pairFolder(folder: string, survey: Survey): Promise<Pairing>
  /**
   * Writes a manifest of the pictures in a folder, with the prompts that came with them. Nothing is paid, and no manifest
   * is overwritten.
   *
   * @param folder absolute.
   * @throws ImagegenError with code `usage`, `manifest` or `unavailable`; no manifest is written then.
   */
  importFolder(folder: string, survey: Survey, how: ImportHow): Promise<Imported>
  /**
   * Renders a placeholder of the final size. Its bytes, and so its URL, differ from the real image's.
   *
   * @param label why there is a placeholder, drawn onto it.
   */
  renderPlaceholder(
    image: PlannedImage,
    signal: AbortSignal,
    label?: PlaceholderLabel,
  ): Promise<RenderedImage>
  /**
   * Renders the image's previous picture, dimmed, as its placeholder.
   *
   * @returns undefined if it does not exist or cannot be read.
   */
  renderPrevious(
    image: PlannedImage,
    survey: Survey,
    signal: AbortSignal,
    label: PlaceholderLabel,
  ): Promise<RenderedImage | undefined>
  /** Closes the connections of a remote store. The next access opens a new one. */
  close(): Promise<void>
}

/** How `select` narrows or extends a selection. */
export interface SelectHow extends Renewal {
  /** Only this part, if several machines generate in parallel. */
  readonly shard?: Shard | undefined
}

/** The caller's options for `generate`. */
export type GenerateHow = Omit<GenerateOptions, 'store' | 'entries' | 'budget' | 'bringHere'>

/**
 * Creates the pipeline of a project.
 *
 * @param earlier the pipeline of the same process before its options changed: the budget goes on.
 * @param purpose `look` and `untouched` never change the store. The default depends on the mode.
 */
export function createPipeline(
  options: ResolvedOptions,
  logger: Logger,
  earlier?: Pick<Pipeline, 'budget'>,
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
  const budget = continueBudget(options.budget, earlier?.budget)
  const shared = sharedRenditions(options, store)
  const renderer = createRenderer({ cacheDir: options.cacheDir, shared })
  const defaults = parseDefaults(options.defaults)
  const surveyor = createSurveyor(options, defaults, store)
  const suppose: ProposeAround['suppose'] = (...given) => surveyor.suppose(...given)
  const followTypes = followDeclarations(options, logger)
  const warnOnce = warnOfManifests(logger)
  const warnOfOptions = warnOfProviderNames(logger)

  const pipeline: Pipeline = {
    options,
    store,
    budget,
    async survey(edited) {
      const again = edited === undefined ? undefined : await surveyor.surveyAgain(edited)
      const survey = again ?? (await surveyor.survey())
      warnOnce([...survey.manifests, ...survey.styles])
      warnOfOptions(survey.plan.images)
      debug('plan', () => planLines(survey, edited, again !== undefined))
      if (options.types) await followTypes(survey)
      return survey
    },
    reading: () => surveyor.progress(),
    writeTypes: (survey) => writeDeclarations(survey, options),
    async fulfil(signal) {
      await leaveFingerprint(options)
      return fulfil(pipeline, logger, signal)
    },
    select({ plan }, patterns, { shard, ...renewal } = {}) {
      const selection = selectPlan(plan, patterns, renewal)
      return shard === undefined ? selection : shardSelection(selection, plan.images, shard)
    },
    selectImages: ({ plan }, images, how) => selectImages(plan, images, how),
    priceOfOne: ({ made }) => (made === undefined ? null : priceOfOne(made.recipe, made.model)),
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
    render: async (image, survey, signal, candidate) =>
      renderer.render(pictureJob(image, survey, store, options, candidate), signal),
    target: (survey, id) => editTarget(id, survey),
    async reroll(survey, id) {
      const { proposeReroll } = await import('./pipeline/edit/reroll.ts')
      return proposeReroll(editTarget(id, survey), survey, store, { suppose })
    },
    async pick(survey, id, choice) {
      const { proposePick } = await import('./pipeline/edit/pick.ts')
      return proposePick(editTarget(id, survey), choice, survey, store, { suppose })
    },
    async editFields(survey, id, fields, basis = {}) {
      const { proposeFields } = await import('./pipeline/edit/edit-fields.ts')
      return proposeFields(editTarget(id, survey), fields, basis, survey, { suppose })
    },
    async goBack(survey, id, past) {
      const { proposeReturn } = await import('./pipeline/edit/go-back.ts')
      return proposeReturn(editTarget(id, survey), past, survey, store, { suppose })
    },
    write: async ({ files }) => {
      const { writeFiles } = await import('./pipeline/edit/write-edit.ts')
      return writeFiles(files)
    },
    async adoptFile(image, picture, survey, how) {
      const { adoptPicture } = await import('./pipeline/adopt/adopt.ts')
      return adoptPicture(image, picture, survey, how, { options, defaults, store, suppose })
    },
    async pairFolder(folder, survey) {
      const { pairFolder } = await import('./pipeline/adopt/adopt-folder.ts')
      return pairFolder(folder, survey)
    },
    async importFolder(folder, survey, how) {
      const { importFolder } = await import('./pipeline/adopt/import-folder.ts')
      return importFolder(folder, survey, how, { options, defaults, store, suppose })
    },
    renderPlaceholder: async (image, signal, label) =>
      renderer.render(await placeholderJob(image, label), signal),
    async renderPrevious(image, survey, signal, label) {
      const job = previousJob(image, label, survey, store)
      return job && renderer.render(job, signal).catch(undefinedUnlessAborted)
    },
    close: () => store.close(),
  }
  return pipeline
}

function undefinedUnlessAborted(error: unknown): undefined {
  if (!(error instanceof ImagegenError) || error.code === 'aborted') throw error
}
