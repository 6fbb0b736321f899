import { symlinkSync } from 'node:fs'
import path from 'node:path'
import type { Emulator } from '../../src/emulator/index.ts'
import { createProject, KEY, type Project } from '../cli/project.ts'

const modules = path.join(import.meta.dirname, '../../node_modules')

export interface QueueProjectOptions {
  /** Of the server that holds the queue. */
  readonly redis: string
  /** The folder that stands for the remote store. */
  readonly remote: string
  readonly emulator: Emulator
  /** Texts by path. */
  readonly files: Record<string, string>
  readonly rpm?: number
  /** What the name `image-01` stands for. Default: itself. */
  readonly model?: string
  /** Workers have a key, clients need none. */
  readonly hasKey?: boolean
  /** More of the option `queue`. */
  readonly queue?: object
  /** More options. */
  readonly options?: object
}

/** A project on a machine of its own: it shares a queue and a remote store with others, and no folder. */
export async function queueProject(settings: QueueProjectOptions): Promise<Project> {
  const { redis, remote, emulator, rpm = 60_000, hasKey = false, model = 'image-01' } = settings
  const queue = { connection: redis, stalledAfter: 5000, ...settings.queue }
  const project = await createProject({
    ...settings.files,
    'imagegen.config.mjs': `import { defineConfig, minimax } from 'unplugin-imagegen'
import fsDriver from 'unstorage/drivers/fs'
export default defineConfig({
  models: { 'image-01': minimax('${model}', { rpm: ${rpm} }) },
  budget: { images: 10000 },
  queue: ${JSON.stringify(queue)},
  store: { remote: fsDriver({ base: ${JSON.stringify(remote)} }) },
  ...${JSON.stringify(settings.options ?? {})},
})
`,
  })
  symlinkSync(path.join(modules, 'unstorage'), path.join(project.folder, 'node_modules/unstorage'))
  project.environment = {
    MINIMAX_API_HOST: emulator.url,
    ...(hasKey ? { MINIMAX_API_KEY: KEY } : {}),
  }
  return project
}

/** Everything in a project's store that is to be committed: originals and receipts, by their names. */
export function storeOf(project: Project): Record<string, string> {
  return Object.fromEntries(
    project
      .files()
      .filter((file) => /^\.imagegen\/[^/]+\.(?:json|jpg)$/.test(file))
      .map((file) => [file, project.bytes(file).toString('base64')]),
  )
}

/** Entries of which every tenth is one that the nine after it refer to. */
export function manyEntries(count: number): string {
  const entries = Array.from({ length: count }, (_, index) => {
    const needed = index % 10 === 0 ? '' : `, references: ["#e${index - (index % 10)}"]`
    return `  e${index}: { prompt: "picture number ${index}."${needed} }`
  })
  return `defaults: { alt: "", size: 512x512 }\nimages:\n${entries.join('\n')}\n`
}
