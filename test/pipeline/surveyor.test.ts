import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { parseDefaults } from '../../src/manifest/read/validate.ts'
import { resolveOptions, type ResolvedOptions } from '../../src/options.ts'
import type { Survey } from '../../src/pipeline/survey.ts'
import { createSurveyor, type Surveyor } from '../../src/pipeline/surveyor.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { keep, jpeg, responseOf } from '../store/samples.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'

interface Opened {
  readonly root: string
  readonly options: ResolvedOptions
  readonly store: Store
  readonly surveyor: Surveyor
  readonly file: (name: string) => string
  readonly write: (files: FileTree) => void
  /** Reads everything with a memory that is empty, as a process that has just begun. */
  readonly fromScratch: () => Promise<Survey>
}

async function open(files: FileTree): Promise<Opened> {
  const project = await temporaryProject(files)
  const options = await resolveOptions({
    start: project.root,
    inline: {},
    mode: 'production',
    isBuild: false,
    environment: {},
  })
  const store = openStore({ dir: options.storeDir, logger: silent })
  const surveyorOf = (given: ResolvedOptions): Surveyor =>
    createSurveyor(given, parseDefaults(given.defaults), store)
  let looks = 0
  return {
    ...project,
    options,
    store,
    surveyor: surveyorOf(options),
    fromScratch: async () =>
      surveyorOf({ ...options, cacheDir: path.join(project.root, 'fresh', `${looks++}`) }).survey(),
  }
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** All that a survey says, as plain data. */
function told({ manifests, entries, plan, problems, withoutAlt }: Survey): unknown {
  return {
    manifests: manifests.map(({ file, path: name, text, content }) => ({
      file,
      name,
      text,
      content,
    })),
    entries: [...entries].map(([id, { manifest, ...entry }]) => [id, manifest.path, entry]),
    images: plan.images.map(({ entry, made, ...image }) => [
      entry.id,
      image,
      made === undefined ? undefined : { ...made, model: made.model.name },
    ]),
    jobs: plan.jobs.map(({ entry, made, ...job }) => [entry.id, made.key, job]),
    summary: plan.summary,
    problems: [...problems],
    withoutAlt: withoutAlt.map(({ id }) => id),
  }
}

async function expectSame(now: Survey, project: Opened): Promise<void> {
  expect(told(now)).toEqual(told(await project.fromScratch()))
}

const CAST = 'images: { kira: { prompt: Kira, alt: "" }, tomas: { prompt: Tomas } }'

test('an edit updates everything that depends on it', async () => {
  const project = await open({
    'a.image.yaml': CAST,
    'b.image.yaml': 'images: { both: { prompt: x, alt: "", references: [./a.image.yaml#kira] } }',
    'c.image.yaml': 'images: { third: { prompt: x, alt: "", references: [./b.image.yaml#both] } }',
    'd.image.yaml': 'images: { other: { prompt: y, alt: "" } }',
  })
  const before = await project.surveyor.survey()
  project.write({ 'a.image.yaml': CAST.replace('Kira', 'Kira in a hat') })
  const after = await project.surveyor.surveyAgain([project.file('a.image.yaml')])
  if (after === undefined) throw new Error('the edit was not understood')
  await expectSame(after, project)
  const key = (survey: Survey, id: string): string | undefined => survey.images.get(id)?.made?.key
  for (const id of ['b.image.yaml#both', 'c.image.yaml#third']) {
    expect(key(after, id)).not.toBe(key(before, id))
  }
  // What has nothing to do with it was not worked out again.
  expect(after.entries.get('d.image.yaml#other')).toBe(before.entries.get('d.image.yaml#other'))
})

test('an edited style updates the manifests that extend it, and no others', async () => {
  const project = await open({
    'look.yaml': 'vars: { look: warm }',
    'a.image.yaml': 'extends: ./look.yaml\nimages: { a: { prompt: "${look}", alt: "" } }',
    'b.image.yaml': 'images: { b: { prompt: x, alt: "" } }',
  })
  const before = await project.surveyor.survey()
  project.write({ 'look.yaml': 'vars: { look: cold }' })
  const after = await project.surveyor.surveyAgain([project.file('look.yaml')])
  if (after === undefined) throw new Error('the edit was not understood')
  await expectSame(after, project)
  expect(after.images.get('a.image.yaml#a')?.made?.recipe.prompt).toBe('cold')
  expect(after.entries.get('b.image.yaml#b')).toBe(before.entries.get('b.image.yaml#b'))
  // The next process parses neither the manifests nor the style.
  const kept = path.join(project.options.cacheDir, 'manifests.jsonl')
  await project.surveyor.survey()
  const size = statSync(kept).size
  await createSurveyor(project.options, {}, project.store).survey()
  expect(statSync(kept).size).toBe(size)
})

test('a deleted name is an error in references to it, until it is back', async () => {
  const project = await open({
    'a.image.yaml': CAST,
    'b.image.yaml': 'images: { both: { prompt: x, alt: "", references: [./a.image.yaml#tomas] } }',
  })
  await project.surveyor.survey()
  for (const text of [CAST.replace('tomas', 'somebody'), 'images: {', CAST]) {
    project.write({ 'a.image.yaml': text })
    const after = await project.surveyor.surveyAgain([project.file('a.image.yaml')])
    if (after === undefined) throw new Error('the edit was not understood')
    await expectSame(after, project)
  }
})

test('changes are detected by bytes, not by size and time', async () => {
  const project = await open({ 'a.image.yaml': CAST, 'face.png': 'one' })
  await project.surveyor.survey()
  const file = project.file('a.image.yaml')
  const { atime, mtime } = statSync(file)
  project.write({ 'a.image.yaml': CAST.replace('Kira', 'Arik') })
  // As a checkout or a copy does that keeps times, or a clock that was set back.
  utimesSync(file, atime, mtime)
  await expectSame(await project.surveyor.survey(), project)
  // The next process finds what this one remembers.
  await expectSame(await createSurveyor(project.options, {}, project.store).survey(), project)
})

test('a file with other bytes, but the same size and time, changes the key', async () => {
  const project = await open({
    'a.image.yaml': 'images: { a: { prompt: x, alt: "", references: [./face.png] } }',
    'face.png': 'one',
  })
  const before = await project.surveyor.survey()
  const file = project.file('face.png')
  const { atime, mtime } = statSync(file)
  writeFileSync(file, 'two')
  utimesSync(file, atime, mtime)
  const full = await project.surveyor.survey()
  expect(full.plan.images[0]?.made?.key).not.toBe(before.plan.images[0]?.made?.key)
  writeFileSync(file, 'six')
  utimesSync(file, atime, mtime)
  const after = await project.surveyor.surveyAgain([file])
  if (after === undefined) throw new Error('the edit was not understood')
  await expectSame(after, project)
})

test('an edited manifest that is still empty is waited for, as editors empty a file before they write it', async () => {
  const project = await open({ 'a.image.yaml': 'images: { fox: { prompt: A fox, alt: "" } }' })
  await project.surveyor.survey()
  project.write({ 'a.image.yaml': '' })
  const surveying = project.surveyor.surveyAgain([project.file('a.image.yaml')])
  project.write({ 'a.image.yaml': 'images: { fox: { prompt: A wolf, alt: "" } }' })
  const after = await surveying
  expect(after?.problems.size).toBe(0)
  expect(told(after!)).toEqual(told(await project.fromScratch()))
})

test('an edited manifest that stays empty is reported', async () => {
  const project = await open({ 'a.image.yaml': 'images: { fox: { prompt: A fox, alt: "" } }' })
  await project.surveyor.survey()
  project.write({ 'a.image.yaml': '' })
  const after = await project.surveyor.surveyAgain([project.file('a.image.yaml')])
  expect([...after!.problems.keys()]).toEqual(['a.image.yaml'])
})

test('a new or deleted manifest needs a full survey', async () => {
  const project = await open({ 'a.image.yaml': CAST })
  const { surveyor, file, write } = project
  expect(await surveyor.surveyAgain([file('a.image.yaml')])).toBeUndefined()
  await surveyor.survey()
  write({ 'new.image.yaml': 'images: { x: { prompt: x } }' })
  expect(await surveyor.surveyAgain([file('new.image.yaml')])).toBeUndefined()
  await surveyor.survey()
  rmSync(file('a.image.yaml'))
  expect(await surveyor.surveyAgain([file('a.image.yaml')])).toBeUndefined()
  await expectSame(await surveyor.survey(), project)
})

test('the cache of another version of this package is not used', async () => {
  const project = await open({ 'a.image.yaml': CAST })
  await project.surveyor.survey()
  const kept = path.join(project.options.cacheDir, 'manifests.jsonl')
  const text = readFileSync(kept, 'utf8')
  // As it would have read the manifest.
  writeFileSync(
    kept,
    text.replaceAll('Tomas', 'Somebody else').replace('"release":"', '"release":"9'),
  )
  await expectSame(await createSurveyor(project.options, {}, project.store).survey(), project)
  // A line that was cut off.
  writeFileSync(kept, text.slice(0, -20))
  await expectSame(await createSurveyor(project.options, {}, project.store).survey(), project)
})

const manifestNames = ['a', 'b', 'sub/c'] as const
const manifestName = fc.constantFrom(...manifestNames)
const target = fc.constantFrom(
  '#one',
  '#two',
  '#nobody',
  './face.png',
  './gone.png',
  ...manifestNames.flatMap((name) => [`/${name}#one`, `/${name}#two`, `/${name}`]),
)
const image = fc.record({
  prompt: fc.constantFrom('x', 'y', '${word}', '${nothing}'),
  references: fc.array(target, { maxLength: 2 }),
  model: fc.constantFrom(undefined, undefined, 'image-01-live', 'no-such-model'),
  n: fc.constantFrom(undefined, 2),
  alt: fc.constantFrom(undefined, ''),
})
const content = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      one: image,
      two: fc.option(image, { nil: undefined }),
      extended: fc.subarray(['/look', '/a', '/sub/c']),
    }),
  },
  { weight: 1, arbitrary: fc.constant('images: {') },
  { weight: 1, arbitrary: fc.constant('prompt: one alone') },
)
const edit = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), name: manifestName, content }),
  fc.record({ kind: fc.constant('remove' as const), name: manifestName }),
  fc.record({ kind: fc.constant('rename' as const), name: manifestName, to: manifestName }),
  fc.record({
    kind: fc.constant('face' as const),
    bytes: fc.constantFrom('one', 'two', undefined),
  }),
  fc.record({
    kind: fc.constant('style' as const),
    text: fc.constantFrom(
      'defaults: { references: [./face.png] }\nvars: { nothing: x }',
      'defaults: { n: 3 }\nextends: ./b.image.yaml',
      'vars: [',
      undefined,
    ),
  }),
  fc.record({ kind: fc.constant('store' as const), pick: fc.nat(5) }),
)
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never
type Content = typeof content extends fc.Arbitrary<infer Value> ? Value : never

