import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveOptions } from '../../src/options.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import type { DeclarationReport } from '../../src/pipeline/declarations.ts'
import { testEmulator } from '../generate/running.ts'
import { temporaryProject, type FileTree, type TemporaryProject } from '../temporary-project.ts'

interface Opened extends TemporaryProject {
  readonly said: string[]
  readonly open: (inline?: object, environment?: NodeJS.ProcessEnv) => Promise<Pipeline>
  /** Of what `imagegen types` does. */
  readonly report: () => Promise<DeclarationReport>
  readonly text: (declaration: string) => string
}

const KIRA = 'images: { kira: { prompt: Kira, alt: "", aspectRatio: "16:9" } }'
const NOTHING: DeclarationReport = {
  written: [],
  unchanged: [],
  removed: [],
  kept: [],
  outside: [],
}

async function openProject(files: FileTree, folder = '.'): Promise<Opened> {
  const project = await temporaryProject(files)
  const said: string[] = []
  const open: Opened['open'] = async (inline = {}, environment = {}) => {
    const options = await resolveOptions({
      start: project.file(folder),
      inline,
      mode: 'production',
      isBuild: true,
      environment,
    })
    return createPipeline(options, {
      info: (message) => said.push(message),
      warn: (message) => said.push(`warning: ${message}`),
      error: (message) => said.push(`error: ${message}`),
    })
  }
  return {
    ...project,
    said,
    open,
    async report() {
      const pipeline = await open({ types: false })
      return pipeline.writeTypes(await pipeline.survey())
    },
    text: (declaration) => readFileSync(project.file(`.imagegen/types/${declaration}`), 'utf8'),
  }
}

/** The types that stand behind a member's name, in the order of the images. */
function typesOf(text: string, member: string): string[] {
  return [...text.matchAll(new RegExp(`readonly ${member}: (.+);`, 'g'))].map(
    ([, type = '']) => type,
  )
}

describe('sizes', () => {
  test('are literal if the manifest decides them', async () => {
    const { report, text } = await openProject({
      'a.image.yaml': `
defaults: { alt: "" }
images:
  byRatio: { prompt: x, aspectRatio: "16:9" }
  byDefault: { prompt: x }
  bySize: { prompt: x, size: 1024x768 }
  narrow: { prompt: x, aspectRatio: "16:9", output: { widths: [320, 640] } }
  wide: { prompt: x, aspectRatio: "16:9", output: { widths: [4000] } }
  cut: { prompt: x, output: { aspectRatio: "2:1" } }
  turned: { prompt: x, aspectRatio: "16:9", process: [{ rotate: 90 }] }
  trimmed: { prompt: x, process: [trim] }
  trimmedToFit: { prompt: x, process: [trim, { resize: { width: 300, height: 200 } }] }
  byHand: { source: ./hand.png }
  byHandToFit: { source: ./hand.png, process: [{ resize: [30, 20] }] }
`,
      'hand.png': 'its size is not looked at',
    })
    await report()
    const declaration = text('a.image.d.yaml.ts')
    const widths = typesOf(declaration, 'width')
    const heights = typesOf(declaration, 'height')
    expect(widths.map((width, index) => `${width}x${heights[index]}`)).toEqual([
      '1280x720',
      '1024x1024',
      '1024x768',
      '640x360',
      '1280x720',
      '1024x512',
      '720x1280',
      'numberxnumber',
      '300x200',
      'numberxnumber',
      '30x20',
    ])
    expect(typesOf(declaration, 'w')[3]).toBe('640')
    expect(typesOf(declaration, 'h')[3]).toBe('360')
  })

  test('are numbers if a model does not declare its sizes', async () => {
    const { report, text } = await openProject({
      'a.image.yaml': 'images: { kira: { prompt: x, alt: "", model: other, aspectRatio: "16:9" } }',
      'imagegen.config.js': `export default { models: { other: {
        specificationVersion: 'v3', provider: 'other.image', modelId: 'one', maxImagesPerCall: 1,
        doGenerate: () => { throw new Error('nobody asks') },
      } } }`,
    })
    await report()
    expect(typesOf(text('a.image.d.yaml.ts'), 'width')).toEqual(['number'])
  })

  test('are the same before and after generating, and match the image', async () => {
    const emulator = await testEmulator()
    const project = await openProject({ 'a.image.yaml': KIRA })
    const account = { MINIMAX_API_HOST: emulator.url, MINIMAX_API_KEY: 'test-api-key' }
    await project.report()
    const before = project.text('a.image.d.yaml.ts')
    const { signal } = new AbortController()
    const pipeline = await project.open({}, account)
    const survey = await pipeline.fulfil(signal)
    expect(await project.report()).toEqual({
      ...NOTHING,
      unchanged: ['.imagegen/types/a.image.d.yaml.ts'],
    })
    expect(project.text('a.image.d.yaml.ts')).toBe(before)
    const [image] = survey.images.values()
    if (image === undefined) throw new Error('no image')
    const { renditions } = await pipeline.render(image, survey, signal)
    expect(renditions).toMatchObject([{ width: 1280, height: 720, format: 'webp' }])
    expect(typesOf(before, 'width')).toEqual(['1280'])
  })
})

