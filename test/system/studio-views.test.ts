import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Locator, Page, Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Project } from '../../src/studio/protocol.ts'
import type { Address } from '../../src/studio/page/address.ts'
import { slowProject, type OpenStudio, type OpenStudioSettings } from '../studio/opened.ts'
import { launchChromium } from './chromium.ts'
import type { PageSettings, OpenedPage } from './open-page.ts'
import {
  axeFindings,
  buttonOf,
  confirm,
  findingsAtEverySize,
  openRealStudio,
  openStudioPage,
  tileOf,
} from './studio-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const picture = readFileSync(
  path.join(import.meta.dirname, '../../examples/pictures/composite.webp'),
)

const CAST = `# The people of the harbour
defaults:
  aspectRatio: 1:1
  output: { formats: [webp], widths: [64] }
images:
  kira:
    prompt: Kira, a lighthouse keeper
    alt: Kira
    n: 3
    pick: 2
  tom: { prompt: "Tom, a ferryman", alt: "" }
  mira: { prompt: Mira mends nets, references: ["#kira"] }
`
const SCENES = `images:
  harbour-\${season}:
    prompt: The harbour in \${season}
    alt: The harbour
    aspectRatio: 16:9
    matrix: { season: [spring, winter] }
  map: { source: ./map.webp, alt: A map }
`
const BROKEN = 'images:\n  pier:\n    promt: A pier\n'

const FILES = { 'cast.image.yaml': CAST, 'scenes.image.yaml': SCENES, 'map.webp': picture }
const KIRA = 'cast.image.yaml#kira'
const MIRA = 'cast.image.yaml#mira'

/** A project where some images are there and others missing. */
async function openHarbour(settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
  return openRealStudio({ files: FILES, ...settings })
}

/** Generates these and waits for the run's end. */
async function generate(page: Page, ids: readonly string[]): Promise<void> {
  await buttonOf(page, 'Generate').waitFor()
  await page.getByLabel('Select all').uncheck()
  for (const id of ids) await page.getByLabel(`Select ${id}`, { exact: true }).check()
  await buttonOf(page, 'Generate').click()
  await confirm(page, 'Generate')
  await page.getByText('Done', { exact: true }).waitFor()
}

async function attributesOf(locator: Locator, name: string): Promise<string[]> {
  const found = await Promise.all((await locator.all()).map((one) => one.getAttribute(name)))
  return found.map((value) => value ?? '')
}

async function openPage(
  studio: OpenStudio,
  change: Partial<Address> = {},
  settings: PageSettings = {},
): Promise<OpenedPage> {
  const opened = await openStudioPage(browser, studio, change, settings)
  onTestFinished(() => opened.page.close())
  return opened
}

const IMAGE = { place: { view: 'image', id: KIRA } } as const
const PLAN = { place: { view: 'plan' } } as const

interface View {
  readonly name: string
  readonly at?: Partial<Address>
  /** Shows it, and waits until it is there. */
  readonly show: (page: Page) => Promise<unknown>
}

const VIEWS: readonly View[] = [
  { name: 'wall', show: (page) => tileOf(page, KIRA).waitFor() },
  {
    name: 'compact wall',
    at: {
      wall: { text: '', state: null, model: null, sort: 'time', density: 'compact' },
    },
    show: (page) => tileOf(page, KIRA).waitFor(),
  },
  { name: 'plan', at: PLAN, show: (page) => buttonOf(page, 'Generate').waitFor() },
  {
    name: 'question',
    at: PLAN,
    async show(page) {
      await buttonOf(page, 'Generate').click()
      await page.getByRole('dialog').getByText('Price').waitFor()
    },
  },
  {
    name: 'image',
    at: IMAGE,
    async show(page) {
      await page.getByText('Renditions').click()
      await page.getByText('Receipt').click()
      await page.getByText('Manifest', { exact: true }).click()
      await page.getByRole('button', { name: 'webp' }).click()
      await page.locator('.stage-label', { hasText: 'webp' }).waitFor()
    },
  },
  {
    name: 'swipe',
    at: IMAGE,
    async show(page) {
      await buttonOf(page, 'Compare').click()
      await page.getByRole('radio', { name: 'Swipe' }).check()
      await page.getByRole('slider', { name: 'Where the pictures meet' }).waitFor()
    },
  },
  {
    name: 'edit',
    at: IMAGE,
    async show(page) {
      await page.getByRole('radiogroup', { name: 'Candidates' }).waitFor()
      await page.keyboard.press('e')
      await page.getByLabel('Aspect ratio').waitFor()
    },
  },
  {
    name: 'missing image',
    at: { place: { view: 'image', id: MIRA } },
    show: (page) => buttonOf(page, 'Generate').waitFor(),
  },
  {
    name: 'keys',
    async show(page) {
      await tileOf(page, KIRA).waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog').waitFor()
    },
  },
]

