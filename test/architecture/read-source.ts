import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'vite'

/** What a source file asks of others. */
export interface SourceFile {
  /** From `src`, with `/`: `shared/hash.ts`. */
  readonly file: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Effects that have one door each: `console`, `fetch`, `process.exit`. */
  readonly effects: readonly string[]
}

export interface Import {
  /** A file from `src` where the specifier is relative, else the specifier as written. */
  readonly target: string
  readonly kind: 'value' | 'type'
}

/** File names from `src` → their text. */
export type Sources = Readonly<Record<string, string>>

/** All TypeScript files below a folder, with those of the studio's page and without declaration files. */
export function sourcesIn(folder: string): Sources {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
    .toSorted()
  return Object.fromEntries(
    files.map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]),
  )
}

export function readSource(file: string, text: string): SourceFile {
  const { program, errors } = parseSync(file, text, {
    lang: file.endsWith('.tsx') ? 'tsx' : 'ts',
    sourceType: 'module',
  })
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const imports: Import[] = []
  const effects = new Set<string>()
  visit(program, undefined, (node, parent) => {
    const found = importOf(node)
    if (found !== undefined) imports.push({ ...found, target: resolve(file, found.target) })
    const effect = effectOf(node, parent)
    if (effect !== undefined) effects.add(effect)
  })
  return { file, lines: text.trimEnd().split('\n').length, imports, effects: [...effects] }
}

interface Node {
  readonly type: string
  readonly [field: string]: unknown
}

function visit(
  value: unknown,
  parent: Node | undefined,
  see: (node: Node, parent: Node | undefined) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, parent, see)
  } else if (isNode(value)) {
    see(value, parent)
    for (const child of Object.values(value)) visit(child, value, see)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

function importOf(node: Node): Import | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      const target = textOf(node.source)
      return target === undefined
        ? undefined
        : { target, kind: isTypeOnly(node) ? 'type' : 'value' }
    }
    case 'TSImportType':
      return { target: textOf(node.source) ?? '(computed)', kind: 'type' }
    case 'ImportExpression':
      return { target: textOf(node.source) ?? '(computed)', kind: 'value' }
    default:
      return undefined
  }
}

/** `import type …`, and `import { type A, type B } …`, which brings nothing else in. */
function isTypeOnly(node: Node): boolean {
  if (node.importKind === 'type' || node.exportKind === 'type') return true
  const specifiers = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : []
  return (
    specifiers.length > 0 &&
    specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type')
  )
}

function textOf(node: unknown): string | undefined {
  return isNode(node) && typeof node.value === 'string' ? node.value : undefined
}

function resolve(from: string, specifier: string): string {
  return specifier.startsWith('.')
    ? path.posix.join(path.posix.dirname(from), specifier)
    : specifier
}

function effectOf(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === 'MemberExpression') {
    const [object, property] = [nameOf(node.object), nameOf(node.property)]
    if (object === 'process' && property === 'exit') return 'process.exit'
    if (object === 'globalThis' && (property === 'fetch' || property === 'console')) return property
  }
  const name = nameOf(node)
  return (name === 'fetch' || name === 'console') && !isMemberName(node, parent) ? name : undefined
}

function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' && typeof node.name === 'string'
    ? node.name
    : undefined
}

/** `x.fetch`, `{ fetch: … }`, `interface { fetch(): … }`: the name of a member, not the global. */
function isMemberName(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined || parent.computed === true || parent.shorthand === true) return false
  return parent.property === node || parent.key === node
}
