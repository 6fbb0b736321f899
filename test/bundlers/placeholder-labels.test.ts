import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { drawPlaceholder } from '../../src/model/placeholder.ts'
import { noticeSvg, type PlaceholderLabel } from '../../src/render/notice.ts'
import { listenToConsole } from './console.ts'
import { connectHmr } from './hmr-client.ts'
import { optionsFor, sandbox, type Sandbox } from './sandbox.ts'
import { viteDev, type DevServer } from './vite-dev.ts'
import { viteBuild } from './vite.ts'
import { failOn, webpackWatch } from './webpack.ts'

const POLL = { timeout: 90_000, interval: 50 }

const WIDTHS = [64, 95, 96, 256]

/** One image in widths with and without room for a label. */
const FILES = {
  'src/one.image.yaml': `defaults: { size: 512x512, output: { formats: [png], widths: [${WIDTHS.join(', ')}] } }
images:
  fox: { prompt: A fox in the snow, alt: A fox }
`,
  'src/cast.image.yaml': 'images: {}\n',
  'src/hero.image.yaml': 'images: {}\n',
  'src/main.js': `import { fox } from './one.image.yaml'\nglobalThis.shown = fox\n`,
}

type Pictures = ReadonlyMap<number, Buffer>

/** A placeholder as it looks in some width. */
async function drawn(
  width: number,
  label: PlaceholderLabel | undefined,
  previous?: Uint8Array,
): Promise<Buffer> {
  const picture = previous ?? (await drawPlaceholder({ width: 512, height: 512, label: 'fox' }))
  const scaled = sharp(picture).resize(width, width, { fit: 'fill' })
  const notice = label && { label, isDimmed: previous !== undefined }
  const svg = notice && noticeSvg(notice, { width, height: width })
  return (svg === undefined ? scaled : scaled.composite([{ input: Buffer.from(svg) }]))
    .png()
    .toBuffer()
}

/** The mean difference of two pictures in a channel, of 255. */
async function difference(left: Uint8Array, right: Uint8Array): Promise<number> {
  const [one, two] = await Promise.all(
    [left, right].map((bytes) => sharp(bytes).removeAlpha().raw().toBuffer()),
  )
  const sum = one!.reduce((total, value, at) => total + Math.abs(value - two![at]!), 0)
  return sum / one!.length
}

/** Expects every width to have the label, and to have none where there is no room. */
async function expectLabel(
  pictures: Pictures,
  label: PlaceholderLabel | undefined,
  previous?: Uint8Array,
): Promise<void> {
  expect([...pictures.keys()].toSorted((left, right) => left - right)).toEqual(WIDTHS)
  for (const [width, bytes] of pictures) {
    const expected = await drawn(width, label, previous)
    expect(await difference(bytes, expected), `${label?.kind} in ${width}`).toBeLessThan(0.5)
    if (label === undefined || width < 96) continue
    const others = (['no-key', 'being-made', 'over-budget', 'not-asked'] as const)
      .filter((kind) => kind !== label.kind)
      .map((kind): PlaceholderLabel => ({ kind }))
    for (const other of [...others, undefined]) {
      const wrong = await drawn(width, other, previous)
      expect(await difference(bytes, wrong), `${other?.kind} in ${width}`).toBeGreaterThan(0.05)
    }
  }
}

async function byWidth(pictures: readonly Uint8Array[]): Promise<Pictures> {
  const sized = pictures.map(async (bytes) => {
    const { width } = await sharp(bytes).metadata()
    return [width, Buffer.from(bytes)] as const
  })
  return new Map(await Promise.all(sized))
}

/** What a page of Vite's dev server shows, with the URLs. */
async function shown(
  dev: DevServer,
): Promise<{ readonly urls: readonly string[]; readonly pictures: Pictures }> {
  const { pictures: urls } = await dev.visit()
  const loaded = urls.map(
    async (url) => new Uint8Array(await (await dev.request(url)).arrayBuffer()),
  )
  return { urls, pictures: await byWidth(await Promise.all(loaded)) }
}

/** Waits until a page shows other pictures than before. */
async function shownAfter(
  dev: DevServer,
  ...before: ReadonlyArray<Awaited<ReturnType<typeof shown>>>
): Promise<Awaited<ReturnType<typeof shown>>> {
  const known = new Set(before.flatMap(({ urls }) => urls))
  let now = await shown(dev)
  await expect
    .poll(async () => (now = await shown(dev)).urls.filter((url) => known.has(url)), POLL)
    .toEqual([])
  return now
}

/** The picture that the provider made, of which there is one. */
function originalOf(project: Sandbox): Uint8Array {
  const store = project.path('.imagegen')
  const names = readdirSync(store).filter((name) => /^fox\..*\.(?:jpg|png|webp)$/.test(name))
  expect(names).toHaveLength(1)
  return readFileSync(path.join(store, names[0]!))
}

