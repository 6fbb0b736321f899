import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { findEditor } from '../../src/studio/actions/programs.ts'
import type { Address } from '../../src/studio/page/address.ts'
import type { OpenStudio, OpenStudioSettings } from '../studio/opened.ts'
import { temporaryProject } from '../temporary-project.ts'
import { launchChromium } from './chromium.ts'
import type { OpenedPage } from './open-page.ts'
import { buttonOf, confirm, openRealStudio, openStudioPage, tileOf } from './studio-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

const adopted = path.join(import.meta.dirname, '../../examples/pictures/composite.webp')

const MANIFEST = 'src/cast.image.yaml'
const KIRA = `${MANIFEST}#kira`
const TOM = `${MANIFEST}#tom`
const CAST = `# The people of the harbour
images:
  kira: # the keeper
    prompt: "Kira, a lighthouse keeper"
    alt: 'Kira'
    n: 2

  tom: { prompt: Tom, alt: "" } # the ferryman
`

async function open(settings: Partial<OpenStudioSettings> = {}): Promise<OpenStudio> {
  return openRealStudio({ files: { [MANIFEST]: CAST }, ...settings })
}

async function openPage(studio: OpenStudio, change: Partial<Address> = {}): Promise<OpenedPage> {
  const opened = await openStudioPage(browser, studio, change)
  onTestFinished(() => opened.page.close())
  return opened
}

const IMAGE = { place: { view: 'image', id: KIRA } } as const

function manifestOf({ project }: OpenStudio): string {
  return readFileSync(project.file(MANIFEST), 'utf8')
}

/** The receipts in the store. */
function receiptsOf({ project }: OpenStudio): Array<{ readonly origin?: string }> {
  const store = project.file('.imagegen')
  if (!existsSync(store)) return []
  return readdirSync(store)
    .filter((name) => /^\w.*\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(path.join(store, name), 'utf8')) as { origin?: string })
}

function candidatesOf(page: Page): ReturnType<Page['getByRole']> {
  return page.getByRole('radiogroup', { name: 'Candidates' }).getByRole('radio')
}

async function generate(page: Page): Promise<void> {
  await buttonOf(page, 'Generate').click()
  await confirm(page, 'Generate')
  await page.getByText('1 image stored.').waitFor()
}

describe('an empty project', () => {
  it('becomes one with a picture', async () => {
    const studio = await openRealStudio({ files: {} })
    const { page, complaints } = await openPage(studio)
    await buttonOf(page, 'Create the first manifest').click()
    await page.getByRole('heading', { level: 1, name: 'lighthouse' }).waitFor()
    expect(readFileSync(studio.project.file('starter.image.yaml'), 'utf8')).toContain('lighthouse:')
    expect(studio.emulator.stats().requests).toBe(0)
    await generate(page)
    await expect.poll(() => candidatesOf(page).count()).toBe(1)
    expect(studio.emulator.stats().requests).toBe(1)
    expect(receiptsOf(studio)).toHaveLength(1)
    await page.keyboard.press('Escape')
    await tileOf(page, 'starter.image.yaml#lighthouse').waitFor()
    expect(complaints).toEqual([])
  })
})

describe('an edit', () => {
  it('is not checked any more once it is saved', async () => {
    const studio = await open()
    const { page, complaints } = await openPage(studio, IMAGE)
    const checks: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/api/1/check')) checks.push(request.url())
    })
    await page.route('**/api/1/change', async (route) => {
      // The time at which the words that were typed last would be checked.
      await page.clock.runFor(1000)
      await route.continue()
    })
    await buttonOf(page, 'Edit').click()
    await page.clock.install()
    await page.getByLabel('Alt').fill('The keeper')
    await buttonOf(page, 'Save').click()
    await expect.poll(() => manifestOf(studio)).toContain('The keeper')
    await buttonOf(page, 'Edit').waitFor()
    expect(checks).toEqual([])
    expect(complaints).toEqual([])
  })
})

