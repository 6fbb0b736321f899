import fastGlob from 'fast-glob'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '../..')
const { version, exports } = readJson(path.join(root, 'package.json')) as {
  version: string
  exports: Record<string, string | object>
}

let folder: string
/** The package as a user has it, below node_modules of an otherwise empty project. */
let installed: string
let packed: string[]

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imagegen-package-'))
  const [tarball] = JSON.parse(
    run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root),
  ) as [{ filename: string; files: Array<{ path: string }> }]
  packed = tarball.files.map((file) => file.path)
  write('package.json', '{ "name": "user", "private": true, "type": "module" }')
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball.filename}`])
  installed = path.join(folder, 'node_modules/unplugin-imagegen')
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the tarball', () => {
  it('contains the build, the licence, the documents and the recipes for teams, and nothing else', () => {
    const others = packed.filter((file) => !/^dist\/.+(\.js|\.d\.ts)$/.test(file))
    const isDocument = (file: string): boolean =>
      /\.md$|^examples\/(teams\/.+|pictures\/\w+\.webp)$/.test(file)
    expect(others).toContain('README.md')
    expect(others.filter((file) => !isDocument(file)).toSorted()).toEqual([
      'LICENSE',
      'dist/components/picture.astro',
      'dist/components/picture.svelte',
      'dist/schema.json',
      'dist/studio/page.html',
      'package.json',
    ])
    const built = packed.filter((file) => file.startsWith('dist/'))
    expect(built.filter((file) => /(^|[/.-])(test|fixture|mock)s?[/.-]/.test(file))).toEqual([])
  })

  it('holds each file that the exports and the bin name', () => {
    const named = JSON.stringify(readJson(path.join(installed, 'package.json'))).match(
      /dist\/[\w./-]+/g,
    )
    expect(named).toContain('dist/cli/main.js')
    expect(named!.filter((file) => !packed.includes(file))).toEqual([])
  })

  it('contains no path of the machine that built it', () => {
    const folders = [root, os.homedir(), os.tmpdir()].filter((one) => one !== '/')
    const telling = packed.filter((file) => {
      const text = readFileSync(path.join(installed, file), 'utf8')
      return folders.some((one) => text.includes(`${one}${path.sep}`))
    })
    expect(telling).toEqual([])
  })
})

describe('the entries', () => {
  it('export the same to require and to import', () => {
    // Their users have them.
    for (const name of ['react', 'vue']) {
      symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name))
    }
    write(
      'entries.mjs',
      `
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const seen = {}
      for (const entry of process.argv.slice(2)) {
        const required = require(entry)
        const module = await import(entry)
        const names = Object.keys(module).filter((name) => name !== 'default' && name !== 'module.exports')
        seen[entry] = {
          callable: typeof required === 'function' && required === module.default,
          names,
          missing: names.filter((name) => required[name] !== module[name]),
        }
      }
      console.log(JSON.stringify(seen))
      `,
    )
    const entries = Object.entries(exports)
      .filter(([, target]) => typeof target === 'object' && 'default' in target)
      .map(([entry]) => path.posix.join('unplugin-imagegen', entry))
    expect(JSON.parse(run(process.execPath, ['entries.mjs', ...entries]))).toEqual({
      'unplugin-imagegen': {
        callable: false,
        names: expect.arrayContaining(['defineConfig', 'minimax']),
        missing: [],
      },
      ...Object.fromEntries(
        entries
          .filter((entry) => entry !== 'unplugin-imagegen')
          .map((entry) => [entry, { callable: true, names: expect.any(Array), missing: [] }]),
      ),
      'unplugin-imagegen/html': {
        callable: false,
        names: ['picture', 'pictureProps'],
        missing: [],
      },
      'unplugin-imagegen/react': { callable: false, names: ['Picture'], missing: [] },
      'unplugin-imagegen/vue': { callable: false, names: ['Picture'], missing: [] },
      'unplugin-imagegen/next': { callable: false, names: ['withImagegen'], missing: [] },
      'unplugin-imagegen/emulator': {
        callable: true,
        names: expect.arrayContaining(['startEmulator']),
        missing: [],
      },
    })
  })
})

describe('the command', () => {
  it.each(['imagegen', 'unplugin-imagegen'])('says its version and its commands as %s', (name) => {
    const imagegen = path.join(folder, 'node_modules/.bin', name)
    expect(run(imagegen, ['--version']).trim()).toBe(version)
    const help = run(imagegen, ['--help'])
    for (const command of ['plan', 'generate', 'emulator']) expect(help).toContain(command)
  })

  it('runs with npx under the name of the package', () => {
    expect(run('npx', ['--no', '--', 'unplugin-imagegen', '--version']).trim()).toBe(version)
  })

  it('is never named in documents so that npx could ask the registry for a package of another name', () => {
    const documents = fastGlob.sync(['README.md', 'CONTRIBUTING.md', 'examples/**/*.{md,yml}'], {
      cwd: root,
      ignore: ['**/node_modules/**'],
    })
    const texts = documents.map((file) => readFileSync(path.join(root, file), 'utf8'))
    expect(texts.length).toBeGreaterThan(3)
    expect(
      texts.filter((text) => /\b(?:npx|npm exec|pnpm dlx|yarn dlx|bunx) imagegen\b/.test(text)),
    ).toEqual([])
    expect(readFileSync(path.join(root, 'README.md'), 'utf8')).toContain(
      'npx unplugin-imagegen init',
    )
  })
})

describe('schema.json', () => {
  const validate = (manifest: unknown): boolean => {
    const schema = readJson(path.join(installed, 'dist/schema.json')) as object
    return new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)(manifest)
  }

  it('is a JSON Schema that accepts manifests and refuses other files', () => {
    expect(validate({ prompt: 'a lighthouse' })).toBe(true)
    expect(validate({ images: { kira: { prompt: 'Kira', alt: '' } } })).toBe(true)
    expect(validate({ images: { kira: { promt: 'Kira' } } })).toBe(false)
    expect(validate('a lighthouse')).toBe(false)
  })
})

describe('the types', () => {
  const bundlers = ['vite', 'webpack']

  const source = (lines: readonly string[]): string => lines.join('\n')
  const core = [
    "import { defineConfig, minimax, type Options } from 'unplugin-imagegen'",
    "import { startEmulator } from 'unplugin-imagegen/emulator'",
    "import everything, { kira } from './cast.image.yaml'",
    "import { hero } from './hero.image.yml'",
    "export const options: Options = defineConfig({ mode: 'frozen', models: { mine: minimax('image-01') } })",
    '// @ts-expect-error there is no such mode',
    "defineConfig({ mode: 'nope' })",
    '// @ts-expect-error there is no such option',
    'startEmulator({ nope: true })',
    'export const pictures: string[] = [kira.src, hero.srcset, everything.kira.alt]',
  ]
  const hosts = [
    "import vite from 'unplugin-imagegen/vite'",
    "import webpack from 'unplugin-imagegen/webpack'",
    "import { defineConfig as defineViteConfig } from 'vite'",
    "import type { Configuration } from 'webpack'",
    "export const forVite = defineViteConfig({ plugins: [vite({ mode: 'frozen' })] })",
    "export const forWebpack: Configuration = { plugins: [webpack({ mode: 'frozen' })] }",
    '// @ts-expect-error there is no such option',
    'vite({ nope: true })',
    '// @ts-expect-error there is no such option',
    'webpack({ nope: true })',
  ]
  const required = [
    "import vite = require('unplugin-imagegen/vite')",
    "import webpack = require('unplugin-imagegen/webpack')",
    "import imagegen = require('unplugin-imagegen')",
    "export const plugins = [vite(), webpack(imagegen.defineConfig({ mode: 'frozen' }))]",
    '// @ts-expect-error there is no such option',
    'vite({ nope: true })',
  ]

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('module %s, resolution %s, no bundler installed', (module, moduleResolution) => {
    expect(typeErrors({ 'core.ts': source(core) }, { module, moduleResolution }, [])).toEqual([])
  })

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('module %s, resolution %s, with Vite and webpack', (module, moduleResolution) => {
    const files = { 'core.ts': source(core), 'hosts.ts': source(hosts) }
    expect(typeErrors(files, { module, moduleResolution }, bundlers)).toEqual([])
  })

  it.each([
    ['client', []],
    ['html', []],
    ['react', ['react']],
    ['vue', ['vue']],
    ['svelte', ['svelte', 'svelte/elements']],
  ] as const)('of %s, which pages import, need nothing else: %j', (entry, packages) => {
    const { types } = exports[`./${entry}`] as { types: string }
    const files = new Set([path.join(installed, types)])
    const named = new Set<string>()
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      for (const [, name = ''] of text.matchAll(/^(?:import|export) .*?from '(.+?)'/gm)) {
        if (!name.startsWith('.')) named.add(name)
        else files.add(path.resolve(path.dirname(file), name.replace(/\.[jt]s$/, '.d.ts')))
      }
      expect(text).not.toMatch(/\b(?:NodeJS|Buffer)\b|node:|import\(/)
    }
    expect([...named].toSorted()).toEqual(packages)
  })

  it('required from CommonJS', () => {
    const options = { module: 'nodenext', moduleResolution: 'nodenext' }
    expect(typeErrors({ 'required.cts': source(required) }, options, bundlers)).toEqual([])
  })
})

/**
 * What tsc has to say about the user's files and about our declarations, all of them checked; what others' say about
 * themselves is left out.
 */
function typeErrors(
  files: Record<string, string>,
  options: Record<string, string>,
  packages: readonly string[],
): string[] {
  const project = path.join('types', [...Object.values(options), ...Object.keys(files)].join('-'))
  const modules = path.join(folder, project, 'node_modules')
  cpSync(installed, path.join(modules, 'unplugin-imagegen'), { recursive: true })
  mkdirSync(path.join(modules, '@types'))
  for (const name of ['@types/node', ...packages]) {
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name))
  }
  for (const [file, text] of Object.entries(files)) write(path.join(project, file), text)
  const compilerOptions = {
    ...options,
    target: 'es2023',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node', 'unplugin-imagegen/client'],
  }
  write(
    path.join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: Object.keys(files) }),
  )
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '--pretty', 'false', '-p', project], {
    cwd: folder,
    encoding: 'utf8',
  })
  return stdout
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .filter(
      (line) => !line.includes('node_modules/') || line.includes('node_modules/unplugin-imagegen/'),
    )
}

function write(file: string, text: string): void {
  const target = path.join(folder, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function run(command: string, args: readonly string[], cwd: string = folder): string {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
