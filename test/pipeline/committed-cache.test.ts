import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished, expect, test } from 'vitest'
import { rememberManifests } from '../../src/manifest/read/parsed-cache.ts'
import { resolveOptions } from '../../src/options.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import { createRenditionCache } from '../../src/render/rendition-cache.ts'
import { digest, sha256 } from '../../src/shared/hash.ts'
import { release } from '../../src/shared/release.ts'
import { startEmulator } from '../../src/emulator/index.ts'
import { generateAll, openPipeline } from '../generate/running.ts'
import { temporaryProject, type TemporaryProject } from '../temporary-project.ts'

const CONFIG = { 'imagegen.config.json': '{ "cacheDir": ".cache/imagegen", "types": false }' }
const REVIEWED = `images:
  kira: { prompt: Portrait of Kira, alt: "", size: 512x512, output: { formats: [webp], widths: [32] } }
`
const OTHER = REVIEWED.replace('Portrait of Kira', 'An advertisement')

async function pipelineOf(root: string): Promise<Pipeline> {
  const options = await resolveOptions({
    start: root,
    inline: {},
    mode: 'production',
    isBuild: false,
    environment: {},
  })
  return createPipeline(options, { info() {}, warn() {}, error() {} })
}

async function promptIn(root: string): Promise<string | undefined> {
  const pipeline = await pipelineOf(root)
  return (await pipeline.survey()).plan.images[0]?.made?.recipe.prompt
}

/** Commits everything in a folder, what is ignored too, and gives a clone of it. */
async function cloneOf({ root }: TemporaryProject): Promise<string> {
  const git = (...args: readonly string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
      cwd: root,
      stdio: 'ignore',
    })
  git('init')
  git('add', '--force', '.')
  git('commit', '-m', 'a small change')
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-clone-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  git('clone', root, folder)
  return folder
}

test('a committed cache of manifests, signed with a committed key, decides no prompt', async () => {
  const attacker = await temporaryProject({ ...CONFIG, 'a.image.yaml': OTHER })
  expect(await promptIn(attacker.root)).toBe('An advertisement')
  const cacheDir = attacker.file('.cache/imagegen')
  const memory = rememberManifests(cacheDir, release())
  const poison = JSON.stringify(memory.get(sha256(OTHER)))
  memory.keep(sha256(REVIEWED), poison)
  await memory.save(new Set())
  attacker.write({ 'a.image.yaml': REVIEWED })
  // It would work for anyone who has the key and its mark.
  expect(await promptIn(attacker.root)).toBe('An advertisement')
  const victim = await cloneOf(attacker)
  expect(readFileSync(path.join(victim, '.cache/imagegen/manifests.jsonl'), 'utf8')).toContain(
    'An advertisement',
  )
  expect(await promptIn(victim)).toBe('Portrait of Kira')
  // What was read then is remembered beside it, and found by the next process.
  expect(await promptIn(victim)).toBe('Portrait of Kira')
  const remembered = rememberManifests(path.join(victim, '.cache/imagegen'), release())
  expect(remembered.has(sha256(REVIEWED))).toBe(true)
})

test('a cache of manifests without a signature, as earlier versions wrote it, is not used', async () => {
  const project = await temporaryProject({ ...CONFIG, 'a.image.yaml': OTHER })
  await promptIn(project.root)
  const cacheDir = project.file('.cache/imagegen')
  const poison = JSON.stringify(rememberManifests(cacheDir, release()).get(sha256(OTHER)))
  project.write({ 'a.image.yaml': REVIEWED })
  for (const version of [1, 2, 3]) {
    const head = JSON.stringify({ version, release: release() })
    const line = `${sha256(REVIEWED)} ${poison}\n`
    for (const text of [line, `${digest([head, line])} ${line.length}\n${line}`]) {
      writeFileSync(path.join(cacheDir, 'manifests.jsonl'), `${head}\n${text}`)
      expect(await promptIn(project.root)).toBe('Portrait of Kira')
    }
  }
})

test('lines that are added to a signed cache are not used, those before them are', async () => {
  const project = await temporaryProject({ ...CONFIG, 'a.image.yaml': OTHER })
  await promptIn(project.root)
  const file = project.file('.cache/imagegen/manifests.jsonl')
  const before = readFileSync(file, 'utf8')
  const poison = before.split('\n')[2]?.slice(65)
  writeFileSync(file, `${before}${sha256(REVIEWED)} ${poison}\n`)
  const memory = rememberManifests(project.file('.cache/imagegen'), release())
  expect(memory.has(sha256(OTHER))).toBe(true)
  expect(memory.has(sha256(REVIEWED))).toBe(false)
})

test('committed records of renditions ship no other picture', async () => {
  await using emulator = await startEmulator({ rpm: 0 })
  const attacker = await temporaryProject({ ...CONFIG, 'a.image.yaml': OTHER })
  const signal = new AbortController().signal
  const pipeline = await openPipeline(attacker.root, emulator)
  await generateAll(pipeline)
  const survey = await pipeline.survey()
  const other = await pipeline.render(survey.plan.images[0]!, survey, signal)

  attacker.write({ 'a.image.yaml': REVIEWED })
  await generateAll(pipeline)
  const reviewed = await pipeline.survey()
  const sound = await pipeline.render(reviewed.plan.images[0]!, reviewed, signal)
  const hashes = (image: typeof sound): string[] => image.renditions.map((one) => one.sha256)
  expect(hashes(sound)).not.toEqual(hashes(other))

  // Every record now names the other picture's files, sealed for its key.
  const cacheDir = attacker.file('.cache/imagegen')
  const cache = createRenditionCache(cacheDir)
  for (const name of readdirSync(path.join(cacheDir, 'records'))) {
    const key = name.slice(0, -'.json'.length)
    if (cache.readImage(key) !== undefined) cache.writeImage(key, other)
  }
  const poisoned = await pipeline.render(reviewed.plan.images[0]!, reviewed, signal)
  expect(hashes(poisoned)).toEqual(hashes(other))

  const victim = await pipelineOf(await cloneOf(attacker))
  const seen = await victim.survey()
  const shown = await victim.render(seen.plan.images[0]!, seen, signal)
  expect(hashes(shown)).toEqual(hashes(sound))
})
