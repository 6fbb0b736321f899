import { minimax } from '../../src/model/minimax/minimax.ts'
import { resolveModel, type ResolvedModel } from '../../src/model/resolved-model.ts'
import {
  createPlanner,
  type Inventory,
  type KeyInventory,
  type Plan,
  type PlannedImage,
  type StoredCandidate,
} from '../../src/plan/plan.ts'
import type { Recipe } from '../../src/plan/recipe.ts'
import type { FileTree } from '../temporary-project.ts'
import { readFiles, type ReadProject } from '../manifest/reading.ts'

export async function minimaxModels(): Promise<Map<string, ResolvedModel>> {
  const models = new Map<string, ResolvedModel>()
  for (const name of ['image-01', 'image-01-live']) {
    models.set(name, await resolveModel(name, minimax(name)))
  }
  return models
}

/** A handwritten inventory: what a store would find, by key. */
export function inventoryOf(
  keys: Readonly<Record<string, KeyInventory>> = {},
  earlier: Readonly<Record<string, readonly Recipe[]>> = {},
): Inventory {
  return {
    lookup: (key) => keys[key] ?? { candidates: [], problems: [] },
    earlierRecipes: (name) => earlier[name] ?? [],
  }
}

/** One paid original. */
export function candidate(
  sha256: string,
  settings: { inputs?: string[]; bytes?: StoredCandidate['bytes'] } = {},
): StoredCandidate {
  return {
    receipt: {
      sha256,
      inputs: (settings.inputs ?? []).map((input) => ({ sha256: input })),
      width: 1024,
      height: 1024,
    },
    bytes: settings.bytes ?? 'present',
  }
}

export interface Planned {
  readonly project: ReadProject
  readonly plan: Plan
  image: (name: string) => PlannedImage
  key: (name: string) => string
}

export async function planFiles(
  files: FileTree,
  inventory: Inventory | ((key: (name: string) => string) => Inventory) = inventoryOf(),
): Promise<Planned> {
  const project = await readFiles(files)
  const models = await minimaxModels()
  // Keys are known before anything is stored, so an inventory can be built from them.
  const first = planned(project, createPlanner(models).plan(project.entries, inventoryOf()))
  const stored = typeof inventory === 'function' ? inventory(first.key) : inventory
  return planned(project, createPlanner(models).plan(project.entries, stored))
}

function planned(project: ReadProject, plan: Plan): Planned {
  const image = (name: string): PlannedImage => {
    const found = plan.images.find(({ entry }) => entry.name === name)
    if (found === undefined) throw new Error(`no image ${name}`)
    return found
  }
  return { project, plan, image, key: (name) => image(name).made?.key ?? '' }
}