function textOf(name: string, written: Content): string {
  if (typeof written === 'string') return written
  const folder = path.posix.dirname(`/${name}`)
  const { extended, ...all } = written
  const images = Object.entries(all).flatMap(([key, settings]) =>
    settings === undefined
      ? []
      : [[key, { ...settings, references: settings.references.map(from) }]],
  )
  return JSON.stringify({
    ...(extended.length === 0 ? {} : { extends: extended.map(pathOf) }),
    vars: { word: 'a word' },
    images: Object.fromEntries(images),
  })

  function pathOf(file: string): string {
    const end = file === '/look' ? '.yaml' : '.image.yaml'
    return `./${path.posix.relative(folder, file)}${end}`
  }

  function from(reference: string): string {
    const [, manifest, image = ''] = /^\/([^#]+)(#.*)?$/.exec(reference) ?? []
    if (manifest === undefined) return reference
    return `./${path.posix.relative(folder, `/${manifest}`)}.image.yaml${image}`
  }
}

/** Carries an edit out. Says which files were edited, or nothing where that is more than edits of files. */
async function carryOut(step: Edit, project: Opened, seen: Survey): Promise<string[] | undefined> {
  const fileOf = (name: string): string => project.file(`${name}.image.yaml`)
  switch (step.kind) {
    case 'write':
      mkdirSync(path.dirname(fileOf(step.name)), { recursive: true })
      writeFileSync(fileOf(step.name), textOf(step.name, step.content))
      return [fileOf(step.name)]
    case 'remove':
      rmSync(fileOf(step.name), { force: true })
      return [fileOf(step.name)]
    case 'rename': {
      mkdirSync(path.dirname(fileOf(step.to)), { recursive: true })
      if (seen.manifests.some(({ path: name }) => name === `${step.name}.image.yaml`)) {
        renameSync(fileOf(step.name), fileOf(step.to))
      }
      return [fileOf(step.name), fileOf(step.to)]
    }
    case 'face':
      for (const folder of ['.', 'sub']) {
        const file = project.file(path.join(folder, 'face.png'))
        mkdirSync(path.dirname(file), { recursive: true })
        if (step.bytes === undefined) rmSync(file, { force: true })
        else writeFileSync(file, step.bytes)
      }
      return [project.file('face.png'), project.file('sub/face.png')]
    case 'style': {
      const file = project.file('look.yaml')
      if (step.text === undefined) rmSync(file, { force: true })
      else writeFileSync(file, step.text)
      return [file]
    }
    case 'store': {
      const job = seen.plan.jobs[step.pick]
      if (job === undefined) return undefined
      const { key, recipe } = job.made
      const bytes = await jpeg(`#${key.slice(0, 6)}`)
      await keep(project.store, responseOf([bytes], { key, recipe: { ...recipe } as never }))
      return undefined
    }
    default:
      return step satisfies never
  }
}

test('incremental surveys equal a full survey after any edits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
      const project = await open({ 'face.png': 'one', 'a.image.yaml': CAST })
      onTestFinished(() => rmSync(project.root, { recursive: true, force: true }))
      let seen = await project.surveyor.survey()
      for (const step of edits) {
        const edited = await carryOut(step, project, seen)
        const again = edited === undefined ? undefined : await project.surveyor.surveyAgain(edited)
        seen = again ?? (await project.surveyor.survey())
        await expectSame(seen, project)
      }
    }),
    { numRuns: 25 },
  )
})