describe('the files', () => {
  test('mirror the manifests’ folders below types/, and are ignored by git', async () => {
    const { report, file, root } = await openProject({
      'src/cast.image.yaml': KIRA,
      'hero.image.yml': 'prompt: x\nalt: ""',
    })
    expect(await report()).toEqual({
      ...NOTHING,
      written: ['.imagegen/types/hero.image.d.yml.ts', '.imagegen/types/src/cast.image.d.yaml.ts'],
    })
    expect(readFileSync(file('.imagegen/.gitignore'), 'utf8')).toContain('\ntypes/\n')
    expect(existsSync(path.join(root, '.imagegen/pending'))).toBe(false)
  })

  test('are in the project if its store is shared', async () => {
    const { report, file } = await openProject(
      {
        'site/package.json': '{}',
        'site/imagegen.config.mjs':
          "export default { store: { dir: '../pictures', outside: true } }",
        'site/a.image.yaml': KIRA,
      },
      'site',
    )
    expect((await report()).written).toEqual(['.imagegen/types/a.image.d.yaml.ts'])
    expect(existsSync(file('site/.imagegen/.gitignore'))).toBe(true)
    expect(existsSync(file('pictures'))).toBe(false)
  })

  test('are not written through a symbolic link', async () => {
    for (const link of ['.imagegen/types', '.imagegen/types/src']) {
      const { open, file, said } = await openProject({ 'src/a.image.yaml': KIRA })
      mkdirSync(file('elsewhere/src'), { recursive: true })
      mkdirSync(path.dirname(file(link)), { recursive: true })
      symlinkSync(file('elsewhere'), file(link))
      const pipeline = await open({ types: true })
      const survey = await pipeline.survey()
      expect(said.join()).toContain('is a link')
      await expect(pipeline.writeTypes(survey)).rejects.toMatchObject({ code: 'config' })
      expect(readdirSync(file('elsewhere'), { recursive: true })).toEqual(['src'])
    }
  })

  test('are in the store’s folder, whatever its name', async () => {
    const { report } = await openProject({
      'imagegen.config.json': '{ "store": { "dir": "art/store" } }',
      'a.image.yaml': KIRA,
    })
    expect((await report()).written).toEqual(['art/store/types/a.image.d.yaml.ts'])
  })

  test('are not touched if nothing changed', async () => {
    const { report, write, file } = await openProject({
      'a.image.yaml': KIRA,
      'b.image.yaml': KIRA,
    })
    await report()
    const stamps = (): unknown[] =>
      ['a', 'b'].map((name) => {
        const { ino, mtimeMs } = statSync(file(`.imagegen/types/${name}.image.d.yaml.ts`))
        return [ino, mtimeMs]
      })
    const [, b] = stamps()
    write({ 'a.image.yaml': KIRA.replace('kira', 'marco') })
    expect(await report()).toMatchObject({
      written: ['.imagegen/types/a.image.d.yaml.ts'],
      unchanged: ['.imagegen/types/b.image.d.yaml.ts'],
    })
    expect(stamps()[1]).toEqual(b)
    write({
      'a.image.yaml': KIRA.replace('kira', 'marco').replace('Kira', 'Marco').replace('""', 'He'),
    })
    expect(await report()).toMatchObject({ written: [] })
  })

  test('of deleted manifests are removed, and no other files', async () => {
    const { report, write, file } = await openProject({
      'src/a.image.yaml': KIRA,
      'src/b.image.yaml': KIRA,
    })
    await report()
    write({ '.imagegen/types/src/mine.image.d.yaml.ts': 'export declare const mine: 1\n' })
    rmSync(file('src/a.image.yaml'))
    expect(await report()).toMatchObject({
      removed: ['.imagegen/types/src/a.image.d.yaml.ts'],
      unchanged: ['.imagegen/types/src/b.image.d.yaml.ts'],
    })
    expect(existsSync(file('.imagegen/types/src/a.image.d.yaml.ts'))).toBe(false)
    expect(existsSync(file('.imagegen/types/src/mine.image.d.yaml.ts'))).toBe(true)
  })

  test.each([
    ['that cannot be parsed', 'images: {'],
    ['with a misspelt field', 'images: { kira: { promt: x } }'],
    ['that the model refuses', 'images: { kira: { prompt: x, size: 500x500 } }'],
    ['in a circle', 'images: { kira: { prompt: x, references: ["./b.image.yaml#marco"] } }'],
  ])('of a manifest %s, and of manifests that depend on it, stay', async (_, broken) => {
    const { report, write, text } = await openProject({
      'a.image.yaml': KIRA,
      'b.image.yaml': `
images:
  marco: { prompt: x, alt: "", references: ["./a.image.yaml#kira"] }
  anna: { prompt: x, alt: "" }
`,
      'c.image.yaml': KIRA,
    })
    await report()
    const before = ['a', 'b'].map((name) => text(`${name}.image.d.yaml.ts`))
    write({ 'a.image.yaml': broken, 'c.image.yaml': KIRA.replace('kira', 'other') })
    expect(await report()).toEqual({
      ...NOTHING,
      written: ['.imagegen/types/c.image.d.yaml.ts'],
      kept: ['a.image.yaml', 'b.image.yaml'],
    })
    expect(['a', 'b'].map((name) => text(`${name}.image.d.yaml.ts`))).toEqual(before)
  })
})

