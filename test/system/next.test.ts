import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { errorsIn, expectedErrors } from '../types/typescript.ts'
import { accountAt } from './account.ts'
import { launchChromium } from './chromium.ts'
import { naturalSizes, type NaturalSize } from './natural-sizes.ts'
import { nextProject, type NextBundler, type NextProject } from './next-project.ts'
import { openPage, visitPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'
import { AT_NIGHT, EXAMPLE_WINDOWS, expectWellShown, MEDIA } from './well-shown.ts'

/** Any web server would do. */
const VITE = path.join(import.meta.dirname, '../../node_modules/.bin/vite')

/** Several builds in a row, on a machine that does other things too; milliseconds. */
const PATIENCE = 900_000

/** The same for one look at a page. */
const LOOK = 240_000

const BUNDLERS = ['turbopack', 'webpack'] as const

const MISSPELT = `import Image from 'next/image'
import everything, { harbor, harbour } from '../pictures/harbour.image.yaml' // TS2724
export const width: 961 = harbour.width // TS2322
export const format = harbour.sources.webp // TS2339
export const image = <Image src={everything.lighthouse} alt={harbor.alt} placeholder="blur" />
`

/** Below a path, with its files below another one. */
const ELSEWHERE = `import { withImagegen } from 'unplugin-imagegen/next'

export default withImagegen({ basePath: '/travel', assetPrefix: '/files' })
`

/** Files alone, for any web server. */
const EXPORTED = `import { withImagegen } from 'unplugin-imagegen/next'

export default withImagegen({ output: 'export', images: { unoptimized: true } })
`

/** What Next's overlay says. */
const OVERLAY = `document.querySelector('nextjs-portal')?.shadowRoot?.textContent ?? ''`

const HARBOUR = { alt: 'The harbour before the first ferry.', width: 960, height: 720 }
/** Chromium takes a larger file that it holds already, or is loading: whether it does by then is a race. */
const SMALL_HARBOUR = {
  alt: HARBOUR.alt,
  width: expect.toBeOneOf([480, HARBOUR.width]) as number,
  height: expect.toBeOneOf([360, HARBOUR.height]) as number,
}
const LIGHTHOUSE = { alt: 'The lighthouse is lit.', width: 960, height: 720 }
const ISLANDS = { alt: 'The islands, two hours away.', width: 640, height: 480 }

/** In any size: a stand-in's candidates all have one. */
const HARBOUR_ANYWHERE = { alt: HARBOUR.alt }

/** By the manifest and by `sizes`; Next's own server makes the lighthouse smaller. */
const PAGE = [HARBOUR, { ...LIGHTHOUSE, width: 640, height: 480 }, SMALL_HARBOUR, ISLANDS]

/** By name and number: formats in widths, of the harbour with its crop. Nothing of what no page uses. */
const FILES = [
  ...Array<string>(2).fill('atNight.avif'),
  ...Array<string>(2).fill('atNight.jpg'),
  ...Array<string>(4).fill('harbour.avif'),
  ...Array<string>(4).fill('harbour.jpg'),
  ...Array<string>(3).fill('islands.webp'),
  'lighthouse.webp',
]

let browser: Browser
let project: NextProject
let emulator: Emulator

beforeAll(async () => {
  browser = await launchChromium()
  emulator = await startEmulator({ rpm: 0 })
  project = await nextProject(emulator.url)
  const manifest = 'pictures/harbour.image.yaml'
  project.files.edit(manifest, 'widths: [480, 960] }', `widths: [480, 960], ${MEDIA} }`)
  project.files.write(manifest, `${project.files.read(manifest)}${AT_NIGHT}`)
}, PATIENCE)

afterAll(async () => {
  await browser?.close()
  await emulator?.close()
  await project?.files.remove()
})

async function build(bundler: NextBundler, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, output } = await project.build(bundler, environment)
  expect(code, output).toBe(0)
  return output
}

/** Has the configuration, and what was built with it, go with the test. */
function configure(config: string): void {
  const own = project.files.read('next.config.ts')
  project.files.write('next.config.ts', config)
  onTestFinished(() => project.files.write('next.config.ts', own))
}

/** What a page of a server shows. */
function shown(url: string, name: string): Promise<NaturalSize[]> {
  return visitPage(browser, url, name, naturalSizes)
}

