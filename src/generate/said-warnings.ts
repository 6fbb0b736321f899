import { placeOf } from '../manifest/manifest.ts'
import type { Job } from '../plan/plan.ts'

/** What models said of the images of a run, once for each model and setting. */
export interface SaidWarnings {
  add(job: Job, said: string): void
  /** `sketch: the model does not take \`seed\` and ignored it (a.image.yaml:3 boat, a.image.yaml:9 gull)`. */
  messages(): string[]
}

/** More images than these are not named. */
const SHOWN = 10

export function createSaidWarnings(): SaidWarnings {
  const groups = new Map<string, { name: string; said: string; jobs: Set<Job> }>()
  return {
    add(job, said) {
      const { name } = job.made.model
      const key = JSON.stringify([name, said])
      const group = groups.get(key) ?? { name, said, jobs: new Set() }
      group.jobs.add(job)
      groups.set(key, group)
    },
    messages: () =>
      [...groups.values()].map(({ name: model, said, jobs }) => {
        const places = [...jobs]
          .map(({ entry }) => ({ ...placeOf(entry.manifest, entry.path, 'key'), name: entry.name }))
          .toSorted((one, other) => one.file.localeCompare(other.file) || one.line - other.line)
        const lines = places
          .slice(0, SHOWN)
          .map(({ file, line, name }) => `${file}:${line} ${name}`)
        const rest = jobs.size > SHOWN ? [`and ${jobs.size - SHOWN} more`] : []
        return `${model}: ${said} (${[...lines, ...rest].join(', ')})`
      }),
  }
}
