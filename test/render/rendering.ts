import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach } from 'vitest'
import { resolveOutput, type OutputSettings } from '../../src/manifest/schema/output.ts'
import { normaliseProcess, type ProcessSettings } from '../../src/manifest/schema/process.ts'
import {
  createRenderer,
  type RenderedImage,
  type Renderer,
  type RenderJob,
} from '../../src/render/render.ts'
import { sha256 } from '../../src/shared/hash.ts'

const folders: string[] = []

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

/** A renderer with its own cache, which is removed after the test. */
export interface Bench {
  readonly cacheDir: string
  readonly renderer: Renderer
  /** How often an original has been read. */
  reads(): number
  job(original: Uint8Array, settings?: JobSettings): RenderJob
  render(original: Uint8Array, settings?: JobSettings): Promise<RenderedImage>
  /** The names of the rendered files. */
  files(): Promise<readonly string[]>
}

export interface JobSettings {
  readonly name?: string
  readonly process?: ProcessSettings
  readonly output?: OutputSettings
  readonly model?: string
}

export async function createBench(parallel = 2): Promise<Bench> {
  const cacheDir = await mkdtemp(path.join(tmpdir(), 'imagegen-render-'))
  folders.push(cacheDir)
  const renderer = createRenderer({ cacheDir, parallel })
  let reads = 0

  function job(
    original: Uint8Array,
    { name, process, output, model }: JobSettings = {},
  ): RenderJob {
    return {
      name: name ?? 'kira',
      original: {
        sha256: sha256(original),
        read: () => {
          reads++
          return Promise.resolve(original)
        },
      },
      operations: normaliseProcess(process),
      readComposite: (file) => Promise.reject(new Error(`there is no ${file}`)),
      output: resolveOutput([output]),
      provenance: model === undefined ? undefined : { model },
    }
  }

  return {
    cacheDir,
    renderer,
    reads: () => reads,
    job,
    render: (original, settings) =>
      renderer.render(job(original, settings), new AbortController().signal),
    files: async () => readdir(path.join(cacheDir, 'renditions')).catch(() => []),
  }
}