/** What `next start` shows at some paths. */
async function shownAt(paths: readonly string[], name: string): Promise<NaturalSize[][]> {
  const server = await project.start()
  onTestFinished(() => server.stop())
  const pages: NaturalSize[][] = []
  for (const [index, each] of paths.entries()) {
    pages.push(await shown(`${server.url}${each}`, `${name}-${index}`))
  }
  return pages
}

/** Looks at the page of a server in all windows. */
async function expectHarbourWellShown(url: string): Promise<void> {
  await expectWellShown(browser, url, [{ alt: HARBOUR.alt, hasMedia: true }], EXAMPLE_WINDOWS)
}

describe('types in a project of Next', () => {
  it('are exact before any build, and request nothing', async () => {
    project.files.write('components/misspelt.tsx', MISSPELT)
    onTestFinished(() => project.files.write('components/misspelt.tsx', ''))
    const { output } = await project.files.run('npm', ['run', '--silent', 'typecheck'])
    expect(errorsIn(output), output).toEqual(expectedErrors('components/misspelt.tsx', MISSPELT))
    expect(errorsIn(output)).toHaveLength(3)
    expect(emulator.stats().requests).toBe(0)
  })

  it('are written without a request when Next only writes its own', async () => {
    const account = accountAt(emulator.url)
    const { code, output } = await project.files.run('next', ['typegen'], account)
    expect(code, output).toBe(0)
    expect(emulator.stats().requests).toBe(0)
  })
})

describe('the pictures of a project of Next', () => {
  it('can be generated by the command line, too', async () => {
    const { code, output } = await project.files.run('imagegen', ['generate', '--yes'], {
      MINIMAX_API_KEY: 'any',
      MINIMAX_API_HOST: emulator.url,
    })
    expect(code, output).toBe(0)
    expect(emulator.stats().images).toBe(5)
  })
})

