import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from './chromium.ts'
import {
  boxOf,
  cut,
  differing,
  enlarged,
  fingersOn,
  framesOf,
  noise,
  openCompare,
  partOf,
  roomsOf,
  shot,
  type Box,
  type Raw,
  type StepOfFiles,
} from './compare-page.ts'
import type { OpenedPage, PageSettings } from './open-page.ts'
import { axeFindings } from './studio-page.ts'

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
  // The page draws after a key is told.
  await expect
    .poll(async () => {
      const { width, height } = await boxOf(page, role)
      return [width, height]
    })
    .toEqual([picture.width, picture.height])
  const box = await boxOf(page, role)
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

  it('blinks without a frame that is neither the one picture nor the other', async () => {
    const { page } = await open([PAIR])
    await choose(page, 'Blink')
    await page.keyboard.press('z')
    await expectShown(page, 'shown', AFTER)
    const box = await boxOf(page, 'shown')
    const frames = await framesOf(page, async () => {
      for (let times = 0; times < 5; times += 1) {
        await page.keyboard.down('Space')
        await expectShown(page, 'shown', BEFORE)
        await page.keyboard.up('Space')
        await expectShown(page, 'shown', AFTER)
      }
    })
    const pictures = await Promise.all(frames.map((frame) => partOf(frame, box)))
    const kinds = pictures.map((picture) =>
      differing(picture, BEFORE) === 0 ? 'before' : differing(picture, AFTER) === 0 ? 'after' : '?',
    )
    expect(new Set(kinds)).toEqual(new Set(['before', 'after']))
  })

  it('shows the other picture in the first frame after the key, where nothing is laid out anew', async () => {
    const { page } = await open([PAIR])
    await choose(page, 'Blink')
    await page.evaluate(`window.seen = new Promise((resolve) => {
      const places = () => [...document.querySelectorAll('.stage-pane, .stage-pane img')]
        .map((element) => JSON.stringify(element.getBoundingClientRect())).join()
      const shown = () => document.querySelector('.stage-pane[data-role=shown] img')
      const [before, picture] = [places(), shown()]
      addEventListener('keydown', () => requestAnimationFrame(() => resolve({
        isOther: shown() !== picture,
        isComplete: shown().complete,
        isSamePlace: places() === before,
      })), { once: true })
    }); 0`)
    await page.keyboard.down('Space')
    expect(await page.evaluate('window.seen')).toEqual({
      isOther: true,
      isComplete: true,
      isSamePlace: true,
    })
    await page.keyboard.up('Space')
  })

  it('enlarges down to single pixels, all pictures alike', async () => {
    const { page } = await open([PAIR])
    await page.keyboard.press('z')
    for (const percent of ['200 %', '400 %', '800 %']) {
      await page.keyboard.press('+')
      await page.getByText(percent, { exact: true }).waitFor()
    }
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Shift+ArrowDown')
    const rooms = await roomsOf(page)
    const [first, second] = [await boxOf(page, 'reference'), await boxOf(page, 'shown')]
    const [left, right] = rooms
    expect([first.x - (left?.x ?? 0), first.y]).toEqual([second.x - (right?.x ?? 0), second.y])
    for (const [room, box, picture] of [
      [left, first, BEFORE],
      [right, second, AFTER],
    ] as const) {
      if (room === undefined) throw new Error('A picture has no room.')
      const seen = await shot(page, room)
      expect(differing(seen, enlarged(picture, 8, room.x - box.x, room.y - box.y, seen))).toBe(0)
    }
  })

  it('is exact on a screen that has two pixels for one of the page', async () => {
    const { page } = await open([PAIR], { deviceScaleFactor: 2 })
    await page.keyboard.press('z')
    await page.getByText('100 %', { exact: true }).waitFor()
    for (const [role, picture] of [
      ['reference', BEFORE],
      ['shown', AFTER],
    ] as const) {
      const { x, y, width } = await boxOf(page, role)
      expect(width).toBe(160)
      const box = { x: x * 2, y: y * 2, width: 320, height: 240 }
      expect(differing(await shot(page, box), picture), role).toBe(0)
    }
  })

  it('keeps mode, zoom and place from picture to picture', async () => {
    const [third, fourth] = [noise(5, 320, 240), noise(6, 320, 240)]
    const { page } = await open([
      PAIR,
      {
        name: 'tom',
        pictures: [
          { label: 'Before', picture: third },
          { label: 'After', picture: fourth },
        ],
      },
    ])
    await choose(page, 'Swipe')
    await page.getByRole('slider').fill('0')
    await page.keyboard.press('z')
    await page.keyboard.press('+')
    await page.keyboard.press('+')
    await page.keyboard.press('Shift+ArrowRight')
    const place = await boxOf(page, 'shown')
    await page.keyboard.press('j')
    await page.getByRole('heading', { name: 'tom' }).waitFor()
    expect(await page.getByRole('radio', { name: 'Swipe' }).isChecked()).toBe(true)
    expect(await page.getByRole('slider').inputValue()).toBe('0')
    expect(await boxOf(page, 'shown')).toEqual(place)
    await page.keyboard.press('z')
    await page.keyboard.press('z')
    await expectShown(page, 'shown', fourth)
    await page.keyboard.press('k')
    await page.getByRole('heading', { name: 'kira' }).waitFor()
    await expectShown(page, 'shown', AFTER)
  })

  it('fits pictures of different sizes to the same box, and says the sizes', async () => {
    const { page } = await open([
      {
        name: 'sizes',
        pictures: [
          { label: 'Original', picture: noise(7, 640, 480) },
          { label: 'Rendition', picture: noise(8, 160, 120) },
        ],
      },
    ])
    await choose(page, 'Swipe')
    for (const key of ['0', 'z', '+']) {
      await page.keyboard.press(key)
      expect(await boxOf(page, 'shown')).toEqual(await boxOf(page, 'reference'))
    }
    await page.getByText('640 × 480, shown at 200 %').waitFor()
    await page.getByText('160 × 120, shown at 800 %').waitFor()
  })

  it('compares more than two: all at once, or one after the other with the first', async () => {
    const pictures = [11, 12, 13, 14, 15].map((seed) => ({
      label: `Candidate ${seed}`,
      picture: noise(seed, 200, 200),
    }))
    const { page } = await open([{ name: 'many', pictures }])
    await choose(page, 'All')
    expect(await page.locator('.stage-pane:not([data-role=off])').count()).toBe(5)
    await page.locator('.stage-panes').click({ position: { x: 1000, y: 300 } })
    const strip = page.getByRole('radiogroup', { name: 'Pictures' })
    await expect
      .poll(() => strip.getByRole('radio', { name: 'Candidate 13' }).isChecked())
      .toBe(true)
    await choose(page, 'Blink')
    await page.keyboard.press('z')
    await page.locator('h1, body').first().focus()
    await strip.getByRole('radio', { name: 'Candidate 15' }).check()
    await page.evaluate('document.activeElement.blur()')
    await expectShown(page, 'shown', pictures[4]?.picture ?? BEFORE)
    // The one that they are held against is left out.
    await page.keyboard.press('ArrowRight')
    await expectShown(page, 'shown', pictures[1]?.picture ?? BEFORE)
    await page.keyboard.down('Space')
    await expectShown(page, 'shown', pictures[0]?.picture ?? BEFORE)
    await page.keyboard.up('Space')
    await page.keyboard.press('x')
    await expectShown(page, 'shown', pictures[0]?.picture ?? BEFORE)
    await page.keyboard.down('Space')
    await expectShown(page, 'shown', pictures[1]?.picture ?? BEFORE)
  })

  it('is walked through with the keyboard alone', async () => {
    const { page } = await open([PAIR, { ...PAIR, name: 'tom' }])
    const focus = (): Promise<string> =>
      page.evaluate(`(() => {
        const { activeElement: at } = document
        const label = at.closest('label')
        return at.getAttribute('aria-label') ?? (label ?? at).textContent
      })()`)
    const walked: string[] = []
    for (let steps = 0; steps < 9; steps += 1) {
      await page.keyboard.press('Tab')
      walked.push(await focus())
    }
    // One stop for the ways to compare, however many there are.
    expect(walked).toEqual([
      'Next',
      'Side by side',
      'Hold to blink',
      'Reduce',
      'Enlarge',
      'Fit',
      '1:1',
      'Backdrop',
      expect.any(String),
    ])
    await page.getByRole('radio', { name: 'Side by side' }).focus()
    await page.keyboard.press('ArrowRight')
    // The page draws after a key is told.
    await expect.poll(focus).toBe('Swipe')
    const slider = page.getByRole('slider')
    await expect.poll(() => slider.inputValue()).toBe('50')
    await page.keyboard.press('.')
    await expect.poll(() => slider.inputValue()).toBe('55')
    await slider.focus()
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => slider.inputValue()).toBe('54')
    await page.keyboard.press('v')
    await page.locator('.stage[data-mode=difference]').waitFor()
    await page.keyboard.press('v')
    const blink = page.getByRole('button', { name: 'Hold to blink' })
    await blink.focus()
    await page.keyboard.press('z')
    await page.keyboard.down('Enter')
    await expectShown(page, 'shown', BEFORE)
    await page.getByRole('status').getByText('Blink: Before, 100 %').waitFor({ state: 'attached' })
    await page.keyboard.up('Enter')
    await expectShown(page, 'shown', AFTER)
  })

  it('zooms at the pointer with the wheel, and moves all pictures with one drag', async () => {
    const { page } = await open([PAIR])
    const [room] = await roomsOf(page)
    if (room === undefined) throw new Error('There is no room.')
    await page.locator('.stage-panes').dblclick({ position: { x: 200, y: 300 } })
    await page.getByText('100 %', { exact: true }).waitFor()
    const [x, y] = [room.x + 320, room.y + 450]
    await page.mouse.move(x, y)
    const turn = async (): Promise<Box> => {
      const { width } = await boxOf(page, 'reference')
      await page.mouse.wheel(0, -120)
      await expect.poll(async () => (await boxOf(page, 'reference')).width).toBeGreaterThan(width)
      return boxOf(page, 'reference')
    }
    for (let turns = 0; turns < 5; turns += 1) await turn()
    const [before, after] = [await turn(), await turn()]
    expect((x - after.x) / after.width).toBeCloseTo((x - before.x) / before.width, 3)
    expect((y - after.y) / after.height).toBeCloseTo((y - before.y) / before.height, 3)
    await page.mouse.down()
    await page.mouse.move(x - 50, y - 30, { steps: 4 })
    await page.mouse.up()
    const moved = await boxOf(page, 'reference')
    expect([moved.x - after.x, moved.y - after.y]).toEqual([-50, -30])
    const other = await boxOf(page, 'shown')
    const [first, second] = await roomsOf(page)
    expect(other.x - (second?.x ?? 0)).toBe(moved.x - (first?.x ?? 0))
    await page.mouse.dblclick(x, y)
    await page
      .getByRole('button', { name: 'Fit' })
      .and(page.locator('[aria-pressed=true]'))
      .waitFor()
  })

  it('is pinched and swiped by touch on a small screen', async () => {
    const { page } = await open([PAIR], { width: 390 })
    await choose(page, 'Swipe')
    const touch = await fingersOn(page)
    await touch([[100, 300]], [[300, 300]])
    await expect.poll(() => page.getByRole('slider').inputValue()).toBe('77')
    const before = await boxOf(page, 'shown')
    await touch(
      [
        [180, 300],
        [220, 300],
      ],
      [
        [80, 300],
        [320, 300],
      ],
    )
    await expect
      .poll(async () => (await boxOf(page, 'shown')).width / before.width)
      .toBeGreaterThan(4)
  })

  it('shows the backdrop through what is transparent', async () => {
    const clear: Raw = { data: Buffer.alloc(320 * 240 * 4), width: 320, height: 240, channels: 4 }
    const { page } = await open([
      {
        name: 'clear',
        pictures: [
          { label: 'Before', picture: clear },
          { label: 'After', picture: clear },
        ],
      },
    ])
    await page.keyboard.press('z')
    const colours = new Map<string, number>()
    for (const backdrop of ['light', 'dark', 'checkerboard', 'quiet']) {
      await page.keyboard.press('b')
      await page.locator(`.stage[data-backdrop=${backdrop}]`).waitFor()
      const { data } = await shot(page, await boxOf(page, 'shown'))
      const seen = new Set<string>()
      for (let at = 0; at < data.length; at += 3)
        seen.add(data.subarray(at, at + 3).toString('hex'))
      colours.set(backdrop, seen.size)
    }
    expect(Object.fromEntries(colours)).toEqual({ light: 1, dark: 1, checkerboard: 2, quiet: 1 })
  })

  it.each(['light', 'dark'] as const)(
    'has nothing that axe-core finds, %s',
    async (colorScheme) => {
      const pictures = [21, 22, 23].map((seed) => ({
        label: `Candidate ${seed}`,
        picture: noise(seed, 300, 200),
      }))
      const steps = [PAIR, { name: 'many', pictures }]
      const { page, complaints, keepScreenshot } = await open(steps, { colorScheme })
      for (const width of [390, 1280, 2560]) {
        await page.setViewportSize({ width, height: 900 })
        for (const [key, modes] of [
          ['k', ['Side by side', 'Swipe', 'Difference', 'Blink']],
          ['j', ['All', 'Side by side']],
        ] as const) {
          await page.keyboard.press(key)
          for (const mode of modes) {
            await choose(page, mode)
            const name = `${key === 'k' ? 'pair' : 'many'}-${mode.replaceAll(' ', '-')}`
            await keepScreenshot(`compare-${name}-${width}-${colorScheme}`.toLowerCase())
            expect(await axeFindings(page), `${name} ${width}`).toEqual([])
            const isWithin = await page.evaluate(
              'document.documentElement.scrollWidth <= innerWidth',
            )
            expect(isWithin, `${name} fits ${width}`).toBe(true)
          }
        }
      }
      // Nothing moves by itself.
      expect(await page.evaluate('document.getAnimations().length')).toBe(0)
      expect(complaints).toEqual([])
    },
  )
})