describe('a host', () => {
  const DECLARATION = '.imagegen/types/a.image.d.yaml.ts'

  test('writes them with every survey, even if the build then fails', async () => {
    const { open, file, write, text } = await openProject({ 'a.image.yaml': KIRA })
    const pipeline = await open({ types: true, mode: 'frozen' })
    await expect(pipeline.fulfil(new AbortController().signal)).rejects.toMatchObject({
      code: 'frozen',
    })
    expect(existsSync(file(DECLARATION))).toBe(true)
    write({ 'a.image.yaml': KIRA.replace('kira', 'marco') })
    await pipeline.survey()
    expect(text('a.image.d.yaml.ts')).toContain('_0 as marco')
  })

  test('writes them by default only if TypeScript is installed', async () => {
    const { open, write, file } = await openProject({ 'a.image.yaml': KIRA })
    await (await open()).survey()
    expect(existsSync(file('.imagegen'))).toBe(false)
    write({ 'node_modules/typescript/package.json': '{"name":"typescript","version":"7.0.0"}' })
    expect((await open({ types: false })).options.types).toBe(false)
    await (await open()).survey()
    expect(existsSync(file(DECLARATION))).toBe(true)
  })

  test('warns once of manifests outside of the root, which get none', async () => {
    const { open, said, file } = await openProject(
      {
        'shared/cast.image.yaml': KIRA,
        'site/package.json': '{}',
        'site/imagegen.config.json': '{ "include": ["../shared/*.yaml", "*.yaml"], "allow": ".." }',
        'site/a.image.yaml': KIRA,
      },
      'site',
    )
    const pipeline = await open({ types: true })
    await pipeline.survey()
    await pipeline.survey()
    expect(said).toEqual([
      'warning: No exact types for manifests outside of the root: ../shared/cast.image.yaml. They get the general types of `unplugin-imagegen/client`.',
    ])
    expect(existsSync(file(`site/${DECLARATION}`))).toBe(true)
    expect(existsSync(file('site/.imagegen/shared'))).toBe(false)
  })

  test('continues if they cannot be written, and warns once', async () => {
    const { open, said, file } = await openProject({ 'a.image.yaml': KIRA })
    mkdirSync(file('.imagegen'))
    writeFileSync(file('.imagegen/types'), 'in the way')
    const pipeline = await open({ types: true })
    expect((await pipeline.survey()).images.size).toBe(1)
    await pipeline.survey()
    expect(said).toEqual([expect.stringMatching(/^warning: No exact types: .*`types: false`/)])
    const survey = await pipeline.survey()
    await expect(pipeline.writeTypes(survey)).rejects.toMatchObject({ code: 'EEXIST' })
  })
})
