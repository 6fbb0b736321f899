import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let cacheDir: string

beforeAll(() => {
  cacheDir = mkdtempSync(path.join(tmpdir(), 'imagegen-warm-'))
})

afterAll(() => {
  rmSync(cacheDir, { recursive: true, force: true })
})

/** Renders in a separate process and returns whether sharp was loaded there. */
function run(user: { readonly uid?: number } = {}): {
  readonly renditions: unknown
  readonly loaded: boolean
} {
  const script = `
    import { createHash } from 'node:crypto'
    import { createRequire } from 'node:module'
    import { createRenderer } from './.build/modules/render/render.js'
    import { resolveOutput } from './.build/modules/manifest/schema/output.js'
    const bytes = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>')
    const { renditions } = await createRenderer({ cacheDir: ${JSON.stringify(cacheDir)} }).render({
      name: 'kira',
      original: { sha256: createHash('sha256').update(bytes).digest('hex'), read: async () => bytes },
      operations: [],
      readComposite: async () => bytes,
      output: resolveOutput([]),
      provenance: undefined,
    }, new AbortController().signal)
    const modules = Object.keys(createRequire(import.meta.url).cache)
    console.log(JSON.stringify({ renditions, loaded: modules.some((file) => file.endsWith('.node')) }))
  `
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    encoding: 'utf8',
    ...user,
  })
  return JSON.parse(answer) as ReturnType<typeof run>
}

describe('a warm start', () => {
  it('does not load sharp', () => {
    const cold = run()
    const warm = run()
    expect(cold.loaded).toBe(true)
    expect(warm).toEqual({ renditions: cold.renditions, loaded: false })
  })

  it('uses a cache that it cannot write to', () => {
    const { renditions } = run()
    const records = path.join(cacheDir, 'records')
    for (const name of readdirSync(records)) {
      const file = path.join(records, name)
      // The record of the whole image; those of its parts stay.
      if (readFileSync(file, 'utf8').includes('"renditions"')) rmSync(file)
    }
    const left = readdirSync(records)
    for (const folder of [cacheDir, records]) chmodSync(folder, 0o555)
    try {
      // Root can write to every folder.
      const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {}
      expect(run(nobody)).toEqual({ renditions, loaded: false })
    } finally {
      for (const folder of [cacheDir, records]) chmodSync(folder, 0o755)
    }
    expect(readdirSync(records)).toEqual(left)
  })
})