describe.each(BUNDLERS)('Next with %s', { timeout: PATIENCE }, (bundler) => {
  it('shows every picture of both routers, and builds in what is used', async () => {
    const { images } = emulator.stats()
    await build(bundler)
    expect(emulator.stats().images).toBe(images)
    expect(project.builtPictures()).toEqual(FILES)
    for (const [file, bytes] of project.publicFiles()) {
      if (file.startsWith('media/')) continue
      for (const secret of ['flat vector', 'image-01', project.files.folder]) {
        expect(bytes.includes(secret), `${secret} in ${file}`).toBe(false)
      }
    }
    const [page, classic] = await shownAt(['/', '/classic'], `next-${bundler}`)
    const still = await project.start()
    onTestFinished(() => still.stop())
    await expectHarbourWellShown(still.url)
    expect(page).toMatchObject(PAGE)
    expect(classic).toMatchObject([HARBOUR, LIGHTHOUSE])
    // What the server rendered and what the browser was given agree.
    expect(page!.map(({ url }) => new URL(url).pathname)).toContain(
      new URL(classic![0]!.url).pathname,
    )
  })

  it('builds again from its cache: unchanged, without our cache, and with another prompt', async () => {
    const asked = emulator.stats().images
    await build(bundler)
    expect(project.builtPictures()).toEqual(FILES)
    const before = [...project.publicFiles().keys()].filter((file) => file.includes('harbour'))

    await project.files.run('rm', ['-rf', 'node_modules/.cache/unplugin-imagegen'])
    await build(bundler)
    expect([...project.publicFiles().keys()]).toEqual(expect.arrayContaining(before))
    expect(emulator.stats().images).toBe(asked)

    project.files.edit('pictures/harbour.image.yaml', 'in the morning', `by night, ${bundler}`)
    onTestFinished(() =>
      project.files.edit('pictures/harbour.image.yaml', `by night, ${bundler}`, 'in the morning'),
    )
    await build(bundler)
    expect(emulator.stats().images).toBe(asked + 1)
    expect(project.builtPictures()).toEqual(FILES)
    const after = [...project.publicFiles().keys()].filter((file) => file.includes('harbour'))
    for (const file of after) expect(before).not.toContain(file)
    const [page] = await shownAt(['/'], `next-${bundler}-edited`)
    expect(page).toMatchObject(PAGE)

    await build(bundler, { IMAGEGEN_MODE: 'placeholder' })
    const standIns = [...project.publicFiles().keys()].filter((file) => file.includes('harbour'))
    for (const file of standIns) expect(after).not.toContain(file)
    await build(bundler)
    expect([...project.publicFiles().keys()]).toEqual(expect.arrayContaining(after))
  })

  it('shows every picture below a path, with files below another', async () => {
    configure(ELSEWHERE)
    await build(bundler)
    const [page] = await shownAt(['/travel'], `next-${bundler}-elsewhere`)
    expect(page).toMatchObject(PAGE)
    for (const { url } of page!)
      expect(new URL(url).pathname).toMatch(/^\/(?:files|travel)\/_next\//)
  })

  it('shows every picture of an exported site', async () => {
    configure(EXPORTED)
    await build(bundler)
    const server = await project.files.serveAt(VITE, ['preview', '--outDir', 'out'])
    onTestFinished(() => server.stop())
    const page = await shown(`${server.url}/`, `next-${bundler}-exported`)
    const largest = { ...ISLANDS, width: 960, height: 720 }
    expect(page).toMatchObject([HARBOUR, LIGHTHOUSE, SMALL_HARBOUR, largest])
  })

  it('says what a frozen build misses, where, and nothing else', async () => {
    project.files.edit('pictures/harbour.image.yaml', 'at dusk', `at dawn, ${bundler}`)
    onTestFinished(() =>
      project.files.edit('pictures/harbour.image.yaml', `at dawn, ${bundler}`, 'at dusk'),
    )
    const { requests } = emulator.stats()
    const { code, output } = await project.build(bundler, { IMAGEGEN_MODE: 'frozen' })
    expect(code).toBe(1)
    expect(output).toContain('pictures/harbour.image.yaml:')
    expect(output).toContain('lighthouse')
    expect(output).not.toMatch(/^\s+at /m)
    expect(emulator.stats().requests).toBe(requests)
  })

  it('shows placeholders, then pictures, then those of an edited prompt, on one page', async () => {
    const seen = await seeEdit({
      browser,
      project: project.files,
      serve: (environment) => project.dev(bundler, environment),
      manifest: 'pictures/harbour.image.yaml',
      from: 'in the morning',
      to: `under the night sky, ${bundler}`,
      alt: HARBOUR.alt,
      name: `next-${bundler}-dev`,
      visit: expectHarbourWellShown,
    })
    onTestFinished(() =>
      project.files.edit(
        'pictures/harbour.image.yaml',
        `under the night sky, ${bundler}`,
        'in the morning',
      ),
    )
    const page = PAGE.map((each) => (each.alt === HARBOUR.alt ? HARBOUR_ANYWHERE : each))
    for (const stage of seen.stages) expect(stage).toMatchObject(page)
    expect(seen.asked).toBe(6)
    expect(seen.complaints).toEqual([])
    expect(seen.isSamePage).toBe(true)
  })

  it('shows an error in its overlay until it is fixed', async () => {
    emulator.setFaults([{ kind: 'status', code: 1026, match: 'a wreck' }])
    onTestFinished(() => emulator.setFaults([]))
    const server = await project.dev(bundler, {
      MINIMAX_API_KEY: 'any',
      MINIMAX_API_HOST: emulator.url,
      CI: '',
    })
    onTestFinished(() => server.stop())
    const { page, keepScreenshot } = await openPage(browser, server.url)
    onTestFinished(() => page.close())
    const overlay = (): Promise<string> => page.evaluate<string>(OVERLAY).catch(() => '')
    const manifest = 'pictures/harbour.image.yaml'
    const shows = (): Promise<NaturalSize[]> => naturalSizes(page).catch(() => [])
    const showsAll = (alt = HARBOUR.alt): Promise<void> =>
      expect.poll(shows, { timeout: LOOK }).toMatchObject([{ ...HARBOUR, alt }, {}, { alt }, {}])
    const answers = async (status: number): Promise<void> => {
      const answered = async (): Promise<number> => (await fetch(server.url)).status
      await expect
        .poll(answered, { timeout: LOOK })
        .toBe(status)
        .catch((error: unknown) => {
          throw new Error(`Its server said:\n${server.output()}`, { cause: error })
        })
    }
    await showsAll()

    project.files.edit(manifest, 'A harbour town', 'a wreck')
    await expect.poll(overlay, { timeout: LOOK }).toContain(`${manifest}:10:5  harbour: `)
    expect(await overlay()).toContain('Reword the prompt')
    await keepScreenshot(`next-${bundler}-overlay`)
    project.files.edit(manifest, 'a wreck', 'A harbour town')
    await expect.poll(overlay, { timeout: LOOK }).not.toContain('Reword the prompt')
    await showsAll()

    const sound = project.files.read(manifest)
    onTestFinished(() => project.files.write(manifest, sound))
    project.files.edit(manifest, 'aspectRatio', 'aspectRatoi')
    await expect.poll(overlay, { timeout: LOOK }).toContain('Did you mean `aspectRatio`?')
    // At once, but not to what it was. With webpack, a page that is told of the very build that it has goes on showing the
    // errors that Next has logged, and one that Next loaded anew because of a 500 does not find back, until somebody loads
    // it again: Next does both with a plain module of its own, too.
    const mended = 'The harbour, mended.'
    project.files.write(manifest, sound.replace(HARBOUR.alt, mended))
    await answers(200)
    if ((await shows()).length === 0) await page.reload()
    await expect.poll(overlay, { timeout: LOOK }).not.toContain('Did you mean')
    await showsAll(mended)
    await page.close()

    // The server by itself: requests while it is broken would lead a page astray, as above.
    project.files.edit(manifest, 'aspectRatio', 'aspectRatoi')
    await answers(500)
    project.files.write(manifest, sound)
    await answers(200)
  })
})

describe('a manifest that code names by its URL, or as text', () => {
  const page = `import Leak from './leak'\nimport './leak.css'\nexport default function Page() {\n  return <Leak />\n}\n`
  const client = (code: string): string =>
    `'use client'\n${code}\nexport default function Leak() {\n  return <i>{String(leak)}</i>\n}\n`
  const MANIFEST = '../../pictures/harbour.image.yaml'

  it.each([
    {
      what: 'new URL() in a client component',
      files: { 'leak.tsx': client(`const leak = new URL('${MANIFEST}', import.meta.url).href`) },
      said: 'app/leak/leak.tsx:2:23  The build would publish the module of pictures/harbour.image.yaml',
    },
    {
      what: 'new URL() in a server component',
      files: {
        'page.tsx': `const leak = new URL('${MANIFEST}', import.meta.url).href\nexport default function Page() {\n  return <i>{leak}</i>\n}\n`,
      },
      said: 'app/leak/page.tsx:1:23  The build would publish the module of pictures/harbour.image.yaml',
    },
    {
      what: 'url() in a style sheet',
      files: { 'leak.css': `b { background: url(${MANIFEST}) }\n` },
      said: 'app/leak/leak.css:1:21  The build would publish the module of pictures/harbour.image.yaml',
    },
    {
      what: 'an import as text',
      files: {
        'leak.tsx': client(`// @ts-ignore\nimport leak from '${MANIFEST}' with { type: 'text' }`),
      },
      said: 'app/leak/leak.tsx:3:19  The build would publish pictures/harbour.image.yaml with its prompts, as text in static/',
    },
  ])(
    'ends a build with Turbopack: $what',
    async ({ files, said }) => {
      onTestFinished(() =>
        rm(path.join(project.files.folder, 'app/leak'), { recursive: true, force: true }),
      )
      const plain = { 'page.tsx': page, 'leak.tsx': client('const leak = 1'), 'leak.css': '' }
      for (const [name, text] of Object.entries({ ...plain, ...files })) {
        project.files.write(`app/leak/${name}`, text)
      }
      const { code, output } = await project.build('turbopack')
      expect(code).not.toBe(0)
      expect(output).toContain(said)
      expect(output).not.toMatch(/^\s+at /m)
    },
    LOOK,
  )
})

describe('a manifest in the public folder', () => {
  it.each(BUNDLERS)(
    'ends a build with %s before anything is requested',
    async (bundler) => {
      const { requests } = emulator.stats()
      project.files.write('public/art/one.image.yaml', 'prompt: One\nalt: ""\n')
      onTestFinished(() =>
        rm(path.join(project.files.folder, 'public/art'), { recursive: true, force: true }),
      )
      const { code, output } = await project.build(bundler)
      expect(code).not.toBe(0)
      expect(output).toContain('The build would publish public/art/one.image.yaml with its prompts')
      expect(emulator.stats().requests).toBe(requests)
    },
    LOOK,
  )
})
