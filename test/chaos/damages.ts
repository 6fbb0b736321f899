import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import type { Random } from '../../src/emulator/drawing/random.ts'

/** One original of a store, by its files. */
export interface Bundle {
  /** The base name that its files share. */
  readonly base: string
  readonly shortKey: string
  readonly original: string
  readonly receipt: string
}

/** Damage to files. It never removes every trace of a picture, because then the payment could not be known. */
export type Damage = (bundle: Bundle, random: Random, others: readonly Bundle[]) => void

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 210000\n`

/** Pictures that do not match their receipt. */
const ORIGINALS: Readonly<Record<string, Damage>> = {
  'a bit of the picture flipped': ({ original }, random) => flip(original, random),
  'the picture cut': ({ original }, random) =>
    truncateSync(original, random.integer(0, readFileSync(original).length - 1)),
  'the picture deleted': ({ original }) => rmSync(original),
  'bytes after the picture': ({ original }) => appendFileSync(original, 'more'),
  'a pointer of Git LFS': ({ original }) => writeFileSync(original, POINTER),
  "another one's picture": ({ original, base }, random, others) =>
    copyFileSync(otherThan(base, random, others).original, original),
  'a folder in the place of the picture': ({ original }) => {
    rmSync(original)
    mkdirSync(original)
  },
}

/** Receipts that are no longer valid. */
const RECEIPTS: Readonly<Record<string, Damage>> = {
  'the receipt deleted': ({ receipt }) => rmSync(receipt),
  'the receipt cut': ({ receipt }, random) =>
    truncateSync(receipt, random.integer(0, readFileSync(receipt).length - 3)),
  'a receipt of the future': ({ receipt }) => edit(receipt, { version: 3 }),
  'a receipt of another key': ({ receipt }) => edit(receipt, { key: 'f'.repeat(64) }),
  'a receipt of other bytes': ({ receipt }) => edit(receipt, { sha256: 'e'.repeat(64) }),
  "another one's receipt": ({ receipt, base }, random, others) =>
    copyFileSync(otherThan(base, random, others).receipt, receipt),
  'a receipt with a merge conflict': ({ receipt }) => {
    const text = readFileSync(receipt, 'utf8')
    writeFileSync(receipt, `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`)
  },
  'a receipt left to Git LFS': ({ receipt }) => writeFileSync(receipt, POINTER),
  'a receipt with another prompt': ({ receipt }) =>
    edit(receipt, { recipe: { prompt: 'another', provider: 'minimax', modelId: 'image-01' } }),
  'a receipt that names no picture': ({ receipt }) => edit(receipt, { mediaType: '../../x' }),
  'a receipt with a name for terminals': ({ receipt }) => edit(receipt, { name: '\u001b[2Jkira' }),
  'a receipt with impossible numbers': ({ receipt }) =>
    edit(receipt, { bytes: -1, width: 1e308, height: 0.5 }),
  'a receipt that reaches for prototypes': ({ receipt }) =>
    writeFileSync(receipt, '{"__proto__":{"version":1},"constructor":{"prototype":1}}'),
  'a receipt that is nested without end': ({ receipt }) =>
    writeFileSync(receipt, `{"version":1,"recipe":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
  'an endless receipt': ({ receipt }) => truncateSync(receipt, 50_000_000),
  'a receipt of noise': ({ receipt }, random) =>
    writeFileSync(receipt, Buffer.from(Array.from({ length: 900 }, () => random.integer(0, 255)))),
  'a renamed receipt': ({ receipt }) =>
    renameSync(receipt, path.join(path.dirname(receipt), 'renamed.json')),
}

/** The store's own folders. */
const FOLDERS: Readonly<Record<string, Damage>> = {
  'pictures that were pruned': ({ receipt, shortKey }) => {
    const folder = path.dirname(receipt)
    const trash = path.join(folder, 'trash')
    mkdirSync(trash, { recursive: true })
    // All pictures of the key: where one of several was pruned, a person chose among them.
    for (const name of readdirSync(folder)) {
      if (name.includes(shortKey)) renameSync(path.join(folder, name), path.join(trash, name))
    }
  },
  'a response that waits and is cut': ({ receipt, base, shortKey }) => {
    const pending = path.join(path.dirname(receipt), 'pending')
    mkdirSync(pending, { recursive: true })
    const name = `${base.split('.')[0]}.${shortKey}.0123456789abcdef.json`
    writeFileSync(path.join(pending, name), '{"version":1,"images":["/9j')
  },
}

/** By name of the damage. */
export const DAMAGES: Readonly<Record<string, Damage>> = { ...ORIGINALS, ...RECEIPTS, ...FOLDERS }

export function bundlesIn(storeDir: string): Bundle[] {
  return readdirSync(storeDir).flatMap((name) => {
    const [, base, shortKey] = /^(.+\.([0-9a-f]{16})\.[0-9a-f]{8})\.json$/.exec(name) ?? []
    if (base === undefined || shortKey === undefined) return []
    const at = (ending: string): string => path.join(storeDir, `${base}.${ending}`)
    return [{ base, shortKey, original: at('jpg'), receipt: at('json') }]
  })
}

/** One bit at a random place. */
export function flip(file: string, random: Random): void {
  const bytes = readFileSync(file)
  const at = random.integer(0, bytes.length - 1)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7))
  writeFileSync(file, bytes)
}

function otherThan(base: string, random: Random, bundles: readonly Bundle[]): Bundle {
  const [first, ...rest] = bundles.filter((bundle) => bundle.base !== base)
  if (first === undefined) throw new Error('There is only one original.')
  return random.pick([first, ...rest])
}

function edit(receipt: string, changes: Readonly<Record<string, unknown>>): void {
  const content = JSON.parse(readFileSync(receipt, 'utf8')) as Record<string, unknown>
  writeFileSync(receipt, JSON.stringify({ ...content, ...changes }))
}
