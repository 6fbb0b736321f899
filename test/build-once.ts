import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
// Inside node_modules, so that what is emitted finds its dependencies.
const cache = path.join(root, 'node_modules/.cache/test-build')

/** Builds of other contents are of no use after that long, in milliseconds. */
const KEPT = 60 * 60 * 1000

/**
 * The source as JavaScript, for child processes that run without a test runner: Node 20 does not take TypeScript.
 *
 * Emitted once per content of `src`, whoever asks for it at the same time: everyone builds aside, and the first rename
 * wins.
 *
 * @returns the folder that has `src`'s layout.
 */
export async function builtSource(): Promise<string> {
  const folder = path.join(cache, contentHash())
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  await removeOldBuilds()
  const staging = await mkdtemp(path.join(cache, 'staging-'))
  try {
    await compile(staging)
    await writeFile(path.join(staging, 'package.json'), '{ "type": "module" }\n')
    await rename(staging, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return folder
}

/** Types are checked elsewhere. */
async function compile(outDir: string): Promise<void> {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const project = path.join(root, 'tsconfig.build.json')
  await promisify(execFile)(process.execPath, [tsc, '-p', project, '--outDir', outDir, '--noCheck'])
}

function contentHash(): string {
  const hash = createHash('sha256')
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
  for (const file of files) {
    const bytes = readFileSync(path.join(root, 'src', file))
    hash.update(`${file}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex').slice(0, 16)
}

async function removeOldBuilds(): Promise<void> {
  for (const name of readdirSync(cache)) {
    const folder = path.join(cache, name)
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > KEPT) await rm(folder, { recursive: true, force: true })
  }
}
