import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, type Project } from './project.ts'

const ART = 'images:\n  cat: { prompt: A cat, alt: "" }\n  dog: { prompt: A dog, alt: "" }\n'

/** A project with two paid pictures. */
async function paidProject(): Promise<Project> {
  const project = await createProject({ 'art.image.yaml': ART })
  await emulatorFor(project)
  await project.run('generate', '--yes')
  return project
}

function originals(project: Project, folder = '.imagegen'): string[] {
  return project
    .files()
    .filter(
      (file) => file.startsWith(`${folder}/`) && /\/[^/]*\.jpg$/.test(file.slice(folder.length)),
    )
    .filter((file) => file.split('/').length === folder.split('/').length + 1)
}

describe.concurrent('imagegen verify', () => {
  it('finds damage that other commands do not check for', async () => {
    const project = await paidProject()
    const sound = await project.run('verify')
    expect(sound.code).toBe(0)
    expect(sound.stdout).toMatch(/^2 originals: 2 intact \(\d+ bytes\), 0 problems\.$/m)

    const cat = originals(project).find((file) => file.includes('/cat.'))!
    const bytes = project.bytes(cat)
    bytes[bytes.length >> 1]! ^= 1
    project.write(cat, bytes)
    const damaged = await project.run('verify', '--json')
    expect(damaged.code).toBe(1)
    expect(JSON.parse(damaged.stdout)).toEqual({
      version: 1,
      originals: 2,
      intact: 1,
      bytes: expect.any(Number),
      elsewhere: 0,
      quarantined: 0,
      trashed: 0,
      problems: [
        {
          kind: 'bytes-damaged',
          file: cat,
          message: expect.stringContaining(cat),
          hint: expect.stringContaining('--replace'),
        },
      ],
    })
    expect(damaged.stderr).toContain(cat)
  })

  it('needs neither a store, nor valid manifests, nor a key', async () => {
    const project = await createProject({ 'art.image.yaml': 'images: [' })
    expect(await project.run('verify')).toMatchObject({
      code: 0,
      stdout: '0 originals: 0 intact (0 bytes), 0 problems.\n',
    })
  })
})

describe.concurrent('imagegen prune', () => {
  it('moves unused originals to the trash, and deletes only on request', async () => {
    const project = await paidProject()
    project.write('art.image.yaml', ART.replace('A dog', 'A big dog'))
    const [cat, dog] = originals(project).toSorted()
    const dry = await project.run('prune', '--dry-run', '--json')
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dryRun: true,
      moved: [{ file: dog!.slice(10) }],
    })
    expect(originals(project)).toHaveLength(2)

    const pruned = await project.run('prune')
    expect(pruned.code).toBe(0)
    expect(pruned.stdout).toContain(dog!.slice(10))
    expect(originals(project)).toEqual([cat])
    expect(originals(project, '.imagegen/trash')).toHaveLength(1)

    // In the trash for a moment only.
    const kept = await project.run('prune', '--delete', '--json')
    expect(JSON.parse(kept.stdout)).toMatchObject({ moved: [], deleted: { files: 0, bytes: 0 } })
    const emptied = await project.run('prune', '--delete', '--older-than', '0d', '--json')
    expect(JSON.parse(emptied.stdout)).toMatchObject({ deleted: { files: 2 } })
    expect(originals(project, '.imagegen/trash')).toEqual([])
    expect(originals(project)).toEqual([cat])
  })

  it('moves nothing if it cannot know what is used', async () => {
    const project = await paidProject()
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await project.run('prune', ...args)
      expect(code).toBe(2)
      expect(originals(project)).toHaveLength(2)
      return stderr
    }
    expect(await refused('--older-than', '1d')).toContain('--delete')
    expect(await refused('--delete', '--older-than', '1 month')).toContain('30d')
    project.write('other.image.yaml', 'images: { x: { promt: y } }')
    expect(await refused()).toContain('other.image.yaml:1:')
    project.write('imagegen.config.json', '{ "include": "nowhere/*.image.yaml" }')
    expect(await refused()).toContain('include')
    project.write('imagegen.config.json', '{}')
    project.write('other.image.yaml', ART)
    project.write('node_modules/.cache/unplugin-imagegen/options.json', '{ "defaults": "other" }')
    expect(await refused()).toContain('`defaults`')
  })
})
