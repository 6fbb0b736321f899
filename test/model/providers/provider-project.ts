import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { ImageModel } from '../../../src/model/image-model.ts'
import type { Pipeline } from '../../../src/pipeline.ts'
import type { Receipt } from '../../../src/store/receipt.ts'
import { openPipeline } from '../../generate/running.ts'
import { temporaryProject, type FileTree } from '../../temporary-project.ts'

export interface ProviderProject {
  readonly root: string
  /** A pipeline over the folder as a new process would have it, with these models. */
  readonly open: (models: Record<string, ImageModel>, options?: object) => Promise<Pipeline>
  /** All receipts of the store, oldest first. */
  readonly receipts: () => Receipt[]
  /** Removes the bytes of all originals; their receipts stay. */
  readonly loseOriginals: () => void
}

/** A project whose models are other providers': MiniMax is never asked. */
export async function providerProject(files: FileTree): Promise<ProviderProject> {
  const { root, file } = await temporaryProject(files)
  return {
    root,
    open: async (models, options = {}) =>
      openPipeline(root, {
        url: 'http://127.0.0.1:9',
        inline: { defaults: { alt: '' }, models, ...options },
      }),
    loseOriginals() {
      for (const name of readdirSync(file('.imagegen'))) {
        if (/\.(png|jpg)$/.test(name)) rmSync(file(`.imagegen/${name}`))
      }
    },
    receipts: () =>
      readdirSync(file('.imagegen'))
        .filter((name) => name.endsWith('.json'))
        .map((name) => readFileSync(path.join(file('.imagegen'), name), 'utf8'))
        .map((text) => JSON.parse(text) as Receipt)
        .toSorted((left, right) => left.time.localeCompare(right.time)),
  }
}
