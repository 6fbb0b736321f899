import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  copyBranches,
  createBranches,
  HOSTILE_PROMPT,
  MANIFEST,
  type Branches,
} from '../cli/branches.ts'
import type { Project } from '../cli/project.ts'
import { launchChromium } from './chromium.ts'
import { openPage, type OpenedPage, type PageSettings } from './open-page.ts'
import { axeFindings, tileOf } from './studio-page.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())

async function report(project: Project, ...args: string[]): Promise<void> {
  const { code, stderr } = await project.run('report', '--out', 'report', ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}

/** Opens a report from its file. Whatever it asks for that is not a file beside it is a complaint. */
async function openReport(
  project: Project,
  hash = '',
  settings: PageSettings = {},
): Promise<OpenedPage> {
  const folder = pathToFileURL(path.join(project.folder, 'report')).href
  const opened = await openPage(browser, 'about:blank', settings)
  onTestFinished(() => opened.page.close())
  const asked: string[] = []
  await opened.page.route(
    () => true,
    (route) => {
      const url = route.request().url()
      if (url.startsWith(`${folder}/`)) return route.continue()
      asked.push(url)
      return route.abort()
    },
  )
  await opened.page.goto(`${folder}/index.html${hash}`)
  await opened.page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' })
  return { ...opened, complaints: new Proxy(opened.complaints, complaintsWith(asked)) }
}

/** What a page complains of, and what it asked for beyond its folder. */
function complaintsWith(asked: readonly string[]): ProxyHandler<readonly string[]> {
  return {
    get: (complaints, name) => Reflect.get([...complaints, ...asked], name) as unknown,
  }
}

function placeOf(place: 'change' | 'image', name: string): string {
  return `#${new URLSearchParams({ [place]: `${MANIFEST}#${name}` }).toString()}`
}

function cardOf(page: Page, name: string): ReturnType<Page['locator']> {
  return page.locator('.change-card').filter({ has: tileOf(page, `${MANIFEST}#${name}`) })
}

/** A node of the page, of which these tests know no types. */
interface ShownNode {
  readonly nodeName: string
  readonly textContent: string
}

/** Pixels of every picture of an element, 0 where one does not load. */
async function widthsIn(locator: ReturnType<Page['locator']>): Promise<number[]> {
  const images = await locator.locator('img').all()
  return Promise.all(
    images.map((image) =>
      image.evaluate(async (element) => {
        const picture = element as unknown as { naturalWidth: number; decode(): Promise<void> }
        await picture.decode().catch(() => undefined)
        return picture.naturalWidth
      }),
    ),
  )
}

describe('the report of a branch, opened from a file without a network', () => {
  let branches: Branches
  let project: Project

  beforeAll(async () => {
    branches = await copyBranches()
    project = branches.project
    await report(project, '--base', 'main')
  })

  it('shows each image before and after, with what changed and what it cost', async () => {
    const { page, complaints } = await openReport(project)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('6 images changed')
    expect(await page.locator('.changes-costs').textContent()).toBe(
      'Paid0.007 USD 2 picturesStill to make0.0035 USD 1 picture',
    )
    const tom = cardOf(page, 'tom')
    expect(await tom.locator('.kind').allTextContents()).toEqual(['Reprompted', 'New picture'])
    expect(await tom.locator('.change-cost').textContent()).toBe('0.0035 USD paid')
    expect(await widthsIn(tom)).toEqual([1024, 1024])
    expect(await widthsIn(cardOf(page, 'mira'))).toEqual([64, 128])
    expect(await cardOf(page, 'fresh').locator('.change-side').allTextContents()).toEqual([
      'Was not thereBefore',
      'After1024\u00a0×\u00a01024',
    ])
    expect(await cardOf(page, 'later').locator('.change-cost').textContent()).toBe(
      '0.0035 USD to make',
    )
    expect(complaints).toEqual([])
  })

  it('shows a prompt full of markup letter by letter', async () => {
    const { page, complaints } = await openReport(project)
    const prompt = cardOf(page, 'tom').locator('.field-changes dd')
    const kept = await prompt.evaluate((element) => {
      const { childNodes } = element as unknown as { childNodes: Iterable<ShownNode> }
      return [...childNodes]
        .flatMap(({ nodeName, textContent }) => (nodeName === 'DEL' ? [] : [textContent]))
        .join('')
    })
    expect(kept).toBe(HOSTILE_PROMPT)
    expect(complaints).toEqual([])
  })

  it('narrows to one kind of change', async () => {
    const { page } = await openReport(project)
    await page.getByRole('button', { name: 'Removed' }).click()
    expect(await page.locator('.change-card h2').allTextContents()).toEqual(['old'])
    await page.getByRole('button', { name: 'All' }).click()
    expect(await page.locator('.change-card').count()).toBe(6)
  })

  it('compares before and after, goes from change to change by key, and back', async () => {
    const { page, complaints } = await openReport(project)
    await tileOf(page, `${MANIFEST}#kira`).click()
    await page
      .getByRole('radio', { name: 'Swipe' })
      .or(page.getByRole('button', { name: 'Swipe' }))
      .first()
      .click()
    await page.keyboard.press('j')
    await page.getByRole('heading', { level: 1, name: 'tom' }).waitFor()
    await page.getByRole('link', { name: 'All candidates and settings' }).click()
    await page.getByRole('heading', { level: 1, name: 'tom' }).waitFor()
    expect(await page.getByLabel('Prompt').inputValue()).toBe(HOSTILE_PROMPT)
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { level: 1, name: '6 images changed' }).waitFor()
    expect(
      await page.getByRole('button', { name: /Pick|Generate|Reroll|Edit|Adopt/ }).count(),
    ).toBe(0)
    expect(complaints).toEqual([])
  })

  it('runs and loads nothing that is not its own, also if a script were in it', async () => {
    const asked: string[] = []
    const server = createServer(({ url = '' }, response) => {
      asked.push(url)
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    await page.goto(pathToFileURL(path.join(project.folder, 'report/index.html')).href)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const blocked = await page.evaluate(`(async () => {
      const found = []
      const heard = new Promise((resolve) => {
        addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
          found.push(effectiveDirective)
          if (found.length === 3) resolve()
        })
      })
      await fetch('http://127.0.0.1:${port}/fetch').catch(() => undefined)
      for (const name of ['img', 'iframe']) {
        const element = document.createElement(name)
        element.src = 'http://127.0.0.1:${port}/' + name
        document.body.append(element)
      }
      await heard
      return found.toSorted()
    })()`)
    expect(blocked).toEqual(['connect-src', 'frame-src', 'img-src'])
    expect(asked).toEqual([])
  })

  it('is the same on static hosting', async () => {
    const types: Record<string, string> = {
      '.html': 'text/html',
      '.webp': 'image/webp',
      '.jpeg': 'image/jpeg',
    }
    const server = createServer(({ url = '/' }, response) => {
      const file = path.join(project.folder, 'report', url === '/' ? 'index.html' : url)
      if (!existsSync(file)) {
        response.writeHead(404).end()
        return
      }
      response.setHeader('content-type', types[path.extname(file)] ?? 'application/octet-stream')
      response.setHeader('x-content-type-options', 'nosniff')
      createReadStream(file).pipe(response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const { page, complaints } = await openPage(browser, `http://127.0.0.1:${port}/`)
    onTestFinished(() => page.close())
    expect(await widthsIn(cardOf(page, 'tom'))).toEqual([1024, 1024])
    expect(complaints).toEqual([])
  })

  it.each([
    ['changes', ''],
    ['change', placeOf('change', 'tom')],
    ['removed', placeOf('change', 'old')],
    ['missing', placeOf('change', 'later')],
    ['image', placeOf('image', 'kira')],
  ])('axe-core finds nothing: %s', async (name, hash) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1280, 2560]) {
        const opened = await openReport(project, hash, { colorScheme, width })
        await opened.page.waitForFunction(
          '[...document.images].every(({ loading, complete }) => loading === "lazy" || complete)',
        )
        await widthsIn(opened.page.locator('.change-card').first())
        await opened.keepScreenshot(`report-${name}-${width}-${colorScheme}`)
        if (width !== 2560) expect(await axeFindings(opened.page)).toEqual([])
        const overflow = await opened.page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        expect(overflow).toBe(0)
        expect(opened.complaints).toEqual([])
      }
    }
  })
})

describe('the report of a project, opened from a file without a network', () => {
  it('shows the wall and the pages of images, and offers nothing to write', async () => {
    const { project } = await copyBranches()
    await report(project)
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, complaints, keepScreenshot } = await openReport(project, '', { colorScheme })
      await tileOf(page, `${MANIFEST}#kira`).waitFor()
      expect(await page.locator('.tile').count()).toBe(6)
      expect((await widthsIn(page.locator('.wall'))).every((width) => width === 320)).toBe(true)
      await keepScreenshot(`report-wall-${colorScheme}`)
      expect(await axeFindings(page)).toEqual([])
      await tileOf(page, `${MANIFEST}#kira`).click()
      await page.getByRole('radiogroup', { name: 'Candidates' }).waitFor()
      expect(await axeFindings(page)).toEqual([])
      expect(
        await page.getByRole('button', { name: /Pick|Generate|Reroll|Edit|Adopt/ }).count(),
      ).toBe(0)
      expect(await page.getByRole('navigation', { name: 'Views' }).getByRole('link').count()).toBe(
        1,
      )
      expect(complaints).toEqual([])
    }
  })
})

