import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '../..')

/** Every document of the repository, from the root. */
function documents(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  })
  return listed.split('\n').filter((file) => file !== '' && existsSync(path.join(root, file)))
}

/** The relative links of a document, without code blocks. */
function linksOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/^```.*?^```/gms, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/^```.*?^```/gms, '')
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** A relative link as a file from the root, and the anchor in it. */
function resolve(from: string, link: string): { file: string; anchor: string | undefined } {
  const [place = '', anchor] = link.split('#')
  const file = place === '' ? from : path.posix.join(path.posix.dirname(from), place)
  return { file, anchor }
}

const all = documents()

it.each(all)('%s: every relative link resolves', (document) => {
  const broken = linksOf(document).filter((link) => {
    const { file, anchor } = resolve(document, link)
    if (!existsSync(path.join(root, file))) return true
    return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor)
  })
  expect(broken).toEqual([])
})

it('every relative link of a packed document resolves in the package', () => {
  const [{ files }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    }),
  ) as [{ files: ReadonlyArray<{ path: string }> }]
  const packed = new Set(files.map((file) => file.path))
  expect(packed).toContain('README.md')
  const documentsIn = [...packed].filter((file) => file.endsWith('.md'))
  const broken = documentsIn.flatMap((document) =>
    linksOf(document)
      .map((link) => ({ document, ...resolve(document, link) }))
      .filter(({ file }) => !packed.has(file))
      .map(({ file }) => `${document}: ${file}`),
  )
  expect(broken).toEqual([])
})

it('the README fits ten minutes: at most 350 lines', () => {
  const lines = readFileSync(path.join(root, 'README.md'), 'utf8').split('\n').length - 1
  expect(lines).toBeLessThanOrEqual(350)
})
