import type { Document } from 'yaml'
import type { Place, Problem } from '../shared/errors.ts'
import { MAX_PROBLEMS } from './manifest.ts'
import { loadYaml } from './yaml.ts'

/**
 * Keys that are written twice on one level, or are no plain text, or would reach an object's prototype further on.
 * An image may have the name `constructor`; nothing else needs such a name.
 */
export function keyProblems(
  document: Document.Parsed,
  placeAtOffset: (offset: number) => Place,
): Problem[] {
  const { isNode, isScalar, visit } = loadYaml()
  const problems: Problem[] = []
  visit(document, {
    Map(_, map, ancestors) {
      const seen = new Set<string>()
      const isImages = ancestors.length === 3 && isPairWithKey(ancestors[2], 'images')
      for (const { key } of map.items) {
        if (problems.length >= MAX_PROBLEMS) return visit.BREAK
        const place = (): Place => placeAtOffset(isNode(key) ? (key.range?.[0] ?? 0) : 0)
        if (!isScalar(key)) {
          problems.push({ message: 'A key must be plain text.', place: place() })
          continue
        }
        const name = String(key.value).normalize('NFC')
        if (seen.has(name)) {
          problems.push({
            message: `\`${name}\` is written twice on one level. Each name may stand once.`,
            place: place(),
          })
        } else if (UNSAFE_KEYS.has(name) && !isImages) {
          problems.push({ message: `\`${name}\` cannot be a name here.`, place: place() })
        }
        seen.add(name)
      }
      return undefined
    },
  })
  return problems
}

const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

function isPairWithKey(value: unknown, name: string): boolean {
  const { isPair, isScalar } = loadYaml()
  return isPair(value) && isScalar(value.key) && value.key.value === name
}
