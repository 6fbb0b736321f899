import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { marked } from 'marked'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  copyBranches,
  createBranches,
  gitIn,
  HOSTILE_PROMPT,
  MANIFEST,
  type Branches,
} from './branches.ts'
import { createProject, KEY, type Project } from './project.ts'

interface Change {
  readonly id: string
  readonly kinds: string[]
  readonly before: { state: string; label: string } | null
  readonly after: { state: string; label: string } | null
  readonly fields: Array<{ name: string; before: string | null; after: string | null }>
  readonly paid: { pictures: number | null; usd: number | null }
  readonly missing: { pictures: number; usd: number | null }
}

interface ReportJson {
  readonly base: { ref: string; mergeBase: string } | null
  readonly changes: Change[]
  readonly paid: Change['paid']
  readonly missing: Change['missing']
  readonly notes: string[]
  readonly written: string[]
  readonly removed: string[]
}

async function reportOf(project: Project, ...args: string[]): Promise<ReportJson> {
  const { code, stdout, stderr } = await project.run('report', '--out', 'report', '--json', ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as ReportJson
}

function kindsIn({ changes }: ReportJson): Record<string, string[]> {
  return Object.fromEntries(changes.map(({ id, kinds }) => [id.replace(`${MANIFEST}#`, ''), kinds]))
}

const CHANGED = {
  kira: ['new-pick'],
  tom: ['reprompted', 'new-picture'],
  mira: ['new-output'],
  fresh: ['added'],
  later: ['added'],
  old: ['removed'],
}

/** The report's data, as the page reads it. */
function dataIn(project: Project): {
  pictures: Record<string, string>
  tiles: Array<{ id: string }>
  changes: {
    images: Array<{
      name: string
      shows: string
      before: { picture: string | null; absent: string | null } | null
      after: { picture: string | null; width: number | null } | null
    }>
  }
} {
  const [, json = ''] =
    /<script type="application\/json" id="report">([^]*?)<\/script>/.exec(
      project.read('report/index.html'),
    ) ?? []
  return JSON.parse(json) as ReturnType<typeof dataIn>
}

/** The cells of the table that a Markdown library shows, as text. */
function cellsOf(markdown: string): string[][] {
  const html = marked.parse(markdown, { async: false })
  return [...html.matchAll(/<tr>([^]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<td>([^]*?)<\/td>/g)].map(([, cell = '']) => {
      const text = cell.replaceAll(/<\/?code>/g, '')
      expect(text).not.toMatch(/[<>]/)
      return text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#92;', '\\')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&')
    }),
  )
}

describe('imagegen report --base', () => {
  let branches: Branches
  let project: Project
  let json: ReportJson

  beforeAll(async () => {
    branches = await copyBranches()
    project = branches.project
    json = await reportOf(project, '--base', 'main')
  })

  it('tells what the branch changes, each image with every way in which it changed', () => {
    expect(kindsIn(json)).toEqual(CHANGED)
    expect(json.base).toEqual({
      ref: 'main',
      mergeBase: branches.git('merge-base', 'main', 'HEAD').trim(),
    })
  })

  it('knows from receipts what the branch paid, and from the plan what is still to make', () => {
    expect(json.paid).toMatchObject({ pictures: 2, usd: 0.007 })
    expect(json.missing).toEqual({ pictures: 1, usd: 0.0035 })
    const byName = new Map(json.changes.map((change) => [change.id.split('#')[1], change]))
    expect(byName.get('tom')).toMatchObject({ paid: { pictures: 1, usd: 0.0035 } })
    expect(byName.get('kira')).toMatchObject({ paid: { pictures: 0, usd: 0 } })
    expect(byName.get('later')).toMatchObject({ missing: { pictures: 1, usd: 0.0035 } })
  })

  it('has the picture before and after beside the page', () => {
    const { pictures, changes } = dataIn(project)
    for (const { name, before, after } of changes.images) {
      const files = [before, after].map((side) => pictures[side?.picture ?? ''])
      const isThere = files.map(
        (file) => file !== undefined && existsSync(path.join(project.folder, 'report', file)),
      )
      expect([name, ...isThere]).toEqual([
        name,
        name !== 'fresh' && name !== 'later',
        name !== 'old' && name !== 'later',
      ])
      expect(before?.picture ?? 'none').not.toBe(after?.picture ?? 'nothing')
    }
    const mira = changes.images.find(({ name }) => name === 'mira')
    expect(mira).toMatchObject({ shows: 'renditions', after: { width: 128 } })
  })

  it('writes a summary whose table shows prompts letter by letter', () => {
    const markdown = project.read('report/summary.md')
    expect(markdown).toContain(
      '## 6 images changed: 2 added, 1 removed, 1 reprompted, 1 new pick, 1 new output',
    )
    expect(markdown).toContain(
      'Paid: **0.007 USD for 2 pictures**. Still to make: **1 picture for 0.0035 USD**.',
    )
    const rows = cellsOf(markdown)
    const at = rows.findIndex(([id]) => id === `${MANIFEST}#tom`)
    expect(rows[at]?.[1]).toBe('reprompted, new picture')
    expect(rows[at]?.at(-1)).toBe('0.0035 USD')
    expect(rows[at + 1]).toEqual(['', '', 'prompt', 'Tom, a ferryman', HOSTILE_PROMPT, ''])
    expect(rows.find(([id]) => id === `${MANIFEST}#later`)?.slice(3)).toEqual([
      '–',
      'not made yet',
      'to make: 0.0035 USD',
    ])
  })

  it('leaves nothing in the page that a prompt could end or begin', () => {
    const html = project.read('report/index.html')
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html).not.toContain('<img src=x')
    expect(JSON.stringify(dataIn(project))).toContain('<script>alert(1)</script>')
  })

  it('has no key and no path of this machine in any file', () => {
    for (const [file, bytes] of project.everything()) {
      if (!file.startsWith('report/')) continue
      const text = bytes.toString('latin1')
      expect([file, text.includes(KEY)]).toEqual([file, false])
      expect([file, text.includes(project.folder), text.includes('/tmp/')]).toEqual([
        file,
        false,
        false,
      ])
    }
  })

  it('writes nothing into the store, and changes no file of the project', () => {
    expect(branches.git('status', '--porcelain')).toBe('')
  })

  it('writes the same again without changes, and removes what it no longer needs', async () => {
    const again = await reportOf(project, '--base', 'main')
    expect([again.written, again.removed]).toEqual([[], []])
    const nothing = await reportOf(project, '--base', 'HEAD')
    expect(nothing.changes).toEqual([])
    expect(nothing.removed.length).toBeGreaterThan(5)
    expect(project.read('report/summary.md')).toMatch(/^## No image changed\n/)
    await reportOf(project, '--base', 'main')
  })

  it('compares with the merge base, and not with what came to the branch later', async () => {
    const { git } = branches
    git('checkout', '--quiet', 'main')
    project.write('later.image.yaml', 'images:\n  sea: { prompt: The sea, alt: "" }\n')
    git('add', 'later.image.yaml')
    git('commit', '--quiet', '--message', 'feat: the sea')
    git('checkout', '--quiet', 'feature')
    expect(kindsIn(await reportOf(project, '--base', 'main'))).toEqual(CHANGED)
  })
})

describe('the folder of a report', () => {
  it('keeps what others put there, and is not written over', async () => {
    const { project } = await copyBranches()
    project.write('report/index.html', 'mine')
    const refused = await project.run('report', '--out', 'report')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('holds files that `imagegen report` did not write')
    expect(project.read('report/index.html')).toBe('mine')
    expect(existsSync(path.join(project.folder, 'report/summary.md'))).toBe(false)

    project.remove('report/index.html')
    project.write('report/mine.txt', 'mine')
    await reportOf(project)
    expect(project.read('report/mine.txt')).toBe('mine')
  })

  it('is not left through a link', async () => {
    const { project } = await copyBranches()
    const outside = path.join(project.folder, 'elsewhere')
    mkdirSync(outside)
    mkdirSync(path.join(project.folder, 'report'))
    symlinkSync(outside, path.join(project.folder, 'report/pictures'))
    const { code, stderr } = await project.run('report', '--out', 'report')
    expect(code).toBe(2)
    expect(stderr).toContain('a symbolic link is in the way')
    expect(project.files().filter((file) => file.startsWith('elsewhere'))).toEqual([])
  })

  it('is needed', async () => {
    const project = await createProject()
    const { code, stderr } = await project.run('report')
    expect(code).toBe(2)
    expect(stderr).toContain('`imagegen report` needs `--out DIR`.')
  })
})

describe.concurrent('a branch to compare with', () => {
  const marker = (project: Project): string => path.join(project.folder, 'was-run')

  it.each([
    '--upload-pack=touch was-run',
    '$(touch was-run)',
    '`touch was-run`',
    '; touch was-run',
    '-x',
    '--help',
    'a branch with blanks',
    'main..feature',
    ':/no such commit',
    '@{u}',
  ])('is an argument and nothing else: %s', async (ref) => {
    const project = await createProject({
      'a.image.yaml': 'images: { a: { prompt: A, alt: "" } }\n',
    })
    const git = gitIn(project)
    git('init', '--quiet', '--initial-branch', 'main')
    git('add', 'a.image.yaml')
    git('commit', '--quiet', '--message', 'one')
    const { code, stdout, stderr } = await project.run('report', '--out', 'report', `--base=${ref}`)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('is no commit of this repository')
    expect(stderr).not.toContain('    at ')
    expect(existsSync(marker(project))).toBe(false)
    expect(existsSync(path.join(project.folder, 'report'))).toBe(false)
  })

  it('may have any name that git allows', async () => {
    const { project, git } = await copyBranches()
    const name = '$(touch${IFS}was-run)'
    git('branch', name, 'main')
    expect(kindsIn(await reportOf(project, `--base=${name}`))).toEqual(CHANGED)
    expect(existsSync(marker(project))).toBe(false)
    expect(project.read('report/summary.md')).toContain(`\`${name}\``)
  })

  it('starts no program that the repository or the user’s config names', async () => {
    const { project, git, commit } = await copyBranches()
    const program = path.join(project.folder, 'spy.sh')
    writeFileSync(program, `#!/bin/sh\ntouch '${marker(project)}'\ncat\n`, { mode: 0o755 })
    project.write('.gitattributes', '* filter=spy diff=spy\n')
    git('checkout', '--quiet', 'main')
    project.write('.gitattributes', '*.yaml filter=spy diff=spy\n*.jpg filter=lfs\n')
    commit('chore: attributes')
    git('checkout', '--quiet', 'feature')
    git('merge', '--quiet', 'main')
    mkdirSync(path.join(project.folder, 'hooks'))
    for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction']) {
      writeFileSync(
        path.join(project.folder, 'hooks', hook),
        `#!/bin/sh\ntouch '${marker(project)}'\n`,
        { mode: 0o755 },
      )
    }
    const settings = {
      'filter.spy.smudge': program,
      'filter.spy.process': program,
      'filter.lfs.smudge': program,
      'filter.lfs.process': program,
      'filter.lfs.required': 'true',
      'diff.spy.textconv': program,
      'diff.external': program,
      'core.fsmonitor': program,
      'core.pager': program,
      'core.hooksPath': path.join(project.folder, 'hooks'),
    }
    for (const [name, value] of Object.entries(settings)) {
      git('config', name, value)
      git('config', '--global', name, value)
    }
    const { changes } = await reportOf(project, '--base', 'main')
    expect(changes).toHaveLength(6)
    expect(existsSync(marker(project))).toBe(false)
  })

  it('has to be in a repository, with one clear error', async () => {
    const project = await createProject({
      'a.image.yaml': 'images: { a: { prompt: A, alt: "" } }\n',
    })
    const { code, stderr } = await project.run('report', '--out', 'report', '--base', 'main')
    expect(code).toBe(2)
    expect(stderr).toContain('is not in a git repository')
    project.environment = { ...project.environment, PATH: '/nowhere' }
    const without = await project.run('report', '--out', 'report', '--base', 'main')
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringContaining('git is not installed'),
    ])
    expect(`${stderr}${without.stderr}`).not.toContain('    at ')
  })

  it('needs more history than a shallow clone has, which says what to fetch', async () => {
    const { project, git } = await copyBranches()
    git(
      'clone',
      '--quiet',
      '--depth',
      '1',
      '--no-single-branch',
      `file://${project.folder}`,
      'report/clone',
    )
    const { code, stderr } = await project.runIn(
      'report/clone',
      'report',
      '--out',
      'out',
      '--base',
      'origin/main',
    )
    expect(code).toBe(2)
    expect(stderr).toContain('have no commit in common here')
    expect(stderr).toContain('fetch-depth: 0')
    expect(stderr).not.toContain('    at ')
    const json = await project.runIn(
      'report/clone',
      'report',
      '--out',
      'out',
      '--base',
      'origin/gone',
      '--json',
    )
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: 'usage', problems: [{ hint: expect.stringContaining('fetch-depth: 0') }] },
    })
  })
})

