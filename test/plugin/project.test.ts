import { expect, it, onTestFinished } from 'vitest'
import { createProject, type Project } from '../../src/plugin/session/project.ts'
import { png } from '../bundlers/sandbox.ts'
import { temporaryProject, type TemporaryProject } from '../temporary-project.ts'

const CONFIG = 'imagegen.config.json'
const OWN = 'images: { own: { source: ./own.png, alt: drawn by hand } }'

async function ownPicture(config = '{ "mode": "frozen", "types": false }') {
  return temporaryProject({
    [CONFIG]: config,
    'src/cast.image.yaml': OWN,
    'src/own.png': await png('#336699'),
  })
}

function open({ root }: TemporaryProject, kind: 'build' | 'live' = 'live'): Project {
  const facts = { start: root, mode: 'development', kind, keepsModules: false } as const
  const project = createProject(undefined, facts, async () => undefined)
  onTestFinished(() => project.close())
  return project
}

it('keeps its survey until a change is reported', async () => {
  const files = await ownPicture()
  const project = open(files)
  expect(project.opened()).toBeUndefined()
  expect(project.known()).toBeUndefined()
  const first = await project.survey()
  expect(await project.survey()).toBe(first)
  expect(project.known()).toBe(first)

  const more = OWN.replace('own:', 'more: { source: ./own.png, alt: "" }, own:')
  files.write({ 'src/cast.image.yaml': more })
  expect(await project.survey()).toBe(first)
  project.invalidate(files.file('src/cast.image.yaml'))
  expect([...(await project.survey()).images.keys()]).toEqual([
    'src/cast.image.yaml#more',
    'src/cast.image.yaml#own',
  ])
})

it('keeps its last survey after it is invalidated', async () => {
  const project = open(await ownPicture())
  const first = await project.survey()
  project.invalidate()
  expect(project.known()).toBe(first)
})

it('opens once the configuration is valid', async () => {
  const files = await ownPicture('{ "mode": "forzen" }')
  const project = open(files)
  await expect(project.survey()).rejects.toThrow('forzen')
  await expect(project.open()).rejects.toThrow('forzen')
  files.write({ [CONFIG]: '{ "mode": "frozen", "types": false }' })
  expect((await project.survey()).images.size).toBe(1)
})

it('keeps its options when it is opened again with invalid ones', async () => {
  const files = await ownPicture()
  const project = open(files)
  const { pipeline } = await project.open()
  files.write({ [CONFIG]: '{ "mode": "forzen" }' })
  await project.reopen()
  expect((await project.open()).pipeline).toBe(pipeline)
  files.write({ [CONFIG]: '{ "mode": "placeholder", "types": false }' })
  await project.reopen()
  expect((await project.open()).pipeline.options.mode).toBe('placeholder')
  expect(project.opened()).toBe(await project.open())
})

it('keeps the budget across options that do not change it', async () => {
  const files = await ownPicture()
  const project = open(files)
  const { budget } = (await project.open()).pipeline
  files.write({ [CONFIG]: '{ "mode": "placeholder", "types": false }' })
  await project.reopen()
  expect((await project.open()).pipeline.budget).toBe(budget)
  files.write({ [CONFIG]: '{ "mode": "frozen", "types": false, "budget": { "images": 3 } }' })
  await project.reopen()
  expect((await project.open()).pipeline.budget).not.toBe(budget)
})

it('refuses a build with an image that is missing', async () => {
  const files = await ownPicture()
  files.write({ 'src/quay.image.yaml': 'prompt: a quay\nalt: a quay\n' })
  const project = open(files, 'build')
  await expect(project.fulfil()).rejects.toThrow('src/quay.image.yaml')
  files.write({ 'src/quay.image.yaml': 'source: ./own.png\nalt: a quay\n' })
  expect((await project.fulfil()).images.size).toBe(2)
})

it('aborts what is under way when it closes', async () => {
  const project = open(await ownPicture())
  await project.open()
  expect(project.signal.aborted).toBe(false)
  project.close()
  expect(project.signal.aborted).toBe(true)
})
