import type { EnvironmentModuleGraph, EnvironmentModuleNode } from 'vite'
import { parseModuleId } from '../module-id.ts'

type Graph = Pick<EnvironmentModuleGraph, 'invalidateModule'>
type Node = EnvironmentModuleNode

/**
 * Takes modules of ours out of the way of an update where code does not import them any more: those of images that were
 * renamed or removed. They stay in Vite's graph, as importers of their manifest and of the pictures that they watch, and
 * an update that ends at a module without importers loads the page again.
 *
 * @param modules those that an update begins at.
 * @returns those that code still imports, and all that are not ours.
 */
export function withoutLeftBehind(modules: readonly Node[], graph: Graph): Node[] {
  const visited = new Set<Node>()
  const detach = (module: Node): void => {
    if (visited.has(module)) return
    visited.add(module)
    for (const importer of module.importers) {
      if (!isOurs(importer)) continue
      if (isImportedByCode(importer)) {
        detach(importer)
      } else {
        module.importers.delete(importer)
        // Imported again, it is transformed again, and becomes an importer again.
        graph.invalidateModule(importer)
      }
    }
  }
  const kept = modules.filter((module) => !isOurs(module) || isImportedByCode(module))
  for (const module of kept) detach(module)
  return kept
}

function isOurs({ id }: Node): boolean {
  return id !== null && parseModuleId(id) !== undefined
}

/** Whether there is code of somebody else's behind the modules of ours that import a module. */
function isImportedByCode(module: Node, visited: Set<Node> = new Set()): boolean {
  visited.add(module)
  return [...module.importers].some(
    (importer) =>
      !isOurs(importer) || (!visited.has(importer) && isImportedByCode(importer, visited)),
  )
}