describe('what was not paid for', () => {
  it('is not among what the branch paid: a picture that was adopted', async () => {
    const { project } = await copyBranches()
    const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: '#345' } })
    project.write('given.png', await picture.png().toBuffer())
    const adopted = await project.run('adopt', `${MANIFEST}#later`, 'given.png', '--keep-prompt')
    expect(adopted.code).toBe(0)
    const json = await reportOf(project, '--base', 'main')
    expect(json.paid).toMatchObject({ pictures: 2, usd: 0.007 })
    const later = json.changes.find(({ id }) => id === `${MANIFEST}#later`)
    expect(later).toMatchObject({
      after: { state: 'current' },
      paid: { pictures: 0, usd: 0 },
      missing: { pictures: 0 },
    })
  })
})

describe('what is not in git', () => {
  it('is said to be unknown where the store is ignored', async () => {
    const { project } = await createBranches(({ project: fresh }) =>
      fresh.write('.gitignore', 'node_modules\nreport\n.imagegen\n'),
    )
    const json = await reportOf(project, '--base', 'main')
    expect(kindsIn(json)).toEqual(CHANGED)
    expect(json.paid).toMatchObject({ pictures: null, usd: null })
    expect(json.notes.join(' ')).toContain('The store is not in git')
    expect(project.read('report/summary.md')).toContain(
      'Paid: **unknown, because the receipts are not in git**.',
    )
  })

  it('is said to be unknown where the store is outside the repository', async () => {
    const elsewhere = await createProject()
    const store = { dir: path.join(elsewhere.folder, 'store'), outside: true }
    const { project } = await createBranches(({ project: fresh }) =>
      fresh.write('imagegen.config.mjs', `export default ${JSON.stringify({ store })}\n`),
    )
    const json = await reportOf(project, '--base', 'main')
    expect(json.paid).toMatchObject({ pictures: null, usd: null })
    expect(json.notes.join(' ')).toContain('The store is not in git')
  })
})

describe('imagegen report', () => {
  it('shows the project as it is', async () => {
    const { project } = await copyBranches()
    await reportOf(project)
    const { tiles, pictures } = dataIn(project)
    expect(tiles.map(({ id }) => id.split('#')[1])).toEqual([
      'kira',
      'tom',
      'mira',
      'same',
      'fresh',
      'later',
    ])
    expect(Object.keys(pictures).length).toBe(12)
    const summary = project.read('report/summary.md')
    expect(summary).toMatch(/^## `\S+`: 6 images\n\n5 current, 1 missing\.\n/)
    expect(cellsOf(summary).find(([id]) => id === `${MANIFEST}#tom`)).toEqual([
      `${MANIFEST}#tom`,
      'current',
      '1024 × 1024',
      '1',
      HOSTILE_PROMPT,
    ])
  })

  it('stops at errors in manifests', async () => {
    const project = await createProject({ 'a.image.yaml': 'images: { a: { promt: A } }\n' })
    const { code, stderr } = await project.run('report', '--out', 'report')
    expect(code).toBe(2)
    expect(stderr).toContain('promt')
  })
})