describe('an image', () => {
  it('is generated, picked, asked for again, edited, rerolled, adopted and undone', async () => {
    const studio = await open()
    const { page, complaints } = await openPage(studio, IMAGE)
    const { emulator } = studio

    await buttonOf(page, 'Generate').waitFor()
    await generate(page)
    await expect.poll(() => candidatesOf(page).count()).toBe(2)
    expect(emulator.stats().images).toBe(2)
    expect(receiptsOf(studio)).toHaveLength(2)
    expect(manifestOf(studio)).toBe(CAST)

    // Picked with the button, and back with a key.
    await candidatesOf(page).nth(1).check()
    await buttonOf(page, 'Pick').click()
    await page.getByRole('radio', { name: '2, in use' }).waitFor({ state: 'attached' })
    const picked = manifestOf(studio)
    expect(picked).toMatch(/^    pick: (?:2|"[0-9a-f]{8,}")$/m)
    expect(picked.replace(/^    pick: .*\n/m, '')).toBe(CAST)
    await page.keyboard.press('u')
    await page.getByRole('radio', { name: '1, in use' }).waitFor({ state: 'attached' })
    expect(manifestOf(studio)).toBe(CAST)
    await page.keyboard.press('2')
    await page.getByRole('radio', { name: '2, in use' }).waitFor({ state: 'attached' })
    expect(manifestOf(studio)).toBe(picked)
    expect(emulator.stats().images).toBe(2)

    // One more is written at once, and paid for when that is agreed.
    await buttonOf(page, 'Ask for more').click()
    await buttonOf(page, 'Generate').waitFor()
    expect(manifestOf(studio)).toMatch(/^    n: 3$/m)
    expect(emulator.stats().images).toBe(2)
    await generate(page)
    await expect.poll(() => candidatesOf(page).count()).toBe(3)
    expect(emulator.stats().images).toBe(3)

    // An edit says what is wrong while one types, and what it costs.
    const before = manifestOf(studio)
    await page.keyboard.press('e')
    await page.getByLabel('Aspect ratio').fill('5:4')
    await page.getByLabel('Aspect ratio').and(page.locator('[aria-invalid=true]')).waitFor()
    expect(await buttonOf(page, 'Save').isDisabled()).toBe(true)
    await page.getByLabel('Aspect ratio').fill('')
    await page.getByLabel('Prompt').fill('Kira, a lighthouse keeper: "old", #1')
    await page.getByText(/After saving: missing; 3 pictures for 0\.0105 USD/).waitFor()
    expect(manifestOf(studio)).toBe(before)
    await buttonOf(page, 'Save').click()
    await page.getByText('0.0105 USD', { exact: true }).waitFor()
    const edited = manifestOf(studio)
    expect(edited).toContain('# the keeper')
    expect(edited).toContain("alt: 'Kira'")
    expect(edited).toContain('tom: { prompt: Tom, alt: "" } # the ferryman')
    expect(edited).not.toContain('pick:')
    expect(await page.getByLabel('Prompt').inputValue()).toBe(
      'Kira, a lighthouse keeper: "old", #1',
    )
    expect(emulator.stats().images).toBe(3)

    // Undone, everything that is paid for is there again.
    await buttonOf(page, 'Undo').click()
    await page.getByRole('radio', { name: '2, in use' }).waitFor({ state: 'attached' })
    expect(manifestOf(studio)).toBe(before)
    expect(await buttonOf(page, 'Generate').count()).toBe(0)

    // Rerolled after a question.
    await page.keyboard.press('Shift+R')
    await page.getByRole('dialog', { name: 'Reroll kira for 0.0105 USD?' }).waitFor()
    expect(manifestOf(studio)).toBe(before)
    await confirm(page, 'Reroll')
    await page.getByText('1 image stored.').waitFor()
    expect(manifestOf(studio)).toMatch(/^    revision: 1$/m)
    expect(emulator.stats().images).toBe(6)
    expect(receiptsOf(studio)).toHaveLength(6)

    // A file from elsewhere becomes one more candidate of the same prompt.
    const rerolled = manifestOf(studio)
    await page.getByLabel('A picture file').setInputFiles(adopted)
    const dialog = page.getByRole('dialog', { name: 'Adopt composite.webp for kira?' })
    await dialog.getByLabel('Keep the prompt', { exact: false }).first().check()
    await confirm(page, 'Adopt')
    await page.getByRole('radio', { name: '4, in use' }).waitFor({ state: 'attached' })
    expect(receiptsOf(studio).filter(({ origin }) => origin === 'elsewhere')).toHaveLength(1)
    expect(emulator.stats().images).toBe(6)
    await buttonOf(page, 'Undo').click()
    await expect.poll(() => manifestOf(studio)).toBe(rerolled)

    // Or takes the place of generating.
    await dropFile(page, adopted, page.locator('.stage'))
    await page.getByRole('dialog').getByLabel('In place of generating', { exact: false }).check()
    await confirm(page, 'Adopt')
    await expect.poll(() => manifestOf(studio)).toContain('source: ./composite.webp')
    expect(existsSync(studio.project.file('src/composite.webp'))).toBe(true)
    expect(emulator.stats().images).toBe(6)
    expect(complaints).toEqual([])
  })

  it('of a matrix is edited as an override of its combination', async () => {
    const matrix = `images:
  harbour-\${season}:
    prompt: The harbour in \${season}
    alt: The harbour
    matrix: { season: [spring, winter] }
`
    const studio = await open({ files: { [MANIFEST]: matrix } })
    const { page } = await openPage(studio, {
      place: { view: 'image', id: `${MANIFEST}#harbour-winter` },
    })
    await buttonOf(page, 'Edit').click()
    await page
      .getByText('Saving writes an override for season: winter.', { exact: false })
      .waitFor()
    await page.getByLabel('Prompt').fill('The frozen harbour')
    await page.getByText('After saving', { exact: false }).waitFor()
    await buttonOf(page, 'Save').click()
    await expect.poll(() => page.getByLabel('Prompt').inputValue()).toBe('The frozen harbour')
    await expect
      .poll(() => manifestOf(studio))
      .toMatch(/overrides:[^]*winter[^]*The frozen harbour/)
    expect(manifestOf(studio)).toContain('prompt: The harbour in ${season}')
  })
})

