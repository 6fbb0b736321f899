import { expect, it, onTestFinished } from 'vitest'
import { createLoadedModules } from '../../src/plugin/session/loaded-modules.ts'
import { createProject, type Project } from '../../src/plugin/session/project.ts'
import { createUpdates, type Updates } from '../../src/plugin/session/updates.ts'
import type { Logger } from '../../src/shared/logger.ts'
import { png } from '../bundlers/sandbox.ts'
import { temporaryProject, type TemporaryProject } from '../temporary-project.ts'

const MANIFEST = 'src/cast.image.yaml'
const OWN = 'images: { own: { source: ./own.png, alt: drawn by hand } }'

interface Watched {
  readonly files: TemporaryProject
  readonly project: Project
  readonly updates: Updates
  /** The images of each update that the host was told of. */
  readonly told: Array<readonly (string | undefined)[]>
  write(this: void, alt: string): void
}

/** A live session whose host has loaded `own`. */
async function watched(): Promise<Watched> {
  const files = await temporaryProject({
    'imagegen.config.json': '{ "mode": "frozen", "types": false }',
    [MANIFEST]: OWN,
    'src/own.png': await png('#336699'),
  })
  const facts = {
    start: files.root,
    mode: 'development',
    kind: 'live',
    keepsModules: false,
  } as const
  const project = createProject(undefined, facts, async () => undefined)
  onTestFinished(() => project.close())
  const modules = createLoadedModules(project, facts)
  const updates = createUpdates(project, modules)
  const told: Watched['told'] = []
  updates.onUpdate((changed) => told.push(changed.map(({ image }) => image)))
  await modules.load({ file: files.file(MANIFEST), image: 'own' }, await project.survey())
  const write = (alt: string): void =>
    files.write({ [MANIFEST]: OWN.replace('drawn by hand', alt) })
  return { files, project, updates, told, write }
}

it('tells the host which modules changed, and nothing if none did', async () => {
  const { files, updates, told, write } = await watched()
  await updates.refresh()
  expect(told).toEqual([])
  write('drawn again')
  await updates.refresh(files.file(MANIFEST))
  expect(told).toEqual([['own']])
})

it('refreshes that come while one waits share it', async () => {
  const { files, updates, told, write } = await watched()
  write('drawn again')
  const first = updates.refresh(files.file(MANIFEST))
  expect(updates.refresh()).toBe(first)
  await first
  expect(told).toEqual([['own']])
  expect(updates.refresh()).not.toBe(first)
})

it('continues after a failed survey', async () => {
  const { files, project, updates, told, write } = await watched()
  files.write({ 'imagegen.config.json': '{ "include": "[" }' })
  write('drawn again')
  await project.reopen()
  files.write({ 'imagegen.config.json': '{ "mode": "frozen", "types": false }' })
  await project.reopen()
  await updates.refresh()
  expect(told).toEqual([['own']])
})

it('tells nothing once the session is closed', async () => {
  const { project, updates, told, write } = await watched()
  write('drawn again')
  project.close()
  await updates.refresh()
  expect(told).toEqual([])
})

it('reports what is wrong with manifests once, and again after it was fixed', async () => {
  const { files, project, updates } = await watched()
  const errors: string[] = []
  const logger: Logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (message) => errors.push(message),
  }
  const report = async (text: string): Promise<void> => {
    files.write({ [MANIFEST]: text })
    project.invalidate()
    updates.report(await project.survey(), logger)
  }
  await report('images: { own: { soruce: ./own.png } }')
  await report('images: { own: { soruce: ./own.png } }')
  expect(errors).toHaveLength(1)
  expect(errors[0]).toContain('Did you mean `source`?')
  await report(OWN)
  await report('images: { own: { soruce: ./own.png } }')
  expect(errors).toHaveLength(2)
})
