import { describe, expect, test } from 'vitest'
import { createProject, emulatorFor, type Project } from '../cli/project.ts'
import { expectedErrors, tsconfig, typeErrors, type CompilerOptions } from './typescript.ts'

const CAST = `
defaults:
  alt: ""
  aspectRatio: 16:9
images:
  kira:
    prompt: x
    output: { formats: [avif, webp, jpeg], widths: [320, 640], placeholder: blur }
  kira-at-night: { prompt: x, output: { placeholder: color } }
  class: { prompt: x }
  01-tile: { prompt: x }
  trimmed: { prompt: x, process: [trim], output: { formats: [avif, png] } }
  directed:
    prompt: x
    output:
      media:
        - { media: "(max-width: 600px)", aspectRatio: 1:1, widths: [320] }
        - { media: "(prefers-color-scheme: dark)", image: "#kira" }
        - { media: print, image: "#class", formats: [avif, png] }
`

const HERO = 'prompt: x\nalt: ""\nsize: 1024x768\n'

const GOOD = `
import type { GeneratedImage, MediaSource } from 'unplugin-imagegen'
import everything, { class as klass, directed, kira, kiraAtNight, trimmed } from './cast.image.yaml'
import hero from './pages/hero.image.yml'

export const width: 640 = kira.width
export const height: 360 = kira.height
export const format: 'jpeg' = kira.format
export const sides: [640, 360] = [kira.img.w, kira.img.h]
export const sources: string[] = [kira.sources.avif, kira.sources.webp, trimmed.sources.avif]
export const stands: string[] = [kira.blurDataURL, kiraAtNight.color, hero.alt]
export const literals: [1280, 'webp', 1024, 768] = [klass.width, klass.format, hero.width, hero.height]
export const tile: typeof klass = everything['01-tile']
export const same: typeof kiraAtNight = everything['kira-at-night']
export const names: Array<keyof typeof everything> =
  ['kira', 'kira-at-night', 'class', '01-tile', 'trimmed', 'directed']

export const [narrow, dark, print] = directed.media
export const queries: ['(max-width: 600px)', '(prefers-color-scheme: dark)', 'print'] =
  [narrow.media, dark.media, print.media]
export const crop: [320, 320, 'webp'] = [narrow.width, narrow.height, narrow.format]
export const other: [640, 360, 'jpeg'] = [dark.width, dark.height, dark.format]
export const printed: [1280, 720, 'png'] = [print.width, print.height, print.format]
export const media: MediaSource[] = directed.media
export const mediaSources: string[] = [dark.sources.avif, dark.sources.webp, print.sources.avif]
for (const source of directed.media) {
  for (const [name, srcset] of Object.entries(source.sources)) [name, srcset] satisfies string[]
}

type Same<Left, Right> = [Left, Right] extends [Right, Left] ? true : false
export const isExact: Same<keyof typeof kira.sources, 'avif' | 'webp'> = true
export const isUnknown: Same<typeof trimmed.width, number> = true
export const isLiteral: Same<typeof kira.width, number> = false

export const images: GeneratedImage[] = [kira, kiraAtNight, klass, trimmed, hero, directed]
export const record: Record<string, GeneratedImage> = everything
for (const image of Object.values(everything)) {
  for (const [name, srcset] of Object.entries(image.sources)) [name, srcset] satisfies string[]
}
for (const srcset of Object.values(hero.sources)) srcset satisfies string
export const astro: { src: string, width: number, height: number, format: 'webp' | 'png' } = hero
export const next: { src: string, width: number, height: number, blurDataURL?: string } = kira
export const enhanced: { sources: Record<string, string>, img: { src: string, w: number, h: number } } = hero
`

const BAD = `
import { kirra } from './cast.image.yaml' // TS2724
import { tile } from './cast.image.yaml' // TS2614
import { _0 } from './cast.image.yaml' // TS2614
import { hero as named } from './pages/hero.image.yml' // TS2614
import everything, { directed, kira, trimmed } from './cast.image.yaml'
import hero from './pages/hero.image.yml'
export const a = everything.kirra // TS2551
export const b = everything['kira-at-noon'] // TS7053
export const c: 1280 = kira.width // TS2322
export const d: 640 = trimmed.width // TS2322
export const e = kira.sources.jpeg // TS2339
export const f = hero.sources.avif // TS2339
export const g = hero.blurDataURL // TS2339
export const h = kira.color // TS2339
export const i: 'webp' = kira.format // TS2322
kira.width = 640 // TS2540
kira.sources.avif = '' // TS2540
kira.img.src = '' // TS2540
everything.kira = kira // TS2540
export const j: number = kira.alt // TS2322
export const k = kira.media // TS2339
export const l = directed.media[3] // TS2493
export const m: 640 = directed.media[0].width // TS2322
directed.media = [] // TS2540
export { kirra, tile, _0, named }
`