describe('a file that is dropped on the wall', () => {
  it('is adopted by the image under it, as on its own page, and touched up if it is', async () => {
    const studio = await open()
    const first = await openPage(studio, IMAGE)
    await generate(first.page)
    const { page, complaints } = await openPage(studio)
    const tile = (id: string): Locator => page.locator('.tile', { has: tileOf(page, id) })
    await tile(KIRA).locator('img').waitFor()

    // One more candidate of the same prompt: the picture that was generated, touched up.
    await dropFile(page, adopted, tile(KIRA))
    await page.getByRole('dialog', { name: 'Adopt composite.webp for kira?' }).waitFor()
    await page.getByRole('radio', { name: 'touched up', exact: false }).check()
    await confirm(page, 'Adopt')
    await tile(KIRA).getByText('3/3').waitFor()
    expect(receiptsOf(studio).map(({ origin }) => origin)).toContain('edited')
    expect(manifestOf(studio)).toMatch(/^    pick: (?:3|"[0-9a-f]{8,}")$/m)
    await buttonOf(page, 'Undo').click()
    await expect.poll(() => manifestOf(studio)).toBe(CAST)

    // In place of generating, of an image that has no picture yet.
    await dropFile(page, adopted, tile(TOM))
    await page.getByRole('radio', { name: 'In place of generating', exact: false }).check()
    await confirm(page, 'Adopt')
    await expect.poll(() => manifestOf(studio)).toContain('source: ./composite.webp')
    await tile(TOM).locator('img').waitFor()
    expect(studio.emulator.stats().images).toBe(2)

    // Elsewhere the browser must not open it: the page would be gone.
    await page.evaluate(
      "addEventListener('drop', (event) => { window.isKept = event.defaultPrevented })",
    )
    await dropFile(page, adopted, page.locator('.bar'), false)
    expect(await page.evaluate('window.isKept')).toBe(true)
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})

describe('“Open in editor”', () => {
  it('starts the editor with the file and the line of the image as arguments, without a shell', async () => {
    const project = await temporaryProject({})
    const [seen, program] = [project.file('seen'), project.file('code')]
    project.write({
      code: `#!/bin/sh\nfor each in "$@"; do printf '%s\\n' "$each"; done > "${seen}.part"\nmv "${seen}.part" "${seen}"\n`,
    })
    chmodSync(program, 0o755)
    const editor = findEditor({ VISUAL: program, PATH: process.env['PATH'] })
    const manifest = 'a $(touch pwned);`id`.image.yaml'
    const studio = await open({ files: { [manifest]: CAST }, studio: { editor } })
    const { page } = await openPage(studio, {
      place: { view: 'image', id: `${manifest}#tom` },
    })
    await page.getByRole('link', { name: 'Open in editor' }).click()
    await page.getByRole('status').getByText(`Opened ${manifest}:8 in code.`).waitFor()
    await expect.poll(() => existsSync(seen)).toBe(true)
    expect(readFileSync(seen, 'utf8')).toBe(`-g\n${studio.project.file(manifest)}:8\n`)
    expect(existsSync(studio.project.file('pwned'))).toBe(false)
  })
})

describe('two tabs', () => {
  it('show what the other one did', async () => {
    const studio = await open()
    const [first, second] = [await openPage(studio, IMAGE), await openPage(studio, IMAGE)]
    await generate(first.page)
    await second.page.bringToFront()
    await expect.poll(() => candidatesOf(second.page).count()).toBe(2)
    await second.page.keyboard.press('2')
    await second.page.getByRole('radio', { name: '2, in use' }).waitFor({ state: 'attached' })
    await first.page.bringToFront()
    await first.page.getByRole('radio', { name: '2, in use' }).waitFor({ state: 'attached' })
    // The other tab did not do it, and has nothing to take back.
    expect(await buttonOf(first.page, 'Undo').isDisabled()).toBe(true)
  })

  it('do not overwrite each other: an edit of an older file is refused, and its words are kept', async () => {
    const studio = await open()
    const { page } = await openPage(studio, IMAGE)
    await buttonOf(page, 'Edit').click()
    await page.getByLabel('Prompt').fill('Kira, mine')
    await page.getByText('After saving', { exact: false }).waitFor()
    const other = CAST.replace("alt: 'Kira'", 'alt: Theirs')
    studio.project.write({ [MANIFEST]: other })
    await page.keyboard.press('Control+Enter')
    const alert = page.getByRole('alert')
    await alert.getByText('has changed since you began', { exact: false }).waitFor()
    expect(manifestOf(studio)).toBe(other)
    expect(await page.getByLabel('Prompt').inputValue()).toBe('Kira, mine')
    await alert.getByRole('button').click()
    await expect.poll(() => page.getByLabel('Alt').inputValue()).toBe('Theirs')
    await page.getByText('After saving', { exact: false }).waitFor()
    await buttonOf(page, 'Save').click()
    await expect.poll(() => manifestOf(studio)).toContain('Kira, mine')
    expect(manifestOf(studio)).toContain('alt: Theirs')
  })

  it('refuse to undo what the file no longer says, and say so', async () => {
    const studio = await open()
    const { page } = await openPage(studio, IMAGE)
    await buttonOf(page, 'Ask for more').click()
    await expect.poll(() => manifestOf(studio)).toContain('n: 3')
    const other = manifestOf(studio).replace('# the keeper', '# keeper of the light')
    studio.project.write({ [MANIFEST]: other })
    await buttonOf(page, 'Undo').click()
    await page
      .getByRole('status')
      .getByText(/changed/)
      .waitFor()
    expect(manifestOf(studio)).toBe(other)
    expect(await buttonOf(page, 'Undo').isDisabled()).toBe(true)
  })
})

/** Drops a file as a person does who drags it from the desktop. */
async function dropFile(page: Page, file: string, target: Locator, isTaken = true): Promise<void> {
  const bytes = readFileSync(file).toString('base64')
  const name = path.basename(file)
  const dataTransfer = await page.evaluateHandle(`(() => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(bytes)}), (letter) => letter.charCodeAt(0))
    const transfer = new DataTransfer()
    transfer.items.add(new File([bytes], ${JSON.stringify(name)}, { type: 'image/webp' }))
    return transfer
  })()`)
  await target.dispatchEvent('dragover', { dataTransfer })
  const invitation = page.locator('.drop, .tile-drop')
  if (isTaken) await invitation.waitFor()
  else expect(await invitation.count()).toBe(0)
  await target.dispatchEvent('drop', { dataTransfer })
  await expect.poll(() => invitation.count()).toBe(0)
}
