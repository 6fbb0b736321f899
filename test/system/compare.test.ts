import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from './chromium.ts'
import {
  boxOf,
  cut,
  differing,
  noise,
  openCompare,
  shot,
  type Raw,
  type StepOfFiles,
} from './compare-page.ts'
import type { OpenedPage, PageSettings } from './open-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const BEFORE = noise(1, 320, 240)
const AFTER = noise(2, 320, 240)
const PAIR: StepOfFiles = {
  name: 'kira',
  pictures: [
    { label: 'Before', picture: BEFORE },
    { label: 'After', picture: AFTER },
  ],
}

async function open(
  steps: readonly StepOfFiles[],
  settings: PageSettings = {},
): Promise<OpenedPage> {
  const opened = await openCompare(browser, steps, settings)
  onTestFinished(() => opened.page.close())
  return opened
}

async function choose(page: Page, mode: string): Promise<void> {
  await page.getByRole('radio', { name: mode, exact: true }).check()
}

/** Exactly the pixels of a picture, where it is drawn. */
async function expectShown(page: Page, role: 'shown' | 'reference', picture: Raw): Promise<void> {
  const box = await boxOf(page, role)
  expect([box.width, box.height]).toEqual([picture.width, picture.height])
  expect(differing(await shot(page, box), picture), role).toBe(0)
}

describe('a page from a file, under a policy that allows pictures only', () => {
  it('shows both pictures side by side, pixel by pixel at actual size', async () => {
    const { page, complaints } = await open([PAIR])
    await page.keyboard.press('z')
    await page.getByText('100 %', { exact: true }).waitFor()
    await expectShown(page, 'reference', BEFORE)
    await expectShown(page, 'shown', AFTER)
    expect(complaints).toEqual([])
  })

  it('shows no difference of identical pictures: every pixel of the room is black', async () => {
    const see = noise(3, 320, 240, 4)
    for (const picture of [BEFORE, see]) {
      const { page } = await open([
        {
          name: 'same',
          pictures: [
            { label: 'Before', picture },
            { label: 'After', picture },
          ],
        },
      ])
      await choose(page, 'Difference')
      for (const key of ['0', 'z', '+']) {
        await page.keyboard.press(key)
        const room = await page.locator('.stage-pane[data-role=shown]').boundingBox()
        if (room === null) throw new Error('There is no room.')
        const { data } = await shot(page, room)
        expect(
          data.every((value) => value === 0),
          key,
        ).toBe(true)
      }
    }
  })

  it('shows exactly how far two pictures differ', async () => {
    const { page } = await open([PAIR])
    await choose(page, 'Difference')
    await page.keyboard.press('z')
    const data = Buffer.from(
      BEFORE.data.map((value, at) => Math.abs(value - (AFTER.data[at] ?? 0))),
    )
    await expectShown(page, 'shown', { ...BEFORE, data })
  })

  it('swipes: one picture, halves of both, or the other', async () => {
    const { page } = await open([PAIR])
    await choose(page, 'Swipe')
    await page.keyboard.press('z')
    const slider = page.getByRole('slider', { name: 'Where the pictures meet' })
    await slider.fill('100')
    await expectShown(page, 'shown', BEFORE)
    await slider.fill('0')
    await expectShown(page, 'shown', AFTER)
    await slider.fill('50')
    const box = await boxOf(page, 'shown')
    const seen = await shot(page, box)
    // Besides the line between them.
    const half = [157, 240] as const
    expect(differing(cut(seen, 0, 0, half), cut(BEFORE, 0, 0, half))).toBe(0)
    expect(differing(cut(seen, 163, 0, half), cut(AFTER, 163, 0, half))).toBe(0)
  })
})
