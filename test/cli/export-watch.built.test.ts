import { statSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, type Project, type Running } from './project.ts'

const TILES = `defaults: { output: { formats: [png], widths: [8] } }
images:
  grass: { source: ./grass.png, alt: "" }
  wall: { source: ./wall.png, alt: "" }
`

async function draw(project: Project, file: string, background: string): Promise<void> {
  const create = { width: 32, height: 16, channels: 3, background } as const
  project.write(file, await sharp({ create }).png().toBuffer())
}

async function tiles(): Promise<Project> {
  const project = await createProject({ 'art/tiles.image.yaml': TILES })
  await draw(project, 'art/grass.png', '#080')
  await draw(project, 'art/wall.png', '#888')
  return project
}

/** The exit code after Ctrl-C. */
async function stopped(running: Running): Promise<number | string> {
  running.process.kill('SIGINT')
  return (await running.ended).code
}

/** The reports of `--json`, which are one line each. */
function lines(text: string): Array<Record<string, unknown>> {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe.concurrent('imagegen export --watch', () => {
  it('writes again what an edit changes, and nothing else, until Ctrl-C', async ({ expect }) => {
    const project = await tiles()
    const running = project.start('export', '--out', 'out', '--watch')
    await running.said('2 images in out/images.json: 2 files written')
    const wall = path.join(project.folder, 'out/art/tiles/wall-8.png')
    const { mtimeMs } = statSync(wall)

    project.write('art/tiles.image.yaml', TILES.replace('grass: {', 'grass: { process: [negate],'))
    await running.said('1 file written, 1 unchanged, 0 removed')
    expect(statSync(wall).mtimeMs).toBe(mtimeMs)

    // A file that a manifest names.
    const before = project.bytes('out/art/tiles/grass-8.png')
    await draw(project, 'art/grass.png', '#00f')
    await expect.poll(() => project.bytes('out/art/tiles/grass-8.png')).not.toEqual(before)
    expect(statSync(wall).mtimeMs).toBe(mtimeMs)

    // A new manifest in a new folder, written while the last change may still be exported.
    project.write(
      'more/hero.image.yaml',
      'source: ../art/wall.png\nalt: ""\noutput: { formats: [png] }\n',
    )
    await expect.poll(() => project.files()).toContain('out/more/hero-32.png')
    expect(await stopped(running)).toBe(0)
  })

  it('reports a broken manifest once, goes on, and reads the config again', async ({ expect }) => {
    const project = await tiles()
    const running = project.start('export', '--out', 'out', '--watch', '--json')
    await running.said('"written":["art/tiles/grass-8.png","art/tiles/wall-8.png"]')
    const kept = project.bytes('out/art/tiles/grass-8.png')

    project.write(
      'art/tiles.image.yaml',
      TILES.replace('source: ./grass.png', 'sauce: ./grass.png'),
    )
    await running.said('"code":"manifest"')
    // A file that is missing is looked for until it comes.
    project.write('art/tiles.image.yaml', TILES.replace('./grass.png', './meadow.png'))
    await running.said('There is no such file')
    expect(project.bytes('out/art/tiles/grass-8.png')).toEqual(kept)
    await draw(project, 'art/meadow.png', '#0f0')
    await expect.poll(() => project.bytes('out/art/tiles/grass-8.png')).not.toEqual(kept)

    project.write('imagegen.config.json', '{ "exclude": ["art/**"] }')
    project.write(
      'other.image.yaml',
      'source: ./art/wall.png\nalt: ""\noutput: { formats: [png] }\n',
    )
    await expect.poll(() => project.files()).toContain('out/other-32.png')
    await expect.poll(() => project.files()).not.toContain('out/art/tiles/grass-8.png')
    expect(await stopped(running)).toBe(0)
    const { stdout } = await running.ended
    const reports = lines(stdout)
    expect(reports.filter((report) => 'error' in report)).toHaveLength(2)
    expect(reports.at(-1)).toMatchObject({ version: 1 })
  })

  it('follows a style that only `extends` finds, also one that comes later', async ({ expect }) => {
    const project = await tiles()
    project.write('style.yaml', 'defaults: { process: [] }\n')
    project.write('art/tiles.image.yaml', `extends: ../style.yaml\n${TILES}`)
    const running = project.start('export', '--out', 'out', '--watch')
    await running.said('2 images in out/images.json: 2 files written')
    const first = project.bytes('out/art/tiles/grass-8.png')
    project.write('style.yaml', 'defaults: { process: [negate] }\n')
    await expect.poll(() => project.bytes('out/art/tiles/grass-8.png')).not.toEqual(first)
    project.write('style.yaml', 'extends: ./base.yaml\n')
    await running.said('style.yaml:1:10')
    project.write('base.yaml', 'defaults: { process: [] }\n')
    await expect.poll(() => project.bytes('out/art/tiles/grass-8.png')).toEqual(first)
    expect(await stopped(running)).toBe(0)
  })

  it('writes a picture that another process adds to the store', async () => {
    const project = await createProject({
      'sky.image.yaml': 'prompt: The sky\nalt: ""\noutput: { formats: [png], widths: [64] }\n',
    })
    await emulatorFor(project)
    const running = project.start('export', '--out', 'out', '--watch', '--placeholders')
    await running.said('1 image in out/images.json, 1 placeholder: 1 file written')
    const drawn = project.bytes('out/sky-64.png')
    await project.run('generate', '--yes')
    await running.said('1 image in out/images.json: 1 file written')
    expect(project.bytes('out/sky-64.png')).not.toEqual(drawn)
    expect(await stopped(running)).toBe(0)
  })

  it('ends at once with 2 where the command line is wrong', async () => {
    const project = await tiles()
    expect((await project.run('export', '--watch')).code).toBe(2)
    const { code, stderr } = await project.run('export', 'nothing', '--out', 'out', '--watch')
    expect(code).toBe(2)
    expect(stderr).toContain('No image matches')
  })
})
