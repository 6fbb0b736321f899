import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Address } from '../../src/studio/page/address.ts'
import type { OpenStudio, OpenStudioSettings } from '../studio/opened.ts'
import { launchChromium } from './chromium.ts'
import type { OpenedPage } from './open-page.ts'
import { buttonOf, confirm, openRealStudio, openStudioPage, tileOf } from './studio-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const CAST = `images:
  kira: { prompt: Kira, alt: "" }
  tom: { prompt: Tom, alt: "" }
  mira: { prompt: Mira, alt: "", references: ["#kira"] }
`
const KIRA = 'cast.image.yaml#kira'
const TOM = 'cast.image.yaml#tom'
const PLAN = { place: { view: 'plan' } } as const

async function open(settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
  return openRealStudio({ files: { 'cast.image.yaml': CAST }, ...settings })
}

async function openPage(studio: OpenStudio, change: Partial<Address> = {}): Promise<OpenedPage> {
  const opened = await openStudioPage(browser, studio, change)
  onTestFinished(() => opened.page.close())
  return opened
}

function storedPictures({ project }: OpenStudio): number {
  return readdirSync(project.file('.imagegen')).filter((name) => name.endsWith('.jpg')).length
}

describe('the plan', () => {
  it('generates what is selected, after one question that names images and money', async () => {
    const studio = await open()
    const { page } = await openPage(studio, PLAN)
    await page.getByText('3 images, 3 pictures, 0.0105 USD').waitFor()
    await page.getByLabel(`Select ${TOM}`, { exact: true }).uncheck()
    await page.getByText('2 images, 2 pictures, 0.007 USD').waitFor()
    await buttonOf(page, 'Generate').click()
    const dialog = page.getByRole('dialog', { name: 'Generate 2 pictures for 0.007 USD?' })
    await dialog.waitFor()
    const named = await dialog.getByRole('list').getByRole('listitem').allTextContents()
    expect(named).toEqual([KIRA, 'cast.image.yaml#mira'])
    await confirm(page, 'Generate')
    await page.getByText('2 images stored.').waitFor()
    expect(studio.emulator.stats().images).toBe(2)
    expect(storedPictures(studio)).toBe(2)
    // What was left out stays left out.
    await page.getByText('Nothing selected').waitFor()
    await page.getByLabel(`Select ${TOM}`, { exact: true }).check()
    await page.getByText('1 image, 1 picture, 0.0035 USD').waitFor()
  })

  it('includes what a selected image needs, and says so before it is paid for', async () => {
    const studio = await open()
    const { page } = await openPage(studio, PLAN)
    await page.getByLabel('Select all').uncheck()
    await page.getByLabel('Select cast.image.yaml#mira').check()
    await buttonOf(page, 'Generate').click()
    await page.getByRole('dialog', { name: 'Generate 2 pictures for 0.007 USD?' }).waitFor()
    await page.getByRole('dialog').getByText(KIRA).waitFor()
    await buttonOf(page, 'Cancel').click()
    expect(studio.emulator.stats().requests).toBe(0)
  })

  it('asks again where the price has changed between the question and the answer', async () => {
    const studio = await open()
    const { page } = await openPage(studio, PLAN)
    await buttonOf(page, 'Generate').click()
    const dialog = page.getByRole('dialog')
    await page.getByRole('dialog', { name: 'Generate 3 pictures for 0.0105 USD?' }).waitFor()
    studio.project.write({ 'cast.image.yaml': CAST.replace('prompt: Tom,', 'prompt: Tom, n: 4,') })
    await page.getByText('6 pictures, 0.021 USD').waitFor()
    await dialog.getByRole('button', { name: 'Generate', exact: true }).click()
    await page.getByRole('dialog', { name: 'Generate 6 pictures for 0.021 USD?' }).waitFor()
    expect(studio.emulator.stats().requests).toBe(0)
    await confirm(page, 'Generate')
    await page.getByText('3 images stored.').waitFor()
    expect(studio.emulator.stats().images).toBe(6)
  })

  it('tells what a provider refuses in its words, and what to do, and keeps the rest', async () => {
    const studio = await open({
      emulator: { faults: [{ kind: 'status', code: 1026, match: 'Tom' }] },
    })
    const { page } = await openPage(studio, PLAN)
    await buttonOf(page, 'Generate').click()
    await confirm(page, 'Generate')
    await page.getByText('Ended with failures').waitFor()
    await page.getByText('2 of 3 images stored, 1 failed').waitFor()
    // The last word on a run keeps why, wherever one is.
    await page
      .getByRole('status')
      .getByText(/^2 images stored, 1 failed\. tom: .*sensitive.*Reword the prompt/)
      .waitFor()
    const row = page.locator('.plan-row')
    expect(await row.count()).toBe(1)
    expect(await row.textContent()).toMatch(/tom.*Failed/)
    expect(storedPictures(studio)).toBe(2)
    // Seen wherever the image is.
    await page.getByRole('link', { name: 'Wall' }).click()
    const tile = page.locator('.tile', { has: tileOf(page, TOM) })
    await tile.getByText('Failed').waitFor()
    // The failure is of the image as it was.
    studio.project.write({ 'cast.image.yaml': CAST.replace('prompt: Tom', 'prompt: Thomas') })
    await tile.getByText('0.0035 USD').waitFor()
  })

  it('asks again for what failed, and for what is lost only as “Pay again”', async () => {
    const studio = await open({
      emulator: { faults: [{ kind: 'status', code: 1026, match: 'Tom', times: 1 }] },
    })
    const { page } = await openPage(studio, PLAN)
    await buttonOf(page, 'Generate').click()
    await confirm(page, 'Generate')
    await page.getByText('2 of 3 images stored, 1 failed').waitFor()
    await buttonOf(page, 'Generate').click()
    await page.getByRole('dialog', { name: 'Generate 1 picture for 0.0035 USD?' }).waitFor()
    await confirm(page, 'Generate')
    await page.getByText('Every image is current', { exact: false }).waitFor()
    expect(studio.emulator.stats().images).toBe(3)

    const store = studio.project.file('.imagegen')
    for (const name of readdirSync(store)) {
      if (/^tom.*\.jpg$/.test(name)) rmSync(path.join(store, name))
    }
    // A lost original is not for sale by accident: nothing is selected, and `Generate` has nothing to ask for.
    await buttonOf(page, 'Pay again').waitFor()
    expect(await page.getByLabel(`Select ${TOM}`).count()).toBe(0)
    expect(await buttonOf(page, 'Generate').isDisabled()).toBe(true)
    await page.getByRole('link', { name: TOM, exact: true }).click()
    await buttonOf(page, 'Pay again').click()
    await page.getByRole('dialog', { name: 'Generate 1 picture for 0.0035 USD?' }).waitFor()
    expect(studio.emulator.stats().images).toBe(3)
    await confirm(page, 'Generate')
    await page.getByRole('radio', { name: '1, in use' }).waitFor({ state: 'attached' })
    await expect.poll(() => storedPictures(studio)).toBe(3)
    expect(studio.emulator.stats().images).toBe(4)
  })

  it('shows progress in every tab, and Stop lets what is under way come home', async () => {
    const studio = await open({ emulator: { latency: 1500 }, inline: { budget: { images: 50 } } })
    const first = await openPage(studio, PLAN)
    const second = await openPage(studio, PLAN)
    await second.page.getByText('3 images, 3 pictures').waitFor()
    await first.page.bringToFront()
    await first.page.getByLabel(`Select ${TOM}`, { exact: true }).uncheck()
    await buttonOf(first.page, 'Generate').click()
    await confirm(first.page, 'Generate')
    await first.page.getByText('Being made', { exact: true }).first().waitFor()
    await second.page.getByText('Being made', { exact: true }).first().waitFor()
    expect(await buttonOf(first.page, 'Generate').isDisabled()).toBe(true)
    await buttonOf(second.page, 'Stop').click()
    // The one under way is kept; the one that waits for it is not asked for.
    await first.page.getByText('1 of 2 images stored').waitFor()
    await expect.poll(() => storedPictures(studio)).toBe(1)
    expect(studio.emulator.stats().images).toBe(1)
  })

  it('is bound by the budget, and says so', async () => {
    const studio = await open({ inline: { budget: { images: 2 } } })
    const { page } = await openPage(studio, PLAN)
    await page.getByText('2 images left in the budget').waitFor()
    await buttonOf(page, 'Generate').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Generate', exact: true }).click()
    await dialog.getByRole('alert').waitFor()
    expect(await dialog.getByRole('alert').textContent()).toMatch(/budget/)
    expect(studio.emulator.stats().requests).toBe(0)
  })
})

describe('an image that is missing', () => {
  it('is generated where it is looked at, and appears there', async () => {
    const studio = await open()
    const { page, complaints } = await openPage(studio, { place: { view: 'image', id: KIRA } })
    await page.getByText('No picture yet').waitFor()
    await buttonOf(page, 'Generate').waitFor()
    await page.keyboard.press('Shift+G')
    await page.getByRole('dialog', { name: 'Generate 1 picture for 0.0035 USD?' }).waitFor()
    await confirm(page, 'Generate')
    await page.getByRole('radio', { name: '1, in use' }).waitFor({ state: 'attached' })
    const isShown = 'document.querySelector(".stage img")?.naturalWidth'
    await expect.poll(() => page.evaluate(isShown)).toBe(1024)
    expect(await buttonOf(page, 'Generate').count()).toBe(0)
    expect(studio.emulator.stats().requests).toBe(1)
    expect(complaints).toEqual([])
  })
})