async function typedProject(
  options: CompilerOptions,
  files: Record<string, string>,
): Promise<Project> {
  const project = await createProject({
    'tsconfig.json': tsconfig(options),
    'src/cast.image.yaml': CAST,
    'src/pages/hero.image.yml': HERO,
    ...files,
  })
  const ran = await project.run('types')
  expect(ran).toMatchObject({ code: 0, stdout: '2 written, 0 unchanged, 0 removed.\n' })
  return project
}

const RESOLUTIONS: ReadonlyArray<[name: string, options: CompilerOptions]> = [
  ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
]

describe.each(RESOLUTIONS)('with module resolution %s', (_, options) => {
  const exact = { ...options, lib: ['es2023', 'dom'] }

  test('names, sizes and formats are exact, before any build and without a key', async () => {
    const { folder } = await typedProject({ ...exact, skipLibCheck: true }, { 'src/good.ts': GOOD })
    expect(typeErrors(folder)).toEqual([])
  })

  test('a misspelt or missing name is an error at its position', async () => {
    const { folder } = await typedProject(exact, { 'src/bad.ts': BAD })
    expect(typeErrors(folder)).toEqual(expectedErrors('src/bad.ts', BAD))
    expect(expectedErrors('src/bad.ts', BAD)).toHaveLength(22)
  })

  test('they win over the loose types, also through an alias', async () => {
    const text = `
import { kira, kirra } from './cast.image.yaml' // TS2724
import { kira as aliased, nobody } from '@/cast.image.yaml' // TS2614
import { anything } from './not-declared.image.yaml'
export const widths: [640, 640] = [kira.width, aliased.width]
export const loose: number = anything.at.all
export { kirra, nobody }
`
    const paths = {
      '@/*.image.yaml': ['./src/*.image.yaml', './.imagegen/types/src/*.image.yaml'],
      '@/*': ['./src/*'],
    }
    const types = ['unplugin-imagegen/client']
    const { folder } = await typedProject({ ...exact, paths, types }, { 'src/both.ts': text })
    expect(typeErrors(folder)).toEqual(expectedErrors('src/both.ts', text))
  })
})

test('they work in a CommonJS package', async () => {
  const text = `
import hero, { kirra } from './pages/hero.image.yml' // TS2614
import { kira } from './cast.image.yaml'
export const widths: [1024, 640] = [hero.width, kira.width]
export { kirra }
`
  const { folder } = await typedProject(
    { module: 'nodenext' },
    { 'package.json': '{ "name": "game" }', 'src/main.ts': text },
  )
  expect(typeErrors(folder)).toEqual(expectedErrors('src/main.ts', text))
})

