import { expect, it, onTestFinished } from 'vitest'
import type { HostFacts } from '../../src/plugin/session/host-facts.ts'
import { createSession, startWatched, type Session } from '../../src/plugin/session/session.ts'
import { png } from '../bundlers/sandbox.ts'
import { temporaryProject, type TemporaryProject } from '../temporary-project.ts'

const CONFIG = 'imagegen.config.json'
const MANIFEST = 'src/cast.image.yaml'
const OWN = 'images: { own: { source: ./own.png, alt: drawn by hand } }'

async function ownPicture(): Promise<TemporaryProject> {
  return temporaryProject({
    [CONFIG]: '{ "mode": "frozen", "types": false }',
    [MANIFEST]: OWN,
    'src/own.png': await png('#336699'),
  })
}

function begin({ root }: TemporaryProject, facts: Partial<HostFacts> = {}): Session {
  const session = createSession(undefined, {
    start: root,
    mode: 'development',
    kind: 'live',
    keepsModules: false,
    ...facts,
  })
  onTestFinished(() => session.close())
  return session
}

it('loads what is on disk before a watcher reports the edit', async () => {
  const files = await ownPicture()
  const session = begin(files)
  await session.start()
  const id = { file: files.file(MANIFEST), image: 'own' }
  expect(await session.load(id)).toMatchObject({ kind: 'image', alt: 'drawn by hand' })
  files.write({ [MANIFEST]: OWN.replace('drawn by hand', 'drawn again') })
  expect(await session.load(id)).toMatchObject({ kind: 'image', alt: 'drawn again' })
})

it('loads what an edited style says before a watcher reports the edit, also when it was broken', async () => {
  const files = await ownPicture()
  files.write({
    'look.yaml': 'defaults: { alt: from a style }',
    [MANIFEST]: 'extends: ../look.yaml\nimages: { own: { source: ./own.png } }',
  })
  const session = begin(files)
  await session.start()
  const id = { file: files.file(MANIFEST), image: 'own' }
  expect(await session.load(id)).toMatchObject({
    alt: 'from a style',
    files: expect.arrayContaining([files.file('look.yaml')]) as string[],
  })
  files.write({ 'look.yaml': 'defaults: { atl: misspelt }' })
  expect(await session.load(id)).toMatchObject({
    kind: 'failed',
    files: [files.file('look.yaml')],
  })
  files.write({ 'look.yaml': 'defaults: { alt: from a new style }' })
  expect(await session.load(id)).toMatchObject({ kind: 'image', alt: 'from a new style' })
})

it('says why a module cannot be loaded instead of throwing it', async () => {
  const files = await ownPicture()
  const session = begin(files)
  const manifest = { file: files.file(MANIFEST), image: undefined }
  files.write({ [CONFIG]: '{ "mode": "forzen" }' })
  expect(await session.load(manifest)).toMatchObject({ kind: 'failed', error: { code: 'config' } })
  files.write({ [CONFIG]: '{ "mode": "frozen", "types": false, "exclude": "src/**" }' })
  expect(await session.load(manifest)).toMatchObject({
    kind: 'failed',
    error: { message: expect.stringContaining('the option `include` does not find it') as string },
  })
})

it('tells the host which modules an edit of another file changes', async () => {
  const files = await ownPicture()
  const session = begin(files)
  const told: Array<string | undefined> = []
  session.onUpdate((modules) => told.push(...modules.map(({ image }) => image)))
  await session.start()
  await session.load({ file: files.file(MANIFEST), image: 'own' })
  await session.load({ file: files.file(MANIFEST), image: undefined })
  files.write({
    [CONFIG]:
      '{ "mode": "frozen", "types": false, "defaults": { "output": { "formats": ["webp", "jpeg"] } } }',
  })
  await session.changed(files.file(CONFIG))
  const unrelated = files.file('src/main.ts')
  await session.changed(unrelated)
  expect(told).toEqual(['own'])
})

it('a build that cannot start names the files in which that can be fixed', async () => {
  const files = await ownPicture()
  files.write({ [MANIFEST]: OWN.replace('./own.png', './missing.png') })
  const watched: string[] = []
  const session = begin(files, { kind: 'build' })
  await expect(startWatched(session, (file) => watched.push(file))).rejects.toThrow('missing.png')
  expect(watched).toEqual(
    expect.arrayContaining([files.file(MANIFEST), files.file('src/missing.png')]),
  )
})

it('a live session starts with a broken manifest, and recovers by itself', async () => {
  const files = await ownPicture()
  files.write({ [MANIFEST]: OWN.replace('source', 'soruce') })
  const session = begin(files)
  await session.start()
  const id = { file: files.file(MANIFEST), image: 'own' }
  expect(await session.load(id)).toMatchObject({ kind: 'failed', error: { code: 'manifest' } })
  files.write({ [MANIFEST]: OWN })
  expect(await session.load(id)).toMatchObject({ kind: 'image' })
})

it('knows store and cache before and after its options are read', async () => {
  const files = await ownPicture()
  const session = begin(files)
  for (const round of ['before', 'after']) {
    if (round === 'after') await session.start()
    expect(session.makesFile(files.file('.imagegen/kira-1.png'))).toBe(true)
    expect(session.makesFile(files.file('src/kira.png'))).toBe(false)
    expect(session.isUnseen(files.file('.imagegen/kira-1.json'))).toBe(false)
    expect(session.isUnseen(files.file('.imagegen/kira-1.png'))).toBe(false)
    expect(session.isUnseen(files.file('.imagegen/locks/kira'))).toBe(true)
    expect(session.isUnseen(files.file('node_modules/.cache/unplugin-imagegen/a.webp'))).toBe(true)
  }
})

it('knows its surroundings, images and manifests once it has started', async () => {
  const files = await ownPicture()
  const [live, build] = [begin(files), begin(files, { kind: 'build' })]
  expect(live.surroundings()).toEqual({ files: [], folders: [] })
  expect([live.images(), live.manifests()]).toEqual([undefined, undefined])
  await live.start()
  await build.start()
  expect(live.surroundings()).toEqual({
    files: [files.file(CONFIG)],
    folders: [files.file('.imagegen')],
  })
  expect(build.surroundings()).toEqual({ files: [files.file(CONFIG)], folders: [] })
  const id = { file: files.file(MANIFEST), image: 'own' }
  expect(live.images()?.namesOf(id)).toEqual(['own', 'own'])
  expect(live.images()?.namesOf({ file: files.file('src/other.image.yaml'), image: 'a' })).toBe(
    undefined,
  )
  expect(live.manifests()).toMatchObject({ root: files.root, manifests: [{ text: OWN }] })
})

it('labels placeholders only where a person sees them', async () => {
  const files = await temporaryProject({
    [CONFIG]: '{ "types": false }',
    [MANIFEST]:
      'images: { kira: { prompt: Kira, alt: "", output: { formats: [png], widths: [96] } } }',
  })
  const environment = { IMAGEGEN_MODE: 'generate' }
  const shown = async (facts: Partial<HostFacts>): Promise<string> => {
    const session = begin(files, { environment, ...facts })
    const loaded = await session.load({ file: files.file(MANIFEST), image: 'kira' })
    if (loaded.kind !== 'image') throw new Error(`The image is ${loaded.kind}.`)
    return loaded.rendered.renditions[0]!.sha256
  }
  const plain = await shown({ environment: { IMAGEGEN_MODE: 'placeholder' } })
  expect(await shown({ kind: 'unattended' })).toBe(plain)
  expect(await shown({ kind: 'child' })).toBe(plain)
  expect(await shown({ kind: 'live' })).not.toBe(plain)
})