describe('axe-core finds nothing', () => {
  it.each(VIEWS)('in $name, light and dark, narrow and wide', async ({ name, at, show }) => {
    const studio = await openHarbour()
    const first = await openPage(studio, PLAN)
    await generate(first.page, [KIRA, 'cast.image.yaml#tom'])
    studio.project.write({ 'broken.image.yaml': BROKEN })
    const opened = await openPage(studio, at)
    await show(opened.page)
    expect(await findingsAtEverySize(opened, name)).toEqual([])
    expect(opened.complaints).toEqual([])
  })

  it.each(['light', 'dark'] as const)('in an empty project, %s', async (colorScheme) => {
    const studio = await openRealStudio({ files: {} })
    const { page } = await openPage(studio, {}, { colorScheme })
    await buttonOf(page, 'Create the first manifest').waitFor()
    expect(await axeFindings(page)).toEqual([])
  })
})

describe('the wall', () => {
  it('shows every image with its state and price, and the errors of a manifest in place', async () => {
    const studio = await openHarbour({ files: { ...FILES, 'broken.image.yaml': BROKEN } })
    const { page } = await openPage(studio)
    await tileOf(page, KIRA).waitFor()
    expect(await page.getByText('6 images', { exact: true }).count()).toBe(1)
    const wanted = page.locator('.tile', { has: tileOf(page, KIRA) })
    expect(await wanted.textContent()).toBe('Missingkira0.0105 USD')
    await page.getByText('Unknown field `promt`.').waitFor()
    studio.project.write({ 'broken.image.yaml': BROKEN.replace('promt', 'prompt') })
    await tileOf(page, 'broken.image.yaml#pier').waitFor()
    expect(await page.getByText('Unknown field `promt`.').count()).toBe(0)
  })

  it('follows what changes in the files and in the store', async () => {
    const studio = await openHarbour()
    const wall = await openPage(studio)
    const tile = wall.page.locator('.tile', { has: tileOf(wall.page, KIRA) })
    await tile.locator('.tile-empty').waitFor()
    const plan = await openPage(studio, PLAN)
    await generate(plan.page, [KIRA])
    await wall.page.bringToFront()
    await tile.locator('img').waitFor()
    expect(await tile.getByText('2/3').count()).toBe(1)
    studio.project.write({ 'cast.image.yaml': CAST.replace('  tom:', '  thomas:') })
    await tileOf(wall.page, 'cast.image.yaml#thomas').waitFor()
    expect(await tileOf(wall.page, 'cast.image.yaml#tom').count()).toBe(0)
  })

  it('filters and sorts, and keeps both in the address', async () => {
    const studio = await openHarbour()
    const { page } = await openPage(studio)
    await tileOf(page, KIRA).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('nets')
    await page.getByText('1 of 6 images').waitFor()
    expect(await tileOf(page, MIRA).count()).toBe(1)
    await page.reload()
    await page.getByText('1 of 6 images').waitFor()
    await page.getByRole('searchbox').fill('')
    await page.getByLabel('State').selectOption('current')
    await page.getByText('1 of 6 images').waitFor()
    expect(await tileOf(page, 'scenes.image.yaml#map').count()).toBe(1)
    await page.getByLabel('State').selectOption('')
    await page.getByLabel('Order').selectOption('name')
    const names = await page.locator('.tile-name').allTextContents()
    expect(names.slice(0, 3)).toEqual(['kira', 'mira', 'tom'])
  })

  it('is walked through with arrows, one tile at a time in the order of Tab', async () => {
    const studio = await openHarbour()
    const { page } = await openPage(studio)
    await tileOf(page, KIRA).waitFor()
    const focused = (): Promise<string> =>
      page.evaluate('document.activeElement?.getAttribute("aria-label") ?? ""')
    expect(await page.locator('.tile-name[tabindex="0"]').count()).toBe(1)
    await page.keyboard.press('ArrowRight')
    await expect.poll(focused).toBe(KIRA)
    await page.keyboard.press('ArrowRight')
    await expect.poll(focused).toBe('cast.image.yaml#tom')
    await page.keyboard.press('ArrowDown')
    await expect.poll(focused).toMatch(/^scenes\.image\.yaml#/)
    await page.keyboard.press('ArrowUp')
    await expect.poll(focused).toMatch(/^cast\.image\.yaml#/)
    await page.keyboard.press('Home')
    await expect.poll(focused).toBe(KIRA)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'kira' }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(focused).toBe(KIRA)
  })
})

describe('an image', () => {
  /** What the stage shows: the pictures that are neither hidden nor covered. */
  const visible = (page: Page): Promise<string[]> =>
    attributesOf(page.locator('.stage-pane:not([data-role=off], [data-role=under]) img'), 'src')

  async function openWithCandidates(): Promise<Page> {
    const studio = await openHarbour()
    const plan = await openPage(studio, PLAN)
    await generate(plan.page, [KIRA])
    const { page } = await openPage(studio, IMAGE)
    await page.getByRole('radiogroup', { name: 'Candidates' }).waitFor()
    return page
  }

  it('is looked at with keys alone', async () => {
    const page = await openWithCandidates()
    const [second = ''] = await visible(page)
    await page.keyboard.press('ArrowRight')
    await page.getByText('Candidate 3:', { exact: false }).waitFor()
    const [third = ''] = await visible(page)
    expect(third).not.toBe(second)
    await page.keyboard.down('Space')
    await expect.poll(() => visible(page)).toEqual([second])
    await page.keyboard.up('Space')
    await expect.poll(() => visible(page)).toEqual([third])
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await page.getByText('Candidate 1:', { exact: false }).waitFor()
    for (const backdrop of ['light', 'dark', 'checkerboard', 'quiet']) {
      await page.keyboard.press('b')
      await page.locator(`.stage[data-backdrop=${backdrop}]`).waitFor()
    }
    await page.keyboard.press('j')
    await page.getByRole('heading', { level: 1, name: 'tom' }).waitFor()
    await page.keyboard.press('k')
    await page.getByRole('heading', { level: 1, name: 'kira' }).waitFor()
  })

  it('is compared with the candidate in use, in a mode that stays with the next image', async () => {
    const page = await openWithCandidates()
    await page.keyboard.press('c')
    await expect.poll(async () => (await visible(page)).length).toBe(2)
    await page.getByRole('radio', { name: 'All' }).check()
    await expect.poll(async () => (await visible(page)).length).toBe(3)
    // Enlarged together.
    await page.keyboard.press('z')
    await page.getByText('100 %', { exact: true }).waitFor()
    const places = await attributesOf(page.locator('.stage-pane img'), 'style')
    expect(new Set(places).size).toBe(1)
    expect(places[0]).toContain('width: 1024px')
    await page.getByRole('radio', { name: 'Difference' }).check()
    await page.locator('.stage[data-mode=difference]').waitFor()
    await page.keyboard.press('j')
    await page.getByRole('heading', { level: 1, name: 'tom' }).waitFor()
    await page.keyboard.press('k')
    await page.locator('.stage[data-mode=difference]').waitFor()
    await page.getByText('100 %', { exact: true }).waitFor()
    await page.keyboard.press('c')
    await expect.poll(async () => (await visible(page)).length).toBe(1)
  })
})

describe('the page', () => {
  it('keeps its token in the address and nowhere else', async () => {
    const studio = await openHarbour()
    const { page, complaints } = await openPage(studio)
    const sent: string[] = []
    page.on('request', (request) => sent.push(request.url()))
    await tileOf(page, KIRA).click()
    await page.getByLabel('Prompt').waitFor()
    await page.reload()
    await page.getByLabel('Prompt').waitFor()
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0)
    expect(await page.context().cookies()).toEqual([])
    expect(new URL(page.url()).hash).toContain(studio.token)
    expect(sent.filter((url) => url.split('#')[0]?.includes(studio.token))).toEqual([])
    expect(sent.filter((url) => new URL(url).origin !== studio.origin)).toEqual([])
    expect(complaints).toEqual([])
  })

  it('never shows a prompt as HTML', async () => {
    const prompt = '<img src=x onerror="document.title=1"><b>bold</b>'
    const files = { 'a.image.yaml': `prompt: '${prompt}'\nalt: '<i>x</i>'\n` }
    const studio = await openRealStudio({ files })
    const { page, complaints } = await openPage(studio, {
      place: { view: 'image', id: 'a.image.yaml' },
    })
    await expect.poll(() => page.getByLabel('Prompt').inputValue()).toBe(prompt)
    expect(await page.locator('b, i').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('does nothing on single-letter keys that are turned off', async () => {
    const studio = await openHarbour()
    const { page } = await openPage(studio, IMAGE)
    await page.getByLabel('Prompt').waitFor()
    await page.keyboard.press('?')
    await page.getByLabel('Use single-letter keys').uncheck()
    await page.keyboard.press('Escape')
    await page.keyboard.press('e')
    await page.keyboard.press('?')
    await page.keyboard.press('Shift+R')
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(await buttonOf(page, 'Save').count()).toBe(0)
    await page.reload()
    await page.getByLabel('Prompt').waitFor()
    await page.keyboard.press('e')
    expect(await buttonOf(page, 'Save').count()).toBe(0)
    await page.keyboard.press('Escape')
    await tileOf(page, KIRA).waitFor()
  })

  it('says that it can only be read, and offers nothing that writes or spends', async () => {
    const studio = await openHarbour({ studio: { isReadOnly: true } })
    const { page } = await openPage(studio, IMAGE)
    await page.getByLabel('Prompt').waitFor()
    expect(await page.getByText('Read-only', { exact: true }).count()).toBe(1)
    const names = ['Pick', 'Ask for more', 'Reroll', 'Edit', 'Adopt', 'Generate', 'Undo']
    for (const name of names) expect(await buttonOf(page, name).count(), name).toBe(0)
    await page.getByRole('link', { name: /^Plan/ }).click()
    await page.getByText('Missing', { exact: true }).first().waitFor()
    expect(await buttonOf(page, 'Generate').count()).toBe(0)
  })

  it('says which key is missing, and shows everything else', async () => {
    const studio = await openHarbour({ apiKey: '' })
    const { page } = await openPage(studio, PLAN)
    await page.getByText('image-01 has no key: set MINIMAX_API_KEY.', { exact: false }).waitFor()
    expect(await buttonOf(page, 'Generate').isDisabled()).toBe(true)
    expect(await page.getByText('Missing', { exact: true }).count()).toBe(5)
  })

  it('asks once, and Cancel has the focus', async () => {
    const studio = await openHarbour()
    const { page } = await openPage(studio, PLAN)
    await buttonOf(page, 'Generate').waitFor()
    await page.keyboard.press('Shift+G')
    const dialog = page.getByRole('dialog')
    await dialog.getByText(KIRA).waitFor()
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Cancel')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(studio.emulator.stats().requests).toBe(0)
  })

  it('follows nothing while its tab is hidden, and catches up once it is seen', async () => {
    const studio = await openHarbour()
    const { page } = await openPage(studio)
    await tileOf(page, KIRA).waitFor()
    const hide = (isHidden: boolean): Promise<unknown> =>
      page.evaluate(`(() => {
        Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      })()`)
    const isStream = (request: Request): boolean => request.url().endsWith('/api/1/events')
    const closed = page.waitForEvent('requestfailed', isStream)
    await hide(true)
    await closed
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    studio.project.write({ 'late.image.yaml': 'prompt: Late\nalt: ""\n' })
    await expect
      .poll(async () => (await studio.get('/api/1/project')).json<Project>().images)
      .toBe(7)
    expect(asked).toEqual([])
    const opened = page.waitForRequest(isStream)
    await hide(false)
    await opened
    await tileOf(page, 'late.image.yaml').waitFor()
    expect(await page.getByText('Connection lost.', { exact: false }).count()).toBe(0)
  })

  it('says how far the first look at the project is', async () => {
    const { subject, finish } = slowProject({ read: 1200, of: 10_000 })
    const studio = await openHarbour({ subject })
    const { page } = await openPage(studio)
    await page.getByText('Reading the project: 1,200 of 10,000 manifests').waitFor()
    finish()
    await tileOf(page, KIRA).waitFor()
    expect(await page.getByText('Reading the project', { exact: false }).count()).toBe(0)
  })

  it('says that the connection is lost, and asks for the new address of a new process', async () => {
    const studio = await openHarbour()
    const { page } = await openPage(studio)
    await tileOf(page, KIRA).waitFor()
    await studio.studio.close()
    await page.getByText('Connection lost.', { exact: false }).waitFor()
    await openHarbour({ studio: { port: studio.port } })
    await page.getByText('This address is no longer valid', { exact: false }).waitFor()
  })
})
