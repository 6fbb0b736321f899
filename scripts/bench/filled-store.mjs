import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Fills a project's store with an original for everything that its manifests ask for, as `imagegen generate` would,
 * without any request.
 *
 * @param {import('./workspace.mjs').Workspace} workspace
 * @param {import('./workspace.mjs').Project} project
 * @param {(index: number) => Buffer | Promise<Buffer>} pictureOf JPEG bytes, another picture for every number
 * @param {{ readonly width: number, readonly height: number }} size what the receipts say of them
 * @returns {Promise<number>} how many
 */
export async function fillStore(workspace, project, pictureOf, { width, height }) {
  const { resolveOptions } = await import(workspace.module('options.js'))
  const { createPipeline } = await import(workspace.module('pipeline.js'))
  const { formatReceipt } = await import(workspace.module('store/receipt.js'))
  const names = await import(workspace.module('store/file-name.js'))
  const options = await resolveOptions({
    start: project.folder,
    inline: { types: false },
    mode: 'production',
    isBuild: false,
    environment: {},
  })
  const survey = await createPipeline(options, console).survey()
  mkdirSync(options.storeDir, { recursive: true })
  for (const [index, { entry, made }] of survey.plan.jobs.entries()) {
    const bytes = await pictureOf(index)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const base = names.baseName(entry.name, made.key, sha256, 1)
    const receipt = {
      version: 2,
      key: made.key,
      recipe: made.recipe,
      name: entry.name,
      inputs: [],
      provider: made.recipe.provider,
      model: made.recipe.modelId,
      responseId: null,
      usd: 0,
      entry: entry.id,
      // Pictures of a provider would have to have the size that the recipe asks for.
      origin: 'elsewhere',
      time: new Date(Date.UTC(2026, 0, 1) + index).toISOString(),
      sha256,
      bytes: bytes.length,
      mediaType: 'image/jpeg',
      width,
      height,
      seed: null,
    }
    writeFileSync(path.join(options.storeDir, names.originalName(base, 'image/jpeg')), bytes)
    writeFileSync(path.join(options.storeDir, names.receiptName(base)), formatReceipt(receipt))
  }
  return survey.plan.jobs.length
}