describe('pictures in Git LFS', () => {
  /** Branches whose originals are in Git LFS. */
  async function lfsBranches(): Promise<Branches> {
    try {
      execFileSync('git', ['lfs', 'version'], { stdio: 'pipe' })
    } catch (error) {
      throw new Error('There is no git-lfs. On Debian it is in the package git-lfs.', {
        cause: error,
      })
    }
    const branches = await createBranches(({ project, git }) => {
      git('lfs', 'install', '--local')
      project.write('.gitattributes', '.imagegen/*.jpg filter=lfs diff=lfs merge=lfs -text\n')
    })
    const { git } = branches
    const files = git('ls-tree', '--name-only', 'main', '.imagegen/').trim().split('\n')
    const picture = files.find((file) => file.endsWith('.jpg')) ?? ''
    expect(git('show', `main:${picture}`)).toMatch(
      /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n/,
    )
    return branches
  }

  async function sidesOf(project: Project, name: string): Promise<string[]> {
    const { page, complaints } = await openReport(project)
    const sides = await cardOf(page, name).locator('.change-side').allTextContents()
    expect(complaints).toEqual([])
    return sides
  }

  const SHOWN = ['Before1024\u00a0×\u00a01024', 'After1024\u00a0×\u00a01024']

  it('are found in its folder, in the store, or said to be elsewhere', async () => {
    const { project, git, commit } = await lfsBranches()
    const originals = git('ls-files', '.imagegen/tom.*.jpg').trim().split('\n')
    const old = originals.find((file) => git('ls-tree', 'main', file) !== '') ?? ''
    git('rm', '--quiet', old)
    commit('chore: an original less')

    // Only in .git/lfs.
    await report(project, '--base', 'main')
    expect(await sidesOf(project, 'tom')).toEqual(SHOWN)

    // Nowhere on this machine.
    rmSync(path.join(project.folder, '.git/lfs'), { recursive: true })
    await report(project, '--base', 'main')
    expect(await sidesOf(project, 'tom')).toEqual([
      'not on this machine: Git LFS or a remote store has itBefore',
      SHOWN[1],
    ])
    expect(project.read('report/summary.md')).toContain(
      'not on this machine: Git LFS or a remote store has it',
    )
    // What did not change is still in the store.
    expect(await sidesOf(project, 'kira')).toEqual([
      'Beforecandidate 1 of 2, 1024\u00a0×\u00a01024',
      'Aftercandidate 2 of 2, 1024\u00a0×\u00a01024',
    ])
  })

  it('are said to be elsewhere in a clone that did not fetch them', async () => {
    const { project } = await lfsBranches()
    execFileSync('git', ['clone', '--quiet', project.folder, 'report/clone'], {
      cwd: project.folder,
      env: { PATH: process.env['PATH'], HOME: project.folder, GIT_LFS_SKIP_SMUDGE: '1' },
    })
    const { code } = await project.runIn(
      'report/clone',
      'report',
      '--out',
      '..',
      '--base',
      'origin/main',
    )
    expect(code).toBe(0)
    expect(await sidesOf(project, 'kira')).toEqual([
      'not on this machine: Git LFS or a remote store has itBefore',
      'not on this machine: Git LFS or a remote store has itAfter',
    ])
  })
})
