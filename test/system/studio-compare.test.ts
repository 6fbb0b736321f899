import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Address } from '../../src/studio/page/address.ts'
import type { OpenStudio } from '../studio/opened.ts'
import { launchChromium } from './chromium.ts'
import { boxOf, differing, loaded, noise, roomsOf, shot, type Raw } from './compare-page.ts'
import type { OpenedPage, PageSettings } from './open-page.ts'
import {
  axeFindings,
  buttonOf,
  confirm,
  openRealStudio,
  openStudioPage,
  tileOf,
} from './studio-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const HARBOUR = noise(1, 320, 240)
const PIER = noise(2, 320, 240)

const MANIFEST = 'cast.image.yaml'
const HARBOUR_ID = `${MANIFEST}#harbour`
const PIER_ID = `${MANIFEST}#pier`
const KIRA_ID = `${MANIFEST}#kira`

/** Two pictures whose every pixel is known, and one of candidates. */
const CAST = `images:
  harbour:
    source: ./harbour.png
    alt: The harbour
    output: { formats: [png], widths: [320] }
  pier: { source: ./pier.png, alt: The pier }
  kira:
    prompt: Kira, a lighthouse keeper
    alt: Kira
    aspectRatio: 1:1
    n: 3
`

async function pngOf({ data, width, height, channels }: Raw): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer()
}

