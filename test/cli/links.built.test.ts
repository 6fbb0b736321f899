import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProject, type Project } from './project.ts'

const ART = 'images:\n  cat: { prompt: A cat, alt: "" }\n'
const SHORT = '0123456789abcdef'

/** What lies outside of the project and looks like what the store would move, delete or write. */
function baitIn(folder: string): () => unknown {
  mkdirSync(folder, { recursive: true })
  const names = ['a.json', `cat.${SHORT}.${SHORT}.json`, `cat.${SHORT}.01234567.jpg`, 'a.failure']
  for (const name of names) writeFileSync(path.join(folder, name), 'private')
  return () =>
    readdirSync(folder).map((name) => {
      const file = path.join(folder, name)
      return [name, readFileSync(file, 'utf8'), lstatSync(file).mtimeMs]
    })
}

const COMMANDS = [
  ['plan', '--check'],
  ['prune', '--delete', '--older-than', '0m'],
  ['verify'],
  ['generate', '--yes'],
] as const

async function expectRefusal(project: Project, seen: () => unknown, said: string): Promise<void> {
  const before = seen()
  for (const command of COMMANDS) {
    const { code, stderr } = await project.run(...command)
    expect({ command, code }).toEqual({ command, code: 2 })
    expect(stderr).toContain(said)
    expect(stderr).toContain('outside: true')
    expect(stderr).not.toContain('    at ')
  }
  expect(seen()).toEqual(before)
}

describe.concurrent('a committed link', () => {
  it('in the place of the store’s folders leads no command out of the project', async () => {
    const project = await createProject({ 'art.image.yaml': ART, '.imagegen/.gitignore': '' })
    const seen = baitIn(path.join(project.folder, 'outside'))
    for (const name of ['pending', 'locks', 'quarantine', 'trash']) {
      const link = path.join(project.folder, '.imagegen', name)
      symlinkSync('../outside', link)
      await expectRefusal(project, seen, `.imagegen/${name} is a link`)
      rmSync(link)
    }
  })

  it('in the place of the store, or a `store.dir` from JSON, leads no command out either', async () => {
    const project = await createProject({ 'site/art.image.yaml': ART, 'site/package.json': '{}' })
    const site: Project = { ...project, run: (...args) => project.runIn('site', ...args) }
    const seen = baitIn(path.join(project.folder, 'outside'))
    const link = path.join(project.folder, 'site/.imagegen')
    symlinkSync('../outside', link)
    await expectRefusal(site, seen, '.imagegen is a link')
    rmSync(link)
    project.write('site/imagegen.config.json', '{ "store": { "dir": "../outside" } }')
    await expectRefusal(site, seen, 'is outside the project')
  })
})

it('plan, verify, export and prune --dry-run leave what has arrived where it is', async () => {
  const project = await createProject({ 'art.image.yaml': ART })
  const pending = `.imagegen/pending/cat.${SHORT}.${SHORT}.json`
  project.write(pending, 'cut off')
  for (const command of [
    ['plan'],
    ['verify'],
    ['export', '--out', 'out'],
    ['prune', '--dry-run'],
  ]) {
    await project.run(...command)
    expect(project.read(pending)).toBe('cut off')
  }
})
