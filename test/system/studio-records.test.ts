import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Address } from '../../src/studio/page/address.ts'
import { changeTo, generate } from '../studio/changing.ts'
import type { OpenStudio, OpenStudioSettings } from '../studio/opened.ts'
import { launchChromium } from './chromium.ts'
import type { OpenedPage } from './open-page.ts'
import {
  buttonOf,
  confirm,
  findingsAtEverySize,
  openRealStudio,
  openStudioPage,
} from './studio-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const FILE = 'src/cast.image.yaml'
const KIRA = `${FILE}#kira`
const TOM = `${FILE}#tom`
const CAST = `# The people of the harbour
images:
  kira: # the keeper
    prompt: "Kira, a lighthouse keeper, flat vector"
    alt: 'Kira'

  tom: { prompt: Tom the ferryman at dusk, alt: "", aspectRatio: 16:9 } # the ferryman
`
const PROMPTS = [
  'Kira, a lighthouse keeper in the rain, flat vector',
  'Kira in the rain, oil on canvas',
  'Kira and the ${light}, oil on canvas, wide brush strokes',
]
const FIRST = 'Kira, a lighthouse keeper, flat vector'

async function open(settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
  return openRealStudio({ files: { [FILE]: CAST }, ...settings })
}

/** A harbour whose images have had other prompts. */
async function openWithPast(settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
  const studio = await open(settings)
  await generate(studio, KIRA, TOM)
  for (const prompt of PROMPTS) {
    const written = prompt.replace('${', () => '$${')
    await changeTo(studio, { kind: 'edit', fields: { prompt: written } }, KIRA)
    await generate(studio, KIRA)
  }
  await changeTo(studio, { kind: 'edit', fields: { prompt: 'Tom at dawn', seed: 7 } }, TOM)
  await generate(studio, TOM)
  return studio
}

async function openPage(studio: OpenStudio, change: Partial<Address> = {}): Promise<OpenedPage> {
  const opened = await openStudioPage(browser, studio, change)
  onTestFinished(() => opened.page.close())
  return opened
}

const IMAGE = { place: { view: 'image', id: KIRA } } as const
const SPEND = { place: { view: 'spend' } } as const
const LEFT = { place: { view: 'left-over', place: 'store' } } as const

function manifestOf({ project }: OpenStudio): string {
  return readFileSync(project.file(FILE), 'utf8')
}

/** The names in a folder of the store. */
function filesIn({ project }: OpenStudio, folder: string): string[] {
  return readdirSync(project.file(path.join('.imagegen', folder)), { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:jpg|json)$/.test(entry.name))
    .map(({ name }) => name)
    .toSorted()
}

async function openHistory(page: Page): Promise<Locator> {
  await page.getByRole('heading', { name: 'History' }).click()
  const steps = page.locator('.history > li')
  await steps.first().waitFor()
  return steps
}

