import { statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createLocalFiles, type LocalFiles } from '../manifest/resolve/local-files.ts'
import { rememberManifests } from '../manifest/read/parsed-cache.ts'
import {
  createManifestReader,
  type ManifestsRead,
  type ReadProgress,
} from '../manifest/read/reader.ts'
import { createResolver } from '../manifest/resolve/resolve.ts'
import type { ImageSettings } from '../manifest/schema/schema.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { ResolvedOptions } from '../options.ts'
import { createPlanner } from '../plan/plan.ts'
import { release } from '../shared/release.ts'
import type { StoreSnapshot } from '../store/read/snapshot.ts'
import type { Store } from '../store/store.ts'
import { withoutUnwritable } from './unwritable-formats.ts'
import { seen, surveyOf, wantedKeys, type Reading, type Seen, type Survey } from './survey.ts'

/** Surveys a project repeatedly, and reuses earlier results whose inputs have not changed. */
export interface Surveyor {
  /** Reads all manifests, the files that they name, and the store. */
  survey(): Promise<Survey>
  /** How far reading all manifests is, while that is under way. */
  progress(): ReadProgress | undefined
  /**
   * Surveys after edits. The result equals a full survey if no other files have changed.
   *
   * @param files absolute paths of the edited files.
   * @returns undefined if a full survey is needed, for a new or deleted manifest or an unknown file.
   */
  surveyAgain(files: readonly string[]): Promise<Survey | undefined>
  /**
   * The survey as it would be with other texts of some manifests. Nothing is read again but what these need.
   *
   * @param changed the manifests of the survey that are replaced.
   * @param snapshot the store as it will be; left out: as it is.
   */
  suppose(
    survey: Survey,
    changed: ReadonlyMap<Manifest, Manifest>,
    snapshot?: StoreSnapshot,
  ): Promise<Survey>
}

export function createSurveyor(
  options: ResolvedOptions,
  defaults: ImageSettings,
  store: Pick<Store, 'read' | 'recover'>,
): Surveyor {
  const memory = rememberManifests(options.cacheDir, release())
  const reader = createManifestReader(options, memory)
  const resolver = createResolver({ ...options, defaults })
  const planner = createPlanner(options.models)
  // Its own: the planner's memory is of the manifests as they are.
  const supposing = createPlanner(options.models)
  let files: LocalFiles = createLocalFiles(options.allow)
  let last: Seen | undefined
  let surveys = 0

  const resolve = async (read: ManifestsRead): Promise<Reading> => {
    const resolution = resolver.resolve(read.manifests, new Set(read.broken.keys()), files)
    return { ...read, resolution: await withoutUnwritable(resolution) }
  }
  const views = new WeakMap<StoreSnapshot, Seen>()
  const viewOf = (snapshot: StoreSnapshot): Seen => {
    const isPartial = options.remote !== undefined && options.mode === 'placeholder'
    const view = views.get(snapshot) ?? seen(snapshot, isPartial)
    views.set(snapshot, view)
    return view
  }
  const readStore = async (reading: Reading): Promise<Seen> =>
    viewOf(await store.read(wantedKeys(reading, options, planner)))

  return {
    progress: () => reader.progress(),
    async survey() {
      const turn = ++surveys
      last = undefined
      files = createLocalFiles(options.allow)
      const reading = await resolve(await reader.readAll())
      await reader.remember()
      await store.recover()
      const now = await readStore(reading)
      // A survey that started later is newer, even if it finished earlier.
      if (turn === surveys) last = now
      return surveyOf(reading, planner, now)
    },
    async surveyAgain(changed) {
      if (changed.some(isEmpty)) await whileEmpty(changed)
      // Do both for every file: a manifest may also be a file that another manifest names.
      const isKnown = changed.map((file) => [reader.readAgain(file), files.forget(file)])
      const known = last
      if (known === undefined || !isKnown.every((found) => found.includes(true))) return undefined
      const reading = await resolve(reader.current())
      // A remote is asked for receipts by key, and the edit may have changed keys.
      const now = options.remote === undefined ? known : await readStore(reading)
      return surveyOf(reading, planner, now)
    },
    async suppose(survey, changed, snapshot) {
      const manifests = survey.manifests.map((manifest) => changed.get(manifest) ?? manifest)
      // A file may have come under a name that another one had.
      for (const manifest of changed.values()) {
        for (const file of sourcesOf(manifest)) files.forget(file)
      }
      const broken = new Map([...survey.problems].filter(([path]) => !survey.manifestAt(path)))
      const { styles, awaited } = survey
      const reading = await resolve({ manifests, styles, broken, awaited })
      // A remote is asked for the new keys, too: what it has is not paid for again.
      const view =
        options.remote === undefined || snapshot !== undefined
          ? viewOf(snapshot ?? survey.snapshot)
          : await readStore(reading)
      return surveyOf(reading, supposing, view)
    },
  }
}

/**
 * Editors empty a file before they write it, and watchers hear of both. Waits for what is written, up to 100 ms: as long as
 * Vite's dev server waits for a module.
 */
async function whileEmpty(files: readonly string[]): Promise<void> {
  for (let looks = 0; looks < 10 && files.some(isEmpty); looks++) await pause(10)
}

function isEmpty(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.size === 0
}

/** The files that a manifest's images use instead of generating, absolute. */
function sourcesOf({ file, content }: Manifest): string[] {
  return content.images
    .flatMap(({ settings }) => [settings, ...(settings.overrides ?? [])])
    .flatMap(({ source }) =>
      source === undefined ? [] : [path.resolve(path.dirname(file), source)],
    )
}
