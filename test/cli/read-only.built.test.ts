import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createProject, emulatorFor, type Project } from './project.ts'

const BUILD = `import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import imagegen from 'unplugin-imagegen/esbuild'
const load = createRequire(realpathSync('node_modules/unplugin-imagegen/package.json'))
const { build } = load('esbuild')
const outdir = process.argv[2]
await build({ entryPoints: ['main.js'], bundle: true, outdir, plugins: [imagegen()] })
`

interface ReadOnly {
  readonly project: Project
  /** A folder that every user may write to. */
  readonly out: string
  readonly run: (script: string, ...args: string[]) => Promise<{ code: number; said: string }>
}

/** Where the images of the checkout are. */
type Kept = 'here' | 'in the remote alone'

/** A read-only checkout with its images, and a user without root's permissions. */
async function readOnlyCheckout(keepsCache: boolean, kept: Kept = 'here'): Promise<ReadOnly> {
  const project = await createProject({
    'art.image.yaml':
      'images:\n  cat: { prompt: A cat, alt: "", output: { widths: [64], formats: [webp] } }\n',
    'main.js': "import { cat } from './art.image.yaml'\nconsole.log(cat.src)\n",
    'build.mjs': BUILD,
  })
  await emulatorFor(project)
  if (kept === 'in the remote alone') {
    symlinkSync(UNSTORAGE, path.join(project.folder, 'node_modules/unstorage'))
    project.write(
      'imagegen.config.mjs',
      `import fsDriver from 'unstorage/drivers/fs'
export default { store: { remote: fsDriver({ base: ${JSON.stringify(path.join(project.folder, 'remote'))} }) } }
`,
    )
  }
  expect(await project.run('generate', '--yes')).toMatchObject({ code: 0 })
  if (kept === 'in the remote alone') removeOriginals(project)
  if (!keepsCache) rmSync(path.join(project.folder, 'node_modules/.cache'), { recursive: true })
  const outside = `${project.folder}-outside`
  const out = path.join(outside, 'out')
  const temporary = path.join(outside, 'tmp')
  for (const folder of [outside, out, temporary]) {
    mkdirSync(folder)
    chmodSync(folder, 0o777)
  }
  execFileSync('chmod', ['-R', 'a-w,a+rX', project.folder])
  onTestFinished(() => {
    execFileSync('chmod', ['-R', 'u+w', project.folder])
    rmSync(outside, { recursive: true, force: true })
  })
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  return {
    project,
    out,
    async run(script, ...args) {
      const child = spawn(process.execPath, [script, ...args], {
        cwd: project.folder,
        env: { PATH: process.env['PATH'], HOME: temporary, TMPDIR: temporary, CI: '1' },
        ...nobody,
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => (said += text))
      }
      const [code] = (await once(child, 'close')) as [number]
      return { code, said }
    },
  }
}

function removeOriginals({ folder }: Project): void {
  for (const name of readdirSync(path.join(folder, '.imagegen'))) {
    if (name.startsWith('cat.')) rmSync(path.join(folder, '.imagegen', name))
  }
}

const UNSTORAGE = path.join(import.meta.dirname, '../../node_modules/unstorage')

const CLI = 'node_modules/unplugin-imagegen/dist/cli/main.js'

describe.skipIf(process.platform === 'win32')('in a checkout that may only be read', () => {
  for (const keepsCache of [false, true]) {
    const which = keepsCache ? 'with a cache of another user' : 'without a cache'
    it(`${which}, plan --check, export and a frozen build work, and say what to set`, async () => {
      const { project, out, run } = await readOnlyCheckout(keepsCache)
      const before = project.everything()
      const commands = [
        [CLI, 'plan', '--check'],
        [CLI, 'verify'],
        [CLI, 'export', '--out', path.join(out, 'pictures')],
        ['build.mjs', path.join(out, 'dist')],
      ] as const
      for (const [script, ...args] of commands) {
        const { code, said } = await run(script, ...args)
        expect({ args, code, said }).toMatchObject({ args, code: 0 })
        expect(said).toContain('cannot be written')
        expect(said).toContain('`cacheDir`')
        expect(said).not.toContain('EACCES')
      }
      expect(readdirSync(path.join(out, 'pictures/art'))).toEqual(['cat-64.webp'])
      expect(readdirSync(path.join(out, 'dist')).some((name) => name.endsWith('.webp'))).toBe(true)
      expect(project.everything()).toEqual(before)
    })
  }

  it('receipts and pictures that only the remote has are used, with one warning', async () => {
    const { project, out, run } = await readOnlyCheckout(false, 'in the remote alone')
    const before = project.everything()
    const commands = [
      [CLI, 'plan', '--check'],
      [CLI, 'export', '--out', path.join(out, 'pictures')],
      ['build.mjs', path.join(out, 'dist')],
    ] as const
    for (const [script, ...args] of commands) {
      const { code, said } = await run(script, ...args)
      expect({ args, code, said }).toMatchObject({ args, code: 0 })
      expect(said.split('.imagegen cannot be written'), said).toHaveLength(2)
      expect(said).toContain('the option `store.dir`')
      expect(said).not.toContain('EACCES')
    }
    expect(readdirSync(path.join(out, 'pictures/art'))).toEqual(['cat-64.webp'])
    expect(readdirSync(path.join(out, 'dist')).some((name) => name.endsWith('.webp'))).toBe(true)
    expect(project.everything()).toEqual(before)
  })

  it('plan --check still says what is missing', async () => {
    const { project, run } = await readOnlyCheckout(false)
    execFileSync('chmod', ['-R', 'u+w', project.folder])
    removeOriginals(project)
    execFileSync('chmod', ['-R', 'a-w', project.folder])
    expect(await run(CLI, 'plan', '--check')).toMatchObject({ code: 3 })
    expect(existsSync(path.join(project.folder, 'node_modules/.cache'))).toBe(false)
  })
})
