import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, type Project } from '../cli/project.ts'

const ART = `images:
  cat: { prompt: A cat, alt: "" }
  dog: { prompt: A dog, alt: "", references: ["#cat"] }
`
const unstorage = path.join(import.meta.dirname, '../../node_modules/unstorage')

/** A checkout of a project whose remote is a folder that all its checkouts share. */
async function checkout(shared: string, config = configFor(shared)): Promise<Project> {
  const project = await createProject({ 'art.image.yaml': ART, 'imagegen.config.mjs': config })
  symlinkSync(unstorage, path.join(project.folder, 'node_modules/unstorage'))
  return project
}

function configFor(shared: string): string {
  return [
    `import fsDriver from 'unstorage/drivers/fs'`,
    `const remote = () => fsDriver({ base: ${JSON.stringify(shared)} })`,
    `export default { store: { remote } }`,
  ].join('\n')
}

/** A driver whose answers are errors that hold a password. */
const DENIED = `const refuse = () => { throw new Error('https://kira:not-to-be-seen@s3.example/b: 403') }
const options = { accessKeyId: 'AKIA-not-to-be-seen', secretAccessKey: 'also-not-to-be-seen' }
const driver = { options, hasItem: refuse, getItem: refuse, setItem: refuse }
export default { store: { remote: driver } }`

describe.concurrent('a remote store', () => {
  it('is read before a provider is asked, and receives new originals', async () => {
    const { folder: shared } = await createProject()
    const [maker, reader] = [await checkout(shared), await checkout(shared)]
    const emulator = await emulatorFor(maker)
    expect(await maker.run('generate', '--yes')).toMatchObject({ code: 0 })
    expect(emulator.stats().requests).toBe(2)

    // Without a key: it could ask nobody.
    expect(await reader.run('plan', '--check')).toMatchObject({ code: 0 })
    expect(await reader.run('generate', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0 made, 0 failed, 2 current'),
    })
    expect(await reader.run('export', '--out', 'out')).toMatchObject({ code: 0, stderr: '' })
    const paid = (project: Project): string[] =>
      project.files().filter((file) => /^\.imagegen\/[^/]+\.(jpg|json)$/.test(file))
    expect(paid(reader)).toEqual(paid(maker))
    for (const file of paid(maker)) expect(reader.bytes(file)).toEqual(maker.bytes(file))
  })

  it('is filled and emptied by push and pull, which say what they did', async () => {
    const alone = await createProject({ 'art.image.yaml': ART })
    await emulatorFor(alone)
    await alone.run('generate', '--yes')
    const refused = await alone.run('push')
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('`store.remote`') })

    const { folder: shared } = await createProject()
    symlinkSync(unstorage, path.join(alone.folder, 'node_modules/unstorage'))
    alone.write('imagegen.config.mjs', configFor(shared))
    const dry = await alone.run('push', '--dry-run')
    expect(dry.stdout).toMatch(
      /^2 pictures would be pushed \(\d+ bytes\), 0 are there, 0 failed\.$/m,
    )
    const pushed = await alone.run('push', '--json')
    expect(pushed.code).toBe(0)
    expect(JSON.parse(pushed.stdout)).toMatchObject({
      version: 1,
      moved: [{ file: expect.stringMatching(/^(cat|dog)\./) }, {}],
      present: 0,
      failed: [],
      remaining: 0,
    })
    expect((await alone.run('push', 'cat')).stdout).toContain('0 pictures pushed (0 bytes), 1 were')

    const reader = await checkout(shared)
    const one = await reader.run('pull', 'cat')
    expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining('1 picture pulled') })
    const rest = await reader.run('pull')
    expect(rest.stdout).toMatch(/^1 picture pulled \(\d+ bytes\), 1 were here, 0 failed\.$/m)
    expect(await reader.run('verify', '--remote')).toMatchObject({ code: 0 })
    expect(await reader.run('pull', 'cow')).toMatchObject({ code: 2 })
  })

  it('that does not answer spends nothing and shows no secret', async () => {
    const project = await checkout('', DENIED)
    const emulator = await emulatorFor(project)
    const runs = await Promise.all(
      ['plan', 'generate --yes', 'push', 'pull', 'export --out out', 'plan --json'].map((line) =>
        project.run(...line.split(' ')),
      ),
    )
    expect(runs.map(({ code }) => code)).toEqual([0, 1, 1, 1, 1, 0])
    for (const { stdout, stderr } of runs) {
      expect(`${stdout}${stderr}`).toContain('The remote store failed')
      expect(`${stdout}${stderr}`).not.toContain('not-to-be-seen')
      expect(stderr).not.toMatch(/^ {4}at /m)
    }
    expect(runs[0]?.stdout).toContain('2 images: 2 unavailable.')
    expect(emulator.stats().requests).toBe(0)
  })

  it('must be a driver, and a password given instead is not printed', async () => {
    const project = await checkout('', `export default { store: { remote: 'redis://:pw-4711@x' } }`)
    const { code, stderr } = await project.run('plan')
    expect(code).toBe(2)
    expect(stderr).toContain('`store.remote`: expected an unstorage driver or storage')
    expect(stderr).not.toContain('pw-4711')
  })

  it('with shared renditions saves other machines from rendering', async () => {
    const { folder: shared } = await createProject()
    const config = configFor(shared).replace('{ remote }', '{ remote, renditions: true }')
    const [maker, reader] = [await checkout(shared, config), await checkout(shared, config)]
    await emulatorFor(maker)
    await maker.run('generate', '--yes')
    await maker.run('export', '--out', 'out')
    mkdirSync(path.join(reader.folder, 'out'))
    expect(await reader.run('export', '--out', 'out')).toMatchObject({ code: 0 })
    for (const file of maker.files().filter((name) => name.startsWith('out/'))) {
      expect(reader.bytes(file)).toEqual(maker.bytes(file))
    }
    // Whoever has all renditions needs no original.
    expect(reader.files().filter((file) => file.endsWith('.jpg'))).toEqual([])
  })
})
