import { chmodSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, type Project } from './project.ts'

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
const CAST = '# the cast\nimages:\r\n  kira:\r\n    prompt: "Kira" # her\r\n    alt: ""\r\n'

const TILES =
  'images:\n  tile-${s}: { prompt: "A ${s} tile", alt: "", seed: 7, matrix: { s: [a, b] } }\n'

async function statesOf(project: Project): Promise<Record<string, string>> {
  const { stdout } = await project.run('plan', '--json')
  const { images } = JSON.parse(stdout) as { images: Array<{ name: string; state: string }> }
  return Object.fromEntries(images.map(({ name, state }) => [name, state]))
}

describe.concurrent('imagegen reroll', () => {
  it('requests another image, and prints what else becomes missing and what it costs', async () => {
    const project = await createProject({
      'art/cast.image.yaml': CAST,
      'art/scene.image.yaml': 'prompt: A scene\nalt: ""\nreferences: ["./cast.image.yaml#kira"]\n',
    })
    const emulator = await emulatorFor(project)
    await project.run('generate', '--yes')
    const ran = await project.run('reroll', 'kira')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toBe('art/cast.image.yaml: `revision: 1`\n')
    expect(ran.stderr).toContain('art/cast.image.yaml#kira, art/scene.image.yaml')
    expect(ran.stderr).toContain('2 pictures in 2 requests for 0.007 USD')
    expect(project.read('art/cast.image.yaml')).toBe(
      CAST.replace('# her\r\n', '# her\r\n    revision: 1\r\n'),
    )
    expect(emulator.stats().requests).toBe(2)

    // The picture of revision 1 is there now: going back and rolling again takes none that was paid for.
    await project.run('generate', '--yes')
    project.write('art/cast.image.yaml', CAST)
    expect((await project.run('reroll', 'art/cast.image.yaml#kira')).stdout).toContain(
      'revision: 2',
    )
    expect(await statesOf(project)).toEqual({ kira: 'missing', scene: 'missing' })
  })

  it('changes one combination of a matrix, and warns that a fixed seed may repeat the image', async () => {
    const project = await createProject({ 'tiles.image.yaml': TILES })
    const { code, stdout, stderr } = await project.run('reroll', 'tile-a')
    expect(code).toBe(0)
    expect(stdout).toBe('tiles.image.yaml: `revision: 1` for s: a\n')
    expect(project.read('tiles.image.yaml')).toBe(
      TILES.replace('] } }', '] }, overrides: [{ when: { s: a }, revision: 1 }] }'),
    )
    expect(stderr).not.toContain('tile-b')
    expect(stderr).toContain('seed: 7')
  })

  it('names every image of a matrix entry, and changes them only if the user agrees', async () => {
    const project = await createProject({ 'tiles.image.yaml': TILES })
    const refused = await project.run('reroll', 'tile-${s}')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('tiles.image.yaml#tile-a')
    expect(refused.stderr).toContain('tiles.image.yaml#tile-b')
    expect(refused.stderr).toContain('--yes')
    const declined = await project.typed('n\n', 'reroll', 'tile-${s}')
    expect(declined.code).toBe(130)
    expect(declined.stdout).toContain('changes 2 images')
    expect(project.read('tiles.image.yaml')).toBe(TILES)
    const agreed = await project.typed('y\n', 'reroll', 'tile-${s}')
    expect(agreed.code).toBe(0)
    const all = TILES.replace('tile"', 'tile", revision: 1')
    expect(project.read('tiles.image.yaml')).toBe(all)
    expect((await project.run('reroll', 'tiles.image.yaml#tile-${s}', '--yes')).code).toBe(0)
    expect(project.read('tiles.image.yaml')).toBe(all.replace('revision: 1', 'revision: 2'))
  })

  it('keeps byte order mark and permissions', async () => {
    const project = await createProject({ 'kira.image.yaml': '\uFEFFprompt: Kira\nalt: ""\n' })
    const file = path.join(project.folder, 'kira.image.yaml')
    chmodSync(file, 0o640)
    expect((await project.run('reroll', 'kira')).code).toBe(0)
    expect(statSync(file).mode & 0o777).toBe(0o640)
    expect(project.read('kira.image.yaml')).toBe('\uFEFFprompt: Kira\nrevision: 1\nalt: ""\n')
  })

  it.each([
    ['an unknown image', ['reroll', 'kria'], 'Did you mean `kira`'],
    ['a pattern that matches two images', ['reroll', '*'], 'matches 2 images'],
    ['an image made by hand', ['reroll', 'made'], 'made by hand'],
    ['no image', ['reroll'], 'takes ID'],
    ['two images', ['reroll', 'kira', 'made'], 'takes ID'],
  ])('refuses %s', async (_, args, words) => {
    const text = 'images:\n  kira: { prompt: x, alt: "" }\n  made: { source: ./a.svg, alt: "" }\n'
    const project = await createProject({ 'cast.image.yaml': text, 'a.svg': SVG })
    const { code, stderr, stdout } = await project.run(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(words)
    expect(project.read('cast.image.yaml')).toBe(text)
  })
})

describe.concurrent('imagegen adopt', () => {
  it('copies the file beside the manifest, writes `source`, and can be undone', async () => {
    const project = await createProject({ 'art/cast.image.yaml': CAST, 'in/Kira final.svg': SVG })
    await emulatorFor(project)
    await project.run('generate', '--yes')
    const ran = await project.run('adopt', 'kira', 'in/Kira final.svg')
    expect(ran.code).toBe(0)
    const adopted = CAST.replace(
      '    prompt: "Kira" # her',
      '    source: ./Kira-final.svg\r\n    # prompt: "Kira" # her',
    )
    expect(project.read('art/cast.image.yaml')).toBe(adopted)
    expect(project.read('art/Kira-final.svg')).toBe(SVG)
    expect(project.read('in/Kira final.svg')).toBe(SVG)
    expect(ran.stderr).toContain('uncomment it and remove `source`')
    expect(await statesOf(project)).toEqual({ kira: 'current' })

    project.write(
      'art/cast.image.yaml',
      adopted.replace(/ +source.*\r\n/, '').replace('# prompt', 'prompt'),
    )
    expect(project.read('art/cast.image.yaml')).toBe(CAST)
    expect(await statesOf(project)).toEqual({ kira: 'current' })
  })

  it('uses a free name, and a file that is already there as it is', async () => {
    const project = await createProject({
      'art/cast.image.yaml': CAST,
      'art/kira.svg': '<svg/>',
      'in/kira.svg': SVG,
    })
    await project.run('adopt', 'kira', 'in/kira.svg')
    expect(project.read('art/cast.image.yaml')).toContain('source: ./kira-2.svg')
    expect([project.read('art/kira.svg'), project.read('art/kira-2.svg')]).toEqual(['<svg/>', SVG])
    await project.run('adopt', 'kira', 'in/kira.svg')
    await project.run('adopt', 'kira', 'art/kira-2.svg')
    expect(project.files().filter((file) => file.endsWith('.svg'))).toHaveLength(3)
    expect(project.read('art/cast.image.yaml')).toContain('source: ./kira-2.svg')
  })

  it.each([
    ['a file that is not an image', 'notes.txt', 'is not a supported image'],
    ['no file', 'gone.png', 'cannot be read'],
    ['a folder', 'art', 'cannot be read'],
    ['nothing but an image', undefined, 'there is no folder `kira`'],
  ])('refuses %s, and leaves everything as it was', async (_, file, words) => {
    const project = await createProject({ 'art/cast.image.yaml': CAST, 'notes.txt': 'x' })
    const before = project.files()
    const { code, stderr } = await project.run(
      'adopt',
      'kira',
      ...(file === undefined ? [] : [file]),
    )
    expect(code).toBe(2)
    expect(stderr).toContain(words)
    expect(project.files()).toEqual(before)
    expect(project.read('art/cast.image.yaml')).toBe(CAST)
  })

  it('removes its copy if nobody can agree to change the images that share an anchor', async () => {
    const text = 'images:\n  kira: &k { prompt: x, alt: "" }\n  twin: *k\n'
    const project = await createProject({ 'cast.image.yaml': text, 'in/kira.svg': SVG })
    const { code, stderr } = await project.run('adopt', 'kira', 'in/kira.svg')
    expect(code).toBe(2)
    expect(stderr).toContain('changes 2 images')
    expect(stderr).toContain('cast.image.yaml#twin')
    expect(project.files()).toEqual(['cast.image.yaml', 'in/kira.svg', 'package.json'])
    expect(project.read('cast.image.yaml')).toBe(text)
  })
})

describe.concurrent('imagegen adopt of a matrix', () => {
  it('gives one combination the file, or all of them if the user agrees', async () => {
    const project = await createProject({ 'tiles.image.yaml': TILES, 'a.svg': SVG })
    expect((await project.run('adopt', 'tile-a', 'a.svg')).code).toBe(0)
    const one = TILES.replace('] } }', '] }, overrides: [{ when: { s: a }, source: ./a.svg }] }')
    expect(project.read('tiles.image.yaml')).toBe(one)
    project.write('tiles.image.yaml', TILES)
    const refused = await project.run('adopt', 'tile-${s}', 'a.svg')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('changes 2 images')
    expect(project.read('tiles.image.yaml')).toBe(TILES)
    expect((await project.run('adopt', 'tile-${s}', 'a.svg', '--yes')).code).toBe(0)
    expect(await statesOf(project)).toEqual({ 'tile-a': 'current', 'tile-b': 'current' })
    const kept = await project.run('adopt', 'tile-${s}', 'a.svg', '--keep-prompt', '--yes')
    expect(kept.code).toBe(2)
  })
})

describe.concurrent('imagegen pick', () => {
  const TWO = 'images:\r\n  kira:\r\n    prompt: "Kira" # her\r\n    alt: ""\r\n    n: 2\r\n'

  it('writes the candidate that is named by number or by digest, and says what follows', async () => {
    const project = await createProject({
      'cast.image.yaml': TWO,
      'scene.image.yaml': 'prompt: A scene\nalt: ""\nreferences: ["./cast.image.yaml#kira"]\n',
    })
    const emulator = await emulatorFor(project)
    await project.run('generate', '--yes')
    const before = await project.run('list', '--json')
    const { images } = JSON.parse(before.stdout) as {
      images: Array<{ id: string; candidates: Array<{ sha256: string }> }>
    }
    const [first = '', second = ''] = images
      .find(({ id }) => id.endsWith('#kira'))!
      .candidates.map(({ sha256 }) => sha256.slice(0, 8))
    const ran = await project.run('pick', 'kira', '2')
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({
      code: 0,
      stdout: `cast.image.yaml: \`pick: "${second}"\`\n`,
    })
    expect(ran.stderr).toContain('Missing now: scene.image.yaml.')
    expect(ran.stderr).toContain('1 picture in 1 request for 0.0035 USD')
    const picked = TWO.replace('# her\r\n', `# her\r\n    pick: "${second}"\r\n`)
    expect(project.read('cast.image.yaml')).toBe(picked)

    const again = await project.run('pick', 'kira', second.toUpperCase())
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('in use already') })
    expect(project.read('cast.image.yaml')).toBe(picked)

    // The scene was made for the number 1, so that spelling costs nothing.
    const back = await project.run('pick', 'kira', first, '--json')
    expect(JSON.parse(back.stdout)).toEqual({
      version: 1,
      manifest: 'cast.image.yaml',
      ids: ['cast.image.yaml#kira'],
      field: 'pick',
      value: 1,
      missing: [],
      usd: 0,
    })
    expect(await statesOf(project)).toEqual({ kira: 'current', scene: 'current' })
    expect(emulator.stats().requests).toBe(2)
  })

  it.each([
    ['a word', 'best', 'expected its number'],
    ['a number without a candidate', '3', 'has no candidate'],
    ['zero', '0', 'expected its number'],
    ['a few digits', '9e107d9', 'expected its number'],
  ])('refuses %s, and writes nothing', async (_, choice, words) => {
    const project = await createProject({ 'cast.image.yaml': TWO })
    const { code, stdout, stderr } = await project.run('pick', 'kira', choice)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(words)
    expect(project.read('cast.image.yaml')).toBe(TWO)
  })

  it('says before anything is spent that a digest fits no candidate', async () => {
    const text = TWO.replace('n: 2', 'pick: "00000000"')
    const project = await createProject({ 'cast.image.yaml': text })
    const emulator = await emulatorFor(project)
    const { code, stderr } = await project.run('generate', '--yes')
    expect(code).toBe(2)
    expect(stderr).toContain('fits no candidate')
    expect(emulator.stats().requests).toBe(0)
  })

  it('repairs a digest that fits no candidate, and so does another recipe', async () => {
    const project = await createProject({ 'cast.image.yaml': TWO })
    await emulatorFor(project)
    await project.run('generate', '--yes')
    const stray = TWO.replace('n: 2', 'n: 2\r\n    pick: "00000000"')
    project.write('cast.image.yaml', stray)
    expect((await project.run('plan')).stderr).toContain('Its candidates are 1 (')
    expect((await project.run('pick', 'kira', '2')).code).toBe(0)
    expect(await statesOf(project)).toEqual({ kira: 'current' })
    project.write('cast.image.yaml', stray)
    expect((await project.run('reroll', 'kira')).code).toBe(0)
    expect(project.read('cast.image.yaml')).toBe(
      TWO.replace('# her\r\n', '# her\r\n    revision: 1\r\n'),
    )
  })
})