describe('imagegen types', () => {
  test('reports as JSON what it wrote, and the same again after generating', async () => {
    const project = await createProject({ 'src/cast.image.yaml': CAST })
    const declaration = '.imagegen/types/src/cast.image.d.yaml.ts'
    const report = { version: 1, removed: [], kept: [], outside: [] }
    const first = await project.run('types', '--json')
    expect(JSON.parse(first.stdout)).toEqual({ ...report, written: [declaration], unchanged: [] })
    const before = project.read(declaration)
    const emulator = await emulatorFor(project)
    expect((await project.run('generate', '--yes')).code).toBe(0)
    expect(emulator.stats().requests).toBeGreaterThan(0)
    const second = await project.run('types', '--json')
    expect(JSON.parse(second.stdout)).toEqual({ ...report, written: [], unchanged: [declaration] })
    expect(project.read(declaration)).toBe(before)
  })

  test('writes those of valid manifests, reports the problems of the others, and fails', async () => {
    const project = await createProject({
      'src/cast.image.yaml': CAST,
      'broken.image.yaml': 'images: { kira: { promt: x } }',
    })
    const { code, stdout, stderr } = await project.run('types')
    expect(code).toBe(2)
    expect(stdout).toBe('1 written, 0 unchanged, 0 removed.\n')
    expect(stderr).toContain('broken.image.yaml:1:19')
    expect(project.files()).toContain('.imagegen/types/src/cast.image.d.yaml.ts')
  })

  test.each([
    {
      framework: 'none',
      files: {},
      hint: '"rootDirs": [".", "./.imagegen/types"]',
    },
    {
      framework: 'SvelteKit',
      files: { 'package.json': '{ "devDependencies": { "@sveltejs/kit": "^3.0.0" } }' },
      hint: '"rootDirs": [".", "./.svelte-kit/types", "./.imagegen/types"]',
    },
    {
      framework: 'Nuxt',
      files: { 'package.json': '{ "dependencies": { "nuxt": "^4.0.0" } }' },
      hint: 'modules: ["unplugin-imagegen/nuxt"]',
    },
  ])(
    'says how they are found until a tsconfig.json knows it; framework: $framework',
    async (one) => {
      const project = await createProject({
        'src/cast.image.yaml': CAST,
        'tsconfig.json': '{}',
        ...one.files,
      })
      const { stdout, stderr } = await project.run('types')
      expect(stdout).toBe('1 written, 0 unchanged, 0 removed.\n')
      expect(stderr).toContain(one.hint)
      project.write('tsconfig.app.json', tsconfig({}))
      expect((await project.run('types')).stderr).toBe('')
    },
  )

  test('names the referenced tsconfig that includes the code, and what it prints there makes aliases exact', async () => {
    const app = {
      target: 'es2023',
      module: 'esnext',
      moduleResolution: 'bundler',
      noEmit: true,
      types: [],
      paths: { '@/*': ['./src/*'] },
    }
    const text = `
import { kira, kirra } from '@/cast.image.yaml' // TS2724
export const width: 640 = kira.width
export { kirra }
`
    const project = await createProject({
      'src/cast.image.yaml': CAST,
      'src/main.ts': text,
      'tsconfig.json':
        '{ "files": [], "references": [{ "path": "./tsconfig.node.json" }, { "path": "./tsconfig.app.json" }] }',
      'tsconfig.node.json': '{ "include": ["vite.config.ts"] }',
      'tsconfig.app.json': JSON.stringify({ compilerOptions: app, include: ['src'] }),
    })
    const { stderr } = await project.run('types')
    expect(stderr).toContain(
      'TypeScript finds them through these compilerOptions in tsconfig.app.json:\n',
    )
    const printed = JSON.parse(
      `{${stderr.slice(stderr.indexOf('tsconfig.app.json:') + 'tsconfig.app.json:'.length)}}`,
    ) as object
    expect(printed).toEqual({
      allowArbitraryExtensions: true,
      rootDirs: ['.', './.imagegen/types'],
      paths: {
        '@/*.image.yaml': ['./src/*.image.yaml', './.imagegen/types/src/*.image.yaml'],
        '@/*': ['./src/*'],
      },
    })
    const config = { compilerOptions: { ...app, ...printed }, include: ['src'] }
    project.write('tsconfig.app.json', JSON.stringify(config))
    expect((await project.run('types')).stderr).toBe('')
    expect(typeErrors(project.folder, 'tsconfig.app.json')).toEqual(
      expectedErrors('src/main.ts', text),
    )
  })

  test('writes types even with `types: false`, and no other command does', async () => {
    const project = await createProject({
      'src/cast.image.yaml': CAST,
      'imagegen.config.json': '{ "types": true }',
    })
    expect((await project.run('plan')).code).toBe(0)
    expect(project.files()).not.toContain('.imagegen/.gitignore')
    project.write('imagegen.config.json', '{ "types": false }')
    expect((await project.run('types')).code).toBe(0)
    expect(project.files()).toContain('.imagegen/types/src/cast.image.d.yaml.ts')
  })

  test('fails with one sentence if it cannot write', async () => {
    const project = await createProject({
      'src/cast.image.yaml': CAST,
      '.imagegen/types': 'in the way',
    })
    const { code, stderr } = await project.run('types')
    expect(code).toBe(1)
    expect(stderr).toMatch(/EEXIST/)
    expect(stderr).not.toMatch(/^ +at /m)
  })
})