test('a placeholder says that there is no key', async () => {
  listenToConsole()
  const project = await sandbox({ files: FILES })
  const dev = await viteDev({ ...project, options: optionsFor(project.emulator.url, '') })
  const hmr = await connectHmr(dev.server)
  await expectLabel((await shown(dev)).pictures, { kind: 'no-key' })
  // It said so at once: nothing was loaded again.
  expect(hmr.left).toEqual([])
  expect(existsSync(project.path('.imagegen/pending'))).toBe(false)
})

test('a placeholder says that the budget is used up, and what is switched off is not asked for', async () => {
  listenToConsole()
  const costly = await sandbox({ files: FILES })
  const dev = await viteDev(costly, {}, { budget: { usd: 0.001 } })
  await expectLabel((await shown(dev)).pictures, { kind: 'over-budget' })
  expect(costly.asked()).toBe(0)

  const off = await sandbox({ files: FILES })
  const silent = await viteDev(off, {}, { dev: { generate: 'off' } })
  await expectLabel((await shown(silent)).pictures, { kind: 'not-asked' })
})

test('images that pass the budget only together say so as soon as it is known', async () => {
  listenToConsole()
  const project = await sandbox({
    files: {
      ...FILES,
      'src/two.image.yaml': 'size: 512x512\nprompt: Two owls\nalt: ""\n',
    },
  })
  const dev = await viteDev(project, {}, { budget: { images: 1 } })
  const first = await shown(dev)
  await expectLabel(first.pictures, { kind: 'being-made' })
  await expectLabel((await shownAfter(dev, first)).pictures, { kind: 'over-budget' })
  expect(project.asked()).toBe(0)
})

test('a placeholder says that its image is being made, dims the previous picture, and why it failed', async () => {
  listenToConsole()
  const project = await sandbox({
    files: FILES,
    emulator: { faults: [{ kind: 'status', code: 1026, match: 'ghost' }] },
  })
  const dev = await viteDev(project)
  const first = await shown(dev)
  await expectLabel(first.pictures, { kind: 'being-made' })
  const real = await shownAfter(dev, first)
  const original = originalOf(project)
  await expectLabel(real.pictures, undefined, original)

  project.edit('src/one.image.yaml', 'A fox in the snow', 'A ghost in the snow')
  const dimmed = await shownAfter(dev, real)
  await expectLabel(dimmed.pictures, { kind: 'being-made' }, original)
  // Of the veil, not of a label.
  expect(await difference(dimmed.pictures.get(64)!, real.pictures.get(64)!)).toBeGreaterThan(20)

  const failed = await shownAfter(dev, real, dimmed)
  const [problem] = await failures(dev)
  await expectLabel(failed.pictures, { kind: 'failed', reason: problem! })
  expect(problem).toContain('1026')
  // The store has the one picture that was paid for.
  expect(originalOf(project)).toEqual(original)
  const rest = readdirSync(project.path('.imagegen')).filter((name) => name.endsWith('.png'))
  expect(rest).toEqual([])
})

/** The first lines of what the overlay says. */
async function failures(dev: DevServer): Promise<readonly string[]> {
  const hmr = await connectHmr(dev.server)
  const message = await hmr.next('error')
  if (message.type !== 'error') return []
  const [line = ''] = message.err.message.split('\n')
  return [line.replace(/^\S+ {2}/, '')]
}

test('builds and mode placeholder have no labels', async () => {
  listenToConsole()
  const project = await sandbox({ files: FILES })
  const build = await viteBuild(
    project,
    { build: { assetsInlineLimit: 0 } },
    { mode: 'placeholder' },
  )
  const assets = path.join(build, 'assets')
  const built = readdirSync(assets).filter((name) => name.endsWith('.png'))
  const inBuild = await byWidth(built.map((name) => readFileSync(path.join(assets, name))))
  await expectLabel(inBuild, undefined)

  const dev = await viteDev(project, {}, { mode: 'placeholder' })
  await expectLabel((await shown(dev)).pictures, undefined)
})

test('webpack: a placeholder says that its image is being made, and dims the previous picture', async () => {
  listenToConsole()
  const project = await sandbox({ files: FILES })
  const watcher = webpackWatch(project)
  let seen = new Set<string>()
  /** What the page shows next that is another. */
  const built = async (): Promise<Pictures> => {
    for (;;) {
      failOn(await watcher.next())
      const names = new Set(project.read('dist/main.js').match(/[0-9a-f]{20}\.png/g))
      if ([...names].every((name) => seen.has(name))) continue
      seen = new Set([...seen, ...names])
      return byWidth([...names].map((name) => readFileSync(project.path('dist', name))))
    }
  }
  await expectLabel(await built(), { kind: 'being-made' })
  await built()
  const original = originalOf(project)
  project.edit('src/one.image.yaml', 'A fox in the snow', 'A fox in the rain')
  await expectLabel(await built(), { kind: 'being-made' }, original)
  await built()
})
