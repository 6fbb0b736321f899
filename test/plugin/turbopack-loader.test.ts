import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openChannel } from '../../src/plugin/next/turbopack-channel.ts'
import {
  loadForTurbopack,
  type LoaderContext,
  type LoaderOptions,
} from '../../src/plugin/next/turbopack-loader.ts'
import { look, png } from '../bundlers/sandbox.ts'
import { temporaryProject, type TemporaryProject } from '../temporary-project.ts'

const MANIFEST = `
images:
  own: { source: ./own.png, alt: drawn by hand, output: { formats: [webp, png], widths: [32] } }
  missing: { prompt: nobody has paid for it, alt: "" }
`

async function project(): Promise<TemporaryProject> {
  return temporaryProject({
    'imagegen.config.json': '{ "mode": "frozen" }',
    'src/cast.image.yaml': MANIFEST,
    'src/own.png': await png('#336699'),
  })
}

/** What Turbopack gives a loader, and what it is told by it. */
function contextOf(
  { root, file }: TemporaryProject,
  resource: string,
  options: LoaderOptions = { channel: `${root}/channel` },
): { readonly context: LoaderContext; readonly files: string[]; readonly errors: Error[] } {
  const files: string[] = []
  const errors: Error[] = []
  const context: LoaderContext = {
    resource: file(resource),
    rootContext: root,
    getOptions: () => options,
    addDependency: (dependency) => void files.push(dependency),
    emitError: (error) => void errors.push(error),
  }
  return { context, files, errors }
}

/** The attributes of the imports of a module. */
function attributesIn(code: string): Array<Readonly<Record<string, string>>> {
  return [...code.matchAll(/ with (\{.*\})$/gm)].map(
    ([, json = '']) => JSON.parse(json) as Record<string, string>,
  )
}

describe('the loader for Turbopack, set up by hand', () => {
  it.each(['src/cast.image.yaml', 'src/cast.image.yaml?image=own'])(
    'refuses %s and says to wrap the configuration',
    async (resource) => {
      const { context } = contextOf(await project(), resource, {})
      await expect(loadForTurbopack(context)).rejects.toThrow(
        /set up by hand[^]*withImagegen\(nextConfig\)/,
      )
    },
  )
})

describe('the loader for Turbopack, where Next’s own process does not answer', () => {
  it('gives a manifest’s module one module an image', async () => {
    const { context } = contextOf(await project(), 'src/cast.image.yaml')
    const code = String(await loadForTurbopack(context))
    expect(code).toContain('"./cast.image.yaml?image=own"')
    expect(code).toContain('"./cast.image.yaml?image=missing"')
  })

  it('gives the module of an image, and the bytes that it imports', async () => {
    const made = await project()
    const { context, files } = contextOf(made, 'src/cast.image.yaml?image=own')
    const code = String(await loadForTurbopack(context))
    expect(files).toEqual(
      expect.arrayContaining([made.file('src/cast.image.yaml'), made.file('src/own.png')]),
    )
    const imports = attributesIn(code)
    expect(imports.map(({ turbopackAs }) => path.extname(turbopackAs!))).toEqual(['.webp', '.png'])
    for (const { turbopackLoaderOptions, turbopackAs, turbopackModuleType } of imports) {
      expect(turbopackModuleType).toBe('asset')
      const options = JSON.parse(turbopackLoaderOptions!) as LoaderOptions
      const bytes = await loadForTurbopack(contextOf(made, 'any.js', options).context)
      const format = path.extname(turbopackAs!).slice(1)
      expect(await look(bytes as Uint8Array)).toEqual({ format, width: 32, height: 32 })
    }
  })

  it('refuses what is missing, with what to do, and requests nothing', async () => {
    const { context } = contextOf(await project(), 'src/cast.image.yaml?image=missing')
    await expect(loadForTurbopack(context)).rejects.toMatchObject({
      message: expect.stringContaining('run `imagegen generate`') as string,
      stack: expect.not.stringContaining('    at ') as string,
    })
  })

  it('names all files in which an error can be fixed', async () => {
    const made = await project()
    made.write({ 'src/cast.image.yaml': 'images: { own: { source: ./other.png, alt: "" } }' })
    const { context, files } = contextOf(made, 'src/cast.image.yaml')
    await expect(loadForTurbopack(context)).rejects.toThrow('src/cast.image.yaml:1:')
    expect(files).toEqual(
      expect.arrayContaining([made.file('src/cast.image.yaml'), made.file('src/other.png')]),
    )
  })
})

describe('the loader for Turbopack, beside Next’s own process', () => {
  it('passes on what that one says, and why a placeholder is shown', async () => {
    const made = await project()
    const channel = made.file('channel')
    await openChannel(channel, ({ image }) =>
      Promise.resolve({ code: `${image}`, problem: 'was refused', files: ['/a', '/b'] }),
    )
    const { context, files, errors } = contextOf(made, 'a.image.yaml?image=own', { channel })
    expect(await loadForTurbopack(context)).toBe('own')
    expect(files).toEqual(['/a', '/b'])
    expect(errors.map(({ message }) => message)).toEqual(['was refused'])
  })
})
