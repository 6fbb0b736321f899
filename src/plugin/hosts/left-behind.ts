import type { EnvironmentModuleGraph, EnvironmentModuleNode } from 'vite'
import { parseModuleId } from '../module-id.ts'

type Graph = Pick<EnvironmentModuleGraph, 'invalidateModule'>
type Node = EnvironmentModuleNode

/**
 * Removes the plugin's modules from an update if code no longer imports them, because their images were renamed or
 * removed. They stay in Vite's graph as importers of their manifest and of the files that they watch, and an update that
 * reaches a module without importers reloads the page.
 *
 * @param modules where an update starts.
 * @returns those that code still imports, and all of other plugins.
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
        // Once code imports it again, Vite transforms it again and it becomes an importer again.
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

/** Whether code outside the plugin imports a module, directly or through the plugin's modules. */
function isImportedByCode(module: Node, visited: Set<Node> = new Set()): boolean {
  visited.add(module)
  return [...module.importers].some(
    (importer) =>
      !isOurs(importer) || (!visited.has(importer) && isImportedByCode(importer, visited)),
  )
}