describe('history', () => {
  it('goes back to each of three earlier prompts for nothing, as it offered', async () => {
    const studio = await open()
    const { page, complaints } = await openPage(studio, IMAGE)
    const prompt = page.getByRole('textbox', { name: 'Prompt' })
    await buttonOf(page, 'Generate').click()
    await confirm(page, 'Generate')
    await page.getByText('1 image stored.').waitFor()
    for (const text of PROMPTS) {
      await buttonOf(page, 'Edit').click()
      await prompt.fill(text.replace('${', () => '$${'))
      await page.getByText('for 0.0035 USD, when you generate').waitFor()
      await buttonOf(page, 'Save').click()
      await buttonOf(page, 'Generate').click()
      await confirm(page, 'Generate')
      await buttonOf(page, 'Generate').waitFor({ state: 'detached' })
    }
    expect(studio.emulator.stats().images).toBe(4)
    const steps = await openHistory(page)
    expect(await steps.count()).toBe(4)
    expect((await steps.locator('ins').allTextContents()).join('|')).toContain('wide brush strokes')
    expect((await steps.locator('del').allTextContents()).join('|')).toContain('flat vector')
    for (const [index, text] of [FIRST, ...PROMPTS].entries()) {
      const step = steps.nth(3 - index)
      await step.getByText('Free', { exact: true }).waitFor()
      await step.getByRole('button', { name: /^Go back to the picture of / }).click()
      await step.getByText('Now', { exact: true }).waitFor()
      await expect.poll(() => prompt.inputValue()).toBe(text)
      expect(manifestOf(studio)).toContain(JSON.stringify(text.replace('${', () => '$${')))
      expect(manifestOf(studio)).toMatch(/^# The people[^]*kira: # the keeper[^]*# the ferryman\n$/)
      expect(await buttonOf(page, 'Generate').count()).toBe(0)
    }
    expect(studio.emulator.stats().images).toBe(4)
    // Each is undone as every edit is.
    await page.keyboard.press('u')
    await expect.poll(() => prompt.inputValue()).toBe(PROMPTS[1])
    await page.getByRole('link', { name: 'Spend' }).click()
    await page.locator('.spend-money', { hasText: '0.014 USD' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('asks before it pays where the old picture does not come back, and Cancel has the focus', async () => {
    const studio = await openWithPast()
    studio.project.write({
      [FILE]: manifestOf(studio).replace(
        "    alt: 'Kira'\n",
        "    alt: 'Kira'\n    providerOptions: { promptOptimizer: true }\n",
      ),
    })
    const { page } = await openPage(studio, IMAGE)
    const before = studio.emulator.stats().images
    const steps = await openHistory(page)
    const oldest = steps.nth(3)
    await oldest.getByText('0.0035 USD for another picture').waitFor()
    const text = manifestOf(studio)
    await oldest.getByRole('button', { name: /^Go back/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Go back with kira for 0.0035 USD?' })
    await dialog.getByText('Requests').waitFor()
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Cancel')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    expect(manifestOf(studio)).toBe(text)
    await oldest.getByRole('button', { name: /^Go back/ }).click()
    await dialog.getByText('Requests').waitFor()
    await confirm(page, 'Go back')
    await page.getByText('1 image stored.').waitFor()
    expect(studio.emulator.stats().images).toBe(before + 1)
    expect(manifestOf(studio)).toContain(JSON.stringify(FIRST))
    await page.getByRole('link', { name: 'Spend' }).click()
    await page.locator('.spend-money', { hasText: `${(before + 1) * 0.0035} USD` }).waitFor()
  })

  it('puts an earlier picture beside the one in use', async () => {
    const studio = await openWithPast()
    const { page } = await openPage(studio, IMAGE)
    const steps = await openHistory(page)
    const picture = steps.nth(3).getByRole('button', { name: /^Picture of / })
    await picture.click()
    await expect.poll(() => picture.getAttribute('aria-pressed')).toBe('true')
    await page.getByText('Original', { exact: true }).waitFor()
    const address = (await picture.locator('img').getAttribute('src'))?.replace('thumb-', 'whole-')
    await page.locator(`.stage img[src="${address}"]`).waitFor()
    await picture.click()
    await expect.poll(() => picture.getAttribute('aria-pressed')).toBe('false')
  })
})

describe('spend', () => {
  it('is told by month, model and manifest, and says which price is unknown', async () => {
    const fixture = path.join(import.meta.dirname, '../../fixtures/version-1-store')
    const names = readdirSync(fixture, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.relative(fixture, path.join(parentPath, name)))
    const studio = await open({
      files: Object.fromEntries(
        names.map((name) => [name, readFileSync(path.join(fixture, name))] as const),
      ),
    })
    const opened = await openPage(studio, SPEND)
    const { page, complaints } = opened
    await page.getByText('0.0385 USD + 1 at an unknown price').waitFor()
    await page.getByText('The price of 1 picture is unknown', { exact: false }).waitFor()
    const row = page.getByRole('row', { name: /^openai gpt-image-1/ })
    expect(await row.getByRole('cell').allTextContents()).toEqual(['1', 'Unknown price'])
    expect(await findingsAtEverySize(opened, 'spend')).toEqual([])
    expect(complaints).toEqual([])
  })
})

describe('what is left over', () => {
  it('is looked at, moved to the trash, restored and gone back to, with keys alone', async () => {
    const studio = await openWithPast()
    const before = studio.emulator.stats().images
    const { page, complaints } = await openPage(studio, LEFT)
    const looks = page.getByRole('button', { name: /^Look at / })
    await expect.poll(() => looks.count()).toBe(4)
    const stored = filesIn(studio, '')
    const focused = (): Promise<string> =>
      page.evaluate('document.activeElement?.getAttribute("data-original") ?? ""')
    await page.keyboard.press('ArrowRight')
    await expect.poll(focused).not.toBe('')
    const second = await focused()
    await page.keyboard.press('x')
    await buttonOf(page, 'Move to the trash (1)').click()
    await page.getByText('1 original moved to the trash.').waitFor()
    await expect.poll(() => looks.count()).toBe(3)
    expect(filesIn(studio, 'trash')).toHaveLength(2)
    await page.getByRole('link', { name: 'In the trash 1' }).click()
    await expect.poll(() => looks.count()).toBe(1)
    expect(await looks.getAttribute('data-original')).toBe(second)
    await looks.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Restore' }).press('Enter')
    await page.getByText('1 original restored.').waitFor()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('The trash is empty.').waitFor()
    expect(filesIn(studio, 'trash')).toEqual([])
    expect(filesIn(studio, '')).toEqual(stored)

    await page.getByRole('link', { name: 'In the store 4' }).click()
    await looks.last().press('Enter')
    await dialog.getByText(FIRST).or(dialog.getByText('Tom the ferryman')).first().waitFor()
    await page.keyboard.press('ArrowLeft')
    await dialog.getByText('Free', { exact: true }).waitFor()
    await dialog.getByRole('button', { name: /^Go back/ }).press('Enter')
    await page.getByText(/went back to an earlier picture/).waitFor()
    await dialog.waitFor({ state: 'detached' })
    // The picture that was in use before is left over now.
    await expect.poll(() => looks.count()).toBe(4)
    expect(studio.emulator.stats().images).toBe(before)
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { level: 1, name: 'Wall' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('is told to another tab', async () => {
    const studio = await openWithPast()
    const [one, other] = [await openPage(studio, LEFT), await openPage(studio, LEFT)]
    for (const { page } of [one, other]) await page.getByText('In the store').waitFor()
    await one.page.bringToFront()
    await one.page.getByLabel('Select all').check()
    await buttonOf(one.page, 'Move to the trash (4)').click()
    await one.page.getByText('4 originals moved to the trash.').waitFor()
    await other.page.bringToFront()
    await other.page.getByRole('link', { name: 'In the trash 4' }).waitFor()
  })

  it('is only looked at in a read-only studio', async () => {
    const studio = await openWithPast()
    const reader = await open({
      files: Object.fromEntries(
        readdirSync(studio.project.root, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => path.join(parentPath, name))
          .map((file) => [path.relative(studio.project.root, file), readFileSync(file)] as const),
      ),
      studio: { isReadOnly: true },
    })
    const { page } = await openPage(reader, LEFT)
    const looks = page.getByRole('button', { name: /^Look at / })
    await expect.poll(() => looks.count()).toBe(4)
    expect(await page.getByRole('checkbox').count()).toBe(0)
    expect(await page.getByRole('button', { name: /^Move to the trash/ }).count()).toBe(0)
    await looks.first().click()
    await page.getByRole('dialog').getByText('Price').waitFor()
    expect(await page.getByRole('button', { name: /^(?:Go back|Move)/ }).count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.goto(page.url().replace(/view=left-over/, `image=${encodeURIComponent(KIRA)}`))
    await openHistory(page)
    expect(await page.getByRole('button', { name: /^Go back/ }).count()).toBe(0)
  })
})

describe('axe-core finds nothing', () => {
  interface View {
    readonly name: string
    readonly at: Partial<Address>
    readonly show: (page: Page) => Promise<unknown>
  }

  const VIEWS: readonly View[] = [
    {
      name: 'history',
      at: IMAGE,
      async show(page) {
        const steps = await openHistory(page)
        await steps.nth(3).getByText('Free', { exact: true }).waitFor()
        await steps
          .nth(3)
          .getByRole('button', { name: /^Picture of / })
          .click()
      },
    },
    {
      name: 'left over',
      at: LEFT,
      async show(page) {
        await page
          .getByRole('button', { name: /^Look at / })
          .first()
          .waitFor()
        await page
          .getByRole('checkbox', { name: /^Select (?:kira|tom)/ })
          .first()
          .check()
      },
    },
    {
      name: 'look',
      at: LEFT,
      async show(page) {
        await page
          .getByRole('button', { name: /^Look at / })
          .first()
          .click()
        await page.getByRole('dialog').getByText('Free', { exact: true }).waitFor()
      },
    },
    {
      name: 'trash',
      at: { place: { view: 'left-over', place: 'trash' } },
      show: (page) => page.getByText('The trash is empty.').waitFor(),
    },
  ]

  it.each(VIEWS)('in $name, light and dark, narrow and wide', async ({ name, at, show }) => {
    const opened = await openPage(await openWithPast(), at)
    await show(opened.page)
    expect(await findingsAtEverySize(opened, name)).toEqual([])
    expect(opened.complaints).toEqual([])
  })
})
