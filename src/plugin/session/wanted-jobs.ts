import type { Job, Manifest, Survey } from '../../pipeline.ts'
import { readFileIfThere } from '../../shared/files.ts'
import { filesOfImage } from './watched-files.ts'

/** Tracks which jobs of a run are still wanted while manifests are edited. */
export interface WantedJobs {
  /**
   * Aborts once an edit has replaced the job. Also reads the manifests on disk: a watcher may not have reported an edit
   * yet, and some hosts watch only the manifests that a page shows.
   */
  signalOf(this: void, job: Job): AbortSignal
  /** Ends every job whose key a newer survey does not plan. */
  follow(newer: Survey): void
}

/** @param started the survey whose jobs run. */
export function createWantedJobs(started: Survey): WantedJobs {
  const controllers = new Map<string, AbortController>()
  let known = knownFrom(started)

  const isWanted = (key: string): boolean => {
    const job = known.jobs.get(key)
    return job !== undefined && !manifestsOf(job, known).some(isEdited)
  }

  return {
    signalOf({ made: { key } }) {
      const controller = controllers.get(key) ?? new AbortController()
      controllers.set(key, controller)
      if (!isWanted(key)) controller.abort()
      return controller.signal
    },

    follow(newer) {
      known = knownFrom(newer)
      for (const [key, controller] of controllers) if (!known.jobs.has(key)) controller.abort()
    },
  }
}

/** Whether a manifest on disk differs from the surveyed one. */
export function isEdited({ file, text }: Pick<Manifest, 'file' | 'text'>): boolean {
  const bytes = readFileIfThere(file)
  return bytes === undefined || new TextDecoder().decode(bytes) !== text
}

/** A survey, indexed for look-ups. */
interface Known {
  readonly survey: Survey
  readonly jobs: ReadonlyMap<string, Job>
  readonly manifests: ReadonlyMap<string, Manifest>
}

function knownFrom(survey: Survey): Known {
  return {
    survey,
    jobs: new Map(survey.plan.jobs.map((job) => [job.made.key, job])),
    manifests: new Map(
      [...survey.styles, ...survey.manifests].map((manifest) => [manifest.file, manifest]),
    ),
  }
}

/** The manifests that decide a job's recipe. */
function manifestsOf({ ids }: Job, { survey, manifests }: Known): readonly Manifest[] {
  const files = ids.flatMap((id) => {
    const image = survey.images.get(id)
    return image === undefined ? [] : filesOfImage(image, survey)
  })
  return [...new Set(files)].flatMap((file) => manifests.get(file) ?? [])
}