async function openCast(): Promise<OpenStudio> {
  return openRealStudio({
    files: {
      [MANIFEST]: CAST,
      'harbour.png': await pngOf(HARBOUR),
      'pier.png': await pngOf(PIER),
    },
  })
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

function compared(...ids: string[]): Pick<Address, 'place'> {
  return { place: { view: 'compare', images: ids.map((id) => ({ id, candidate: null })) } }
}

async function expectShown(page: Page, role: 'shown' | 'reference', picture: Raw): Promise<void> {
  const box = await boxOf(page, role)
  expect([box.width, box.height]).toEqual([picture.width, picture.height])
  expect(differing(await shot(page, box), picture), role).toBe(0)
}

/** Generates the three candidates of `kira`. */
async function generate(studio: OpenStudio): Promise<void> {
  const { page } = await openPage(studio, { place: { view: 'image', id: KIRA_ID } })
  await buttonOf(page, 'Generate').click()
  await confirm(page, 'Generate')
  await page.getByText('1 image stored.').waitFor()
}

describe('two images', () => {
  it('are selected on the wall with keys, and compared pixel by pixel', async () => {
    const studio = await openCast()
    const { page, complaints } = await openPage(studio)
    await tileOf(page, PIER_ID).waitFor()
    await page.locator(`.tile-select`).nth(1).waitFor({ state: 'attached' })
    await page.keyboard.press('c')
    await page.getByRole('status').getByText('Select two images').waitFor()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('x')
    await page.getByText('1 image selected:').waitFor()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('x')
    await page.getByText('2 images selected:').waitFor()
    await page.keyboard.press('c')
    await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor()
    await loaded(page)
    await page.keyboard.press('z')
    await page.getByText('100 %', { exact: true }).waitFor()
    await expectShown(page, 'reference', HARBOUR)
    await expectShown(page, 'shown', PIER)
    // The address says what is compared.
    await page.reload()
    await page.locator('.stage-label', { hasText: 'pier' }).waitFor()
    await loaded(page)
    await page.keyboard.press('z')
    await expectShown(page, 'shown', PIER)
    await page.keyboard.press('Escape')
    await tileOf(page, PIER_ID).waitFor()
    expect(complaints).toEqual([])
  })

  it('are selected with the pointer, and from the page of an image', async () => {
    const studio = await openCast()
    const { page } = await openPage(studio, { place: { view: 'image', id: PIER_ID } })
    await page.getByRole('button', { name: 'Compare with …' }).click()
    await page.getByText('select another to compare them').waitFor()
    await tileOf(page, HARBOUR_ID).hover()
    await page.getByLabel(`Select ${HARBOUR_ID}`).check()
    await buttonOf(page, 'Compare').click()
    await page.locator('.stage-label', { hasText: 'harbour' }).waitFor()
    await page.getByRole('link', { name: 'pier' }).click()
    await page.getByRole('heading', { level: 1, name: 'pier' }).waitFor()
    await page.getByRole('button', { name: 'Compare with harbour' }).click()
    await page.locator('.stage-label', { hasText: 'pier' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('2 images selected:').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByText('images selected:').count()).toBe(0)
  })

  it('are compared in the mode and the zoom that candidates were', async () => {
    const studio = await openCast()
    await generate(studio)
    const { page } = await openPage(studio, { place: { view: 'image', id: KIRA_ID } })
    await page.getByRole('radiogroup', { name: 'Candidates' }).waitFor()
    await page.keyboard.press('c')
    await page.getByRole('radio', { name: 'Swipe' }).check()
    await page.keyboard.press('z')
    await page.keyboard.press('+')
    await page.getByText('200 %', { exact: true }).waitFor()
    await page.keyboard.press('x')
    await page.getByText('1 image selected:').waitFor()
    await tileOf(page, PIER_ID).hover()
    await page.getByLabel(`Select ${PIER_ID}`).check()
    await page.keyboard.press('c')
    await page.getByRole('radio', { name: 'Swipe' }).waitFor({ state: 'attached' })
    expect(await page.getByRole('radio', { name: 'Swipe' }).isChecked()).toBe(true)
    await page.getByText('200 %', { exact: true }).waitFor()
  })

  it('show any of their candidates, and pick one', async () => {
    const studio = await openCast()
    await generate(studio)
    const { page } = await openPage(studio, compared(PIER_ID, KIRA_ID))
    const pick = page.getByRole('button', { name: 'Pick for kira' })
    await pick.waitFor()
    expect(await pick.isDisabled()).toBe(true)
    await page.getByLabel('Candidate of kira').selectOption('3')
    await page.locator('.stage-label', { hasText: 'candidate 3' }).waitFor()
    expect(new URL(page.url()).hash).toMatch(/candidate=[0-9a-f]{8}/)
    await pick.click()
    await page.getByLabel('Candidate of kira').getByText('3, in use').waitFor({ state: 'attached' })
    expect(readFileSync(studio.project.file(MANIFEST), 'utf8')).toMatch(
      /^    pick: (?:3|"[0-9a-f]{8,}")$/m,
    )
    await page.keyboard.press('u')
    await page.getByLabel('Candidate of kira').getByText('1, in use').waitFor({ state: 'attached' })
    expect(readFileSync(studio.project.file(MANIFEST), 'utf8')).toBe(CAST)
  })
})

describe('an image', () => {
  it('has its candidates picked while they are compared', async () => {
    const studio = await openCast()
    await generate(studio)
    const { page } = await openPage(studio, { place: { view: 'image', id: KIRA_ID } })
    await page.getByRole('radiogroup', { name: 'Candidates' }).waitFor()
    await page.keyboard.press('c')
    await page.getByRole('radio', { name: 'All' }).check()
    const [, , third] = await roomsOf(page)
    if (third === undefined) throw new Error('There is no third picture.')
    await page.mouse.click(third.x + 20, third.y + 20)
    await buttonOf(page, 'Pick').click()
    await page.getByRole('radio', { name: '3, in use' }).waitFor({ state: 'attached' })
    await page.locator('.stage[data-mode=all]').waitFor()
    await page.keyboard.press('2')
    await page.getByRole('radio', { name: '2, in use' }).waitFor({ state: 'attached' })
    expect(readFileSync(studio.project.file(MANIFEST), 'utf8')).toMatch(/^    pick: /m)
  })

  it('is compared with a rendition: one without loss differs in no pixel', async () => {
    const studio = await openCast()
    const { page, complaints } = await openPage(studio, {
      place: { view: 'image', id: HARBOUR_ID },
    })
    await page.getByText('Renditions').click()
    await page.getByRole('button', { name: /^png/ }).click()
    await page.locator('.stage-label', { hasText: 'png' }).waitFor()
    await loaded(page)
    await page.keyboard.press('z')
    await expectShown(page, 'reference', HARBOUR)
    await expectShown(page, 'shown', HARBOUR)
    await page.getByRole('radio', { name: 'Difference' }).check()
    await page.getByRole('button', { name: 'Amplify' }).click()
    const [room] = await roomsOf(page)
    if (room === undefined) throw new Error('There is no room.')
    const { data } = await shot(page, room)
    expect(data.every((value) => value === 0)).toBe(true)
    await page.keyboard.press('c')
    await expect.poll(() => page.locator('.stage-label').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})

it.each(['light', 'dark'] as const)(
  'axe-core finds nothing where images are selected and compared, %s',
  async (colorScheme) => {
    const studio = await openCast()
    await generate(studio)
    const { page, keepScreenshot } = await openPage(studio, {}, { colorScheme })
    await tileOf(page, PIER_ID).waitFor()
    for (const key of ['ArrowRight', 'x', 'ArrowRight', 'x', 'ArrowRight', 'x']) {
      await page.keyboard.press(key)
    }
    const look = async (name: string): Promise<void> => {
      for (const width of [390, 1280, 2560]) {
        await page.setViewportSize({ width, height: 900 })
        await keepScreenshot(`compare-studio-${name}-${width}-${colorScheme}`)
        expect(await axeFindings(page), `${name} ${width}`).toEqual([])
        const isWithin = await page.evaluate('document.documentElement.scrollWidth <= innerWidth')
        expect(isWithin, `${name} fits ${width}`).toBe(true)
      }
    }
    await page.getByText('3 images selected:').waitFor()
    await look('selection')
    await page.keyboard.press('c')
    await page.locator('.stage-label').first().waitFor()
    await loaded(page)
    await look('images')
    await page.getByRole('radio', { name: 'All' }).check()
    await look('all')
  },
)
