import { existsSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import type { HostFacts, HostKind } from '../../src/plugin/session/host-facts.ts'
import type { Loaded } from '../../src/plugin/session/load-module.ts'
import { createLoadedModules, type LoadedModules } from '../../src/plugin/session/loaded-modules.ts'
import { createProject, type Project } from '../../src/plugin/session/project.ts'
import { png } from '../bundlers/sandbox.ts'
import { temporaryProject, type TemporaryProject } from '../temporary-project.ts'

const OWN = 'images: { own: { source: ./own.png, alt: drawn by hand } }'
const MANIFEST = 'src/cast.image.yaml'

interface Opened {
  readonly files: TemporaryProject
  readonly project: Project
  readonly modules: LoadedModules
  load(this: void, image: string | undefined): Promise<Loaded>
  changed(this: void): Promise<readonly (string | undefined)[]>
}

async function open(
  kind: HostKind,
  more: Partial<HostFacts> = {},
  mode = 'frozen',
): Promise<Opened> {
  const files = await temporaryProject({
    'imagegen.config.json': JSON.stringify({ mode, types: false }),
    [MANIFEST]: OWN,
    'src/own.png': await png('#336699'),
  })
  const facts = { start: files.root, mode: 'development', kind, keepsModules: false, ...more }
  const project = createProject(undefined, facts, async () => undefined)
  onTestFinished(() => project.close())
  const modules = createLoadedModules(project, facts)
  return {
    files,
    project,
    modules,
    load: async (image) =>
      modules.load({ file: files.file(MANIFEST), image }, await project.survey()),
    async changed() {
      project.invalidate()
      return (await modules.takeChanged(await project.survey())).map(({ image }) => image)
    },
  }
}

it('a manifest is its entries, and an image its renditions with the files that decide it', async () => {
  const { files, load } = await open('build')
  expect(await load(undefined)).toMatchObject({
    kind: 'manifest',
    entries: [{ name: 'own', exportName: 'own' }],
    files: [],
  })
  const image = await load('own')
  expect(image).toMatchObject({
    kind: 'image',
    alt: 'drawn by hand',
    files: [files.file(MANIFEST), files.file('src/own.png')],
  })
  const { renditions } = (image as Extract<Loaded, { kind: 'image' }>).rendered
  expect(renditions.map(({ file }) => existsSync(file))).not.toContain(false)
  expect(renditions.length).toBeGreaterThan(0)
})

it('an image that does not exist fails with every file that its manifest names', async () => {
  const { files, load } = await open('live')
  const failed = await load('other')
  expect(failed).toMatchObject({ kind: 'failed', files: [files.file('src/own.png')] })
  expect(String((failed as Extract<Loaded, { kind: 'failed' }>).error)).toContain(
    'has no image `other`',
  )
})

it('names the modules whose output changed, once', async () => {
  const { files, load, changed } = await open('live')
  await load(undefined)
  await load('own')
  expect(await changed()).toEqual([])
  files.write({ [MANIFEST]: OWN.replace('drawn by hand', 'drawn again') })
  expect(await changed()).toEqual(['own'])
  expect(await changed()).toEqual([])
  files.write({ [MANIFEST]: OWN.replace('own:', 'ours:') })
  expect(await changed()).toEqual([undefined])
})

it('does not name what the host reloads by itself', async () => {
  const { files, modules, load, changed } = await open('live')
  await load('own')
  files.write({ 'src/own.png': await png('#996633') })
  modules.forget(files.file('src/own.png'))
  expect(await changed()).toEqual([])
})

it('names a module that could not be loaded, whatever file the host has seen change', async () => {
  const { files, modules, load, changed } = await open('live')
  await load('later')
  files.write({ [MANIFEST]: OWN.replace('own:', 'later:') })
  modules.forget(files.file(MANIFEST))
  expect(await changed()).toEqual(['later'])
})

it('in a live session a failed image shows a placeholder and reports its problem', async () => {
  const { files, modules, load } = await open('live')
  const told: string[] = []
  modules.onProblem(({ message }) => told.push(message))
  files.write({ [MANIFEST]: 'images: { quay: { prompt: a quay, alt: a quay } }' })
  const loaded = await load('quay')
  const { rendered, problem } = loaded as Extract<Loaded, { kind: 'image' }>
  expect(rendered.renditions.length).toBeGreaterThan(0)
  expect(problem?.message).toContain('is missing')
  expect(told).toEqual([problem?.message])
  expect([...modules.problems().values()]).toEqual([problem])
})

it('a problem ends with a load that succeeds', async () => {
  const { files, project, modules, load } = await open('live')
  files.write({ [MANIFEST]: 'images: { own: { prompt: a quay, alt: a quay } }' })
  await load('own')
  expect(modules.problems().size).toBe(1)
  files.write({ [MANIFEST]: OWN })
  project.invalidate()
  await load('own')
  expect(modules.problems().size).toBe(0)
})

it('in a build an image that is missing fails', async () => {
  const { files, load } = await open('build')
  files.write({ [MANIFEST]: 'images: { quay: { prompt: a quay, alt: a quay } }' })
  expect(await load('quay')).toMatchObject({
    kind: 'failed',
    error: { code: 'frozen' },
    files: [files.file(MANIFEST)],
  })
})

it('modules that the host caches depend on a stamp, which goes stale with what they show', async () => {
  const { files, project, modules, load } = await open('live', { keepsModules: true })
  const loaded = await load('own')
  const stamp = loaded.files.at(-1)!
  expect(existsSync(stamp)).toBe(true)
  await modules.refreshKept(await project.survey())
  expect(modules.takeStale()).toEqual([])

  files.write({ [MANIFEST]: OWN.replace('drawn by hand', 'drawn again') })
  project.invalidate()
  await modules.refreshKept(await project.survey())
  expect(modules.takeStale()).toEqual([stamp])
  expect(modules.takeStale()).toEqual([])
})

it('modules that the host caches go stale when it emits other code for the same image', async () => {
  const facts = { keepsModules: true, sampleCode: 'before' }
  const { files, project, load } = await open('live', facts)
  const stamp = (await load('own')).files.at(-1)!
  const host = { start: files.root, mode: 'development', kind: 'live' } as const
  const later = createLoadedModules(project, { ...host, ...facts, sampleCode: 'after' })
  await later.refreshKept(await project.survey())
  expect(later.takeStale()).toEqual([stamp])
})

it('leaves the stamps of modules alone that another instance answers for', async () => {
  const facts = { keepsModules: true, isAnothers: async () => true }
  const { files, project, modules, load } = await open('live', facts)
  await load('own')
  files.write({ [MANIFEST]: OWN.replace('drawn by hand', 'drawn again') })
  project.invalidate()
  await modules.refreshKept(await project.survey())
  expect(modules.takeStale()).toEqual([])
})
