import { describe, expect, it } from 'vitest'
import { plainPng, tEXt, withChunks } from '../pixels/tagged-pictures.ts'
import { contents, importTwice, webuiPicture, type PlanJson } from './imported-folder.ts'
import { createProject, emulatorFor, type Project } from './project.ts'

async function planOf(project: Project, ...args: string[]): Promise<PlanJson> {
  const { stdout } = await project.run('plan', '--json', ...args)
  return JSON.parse(stdout) as PlanJson
}

describe.concurrent('imagegen import', () => {
  it('takes pictures of two tools with their prompts, pays nothing, and changes nothing the second time', async () => {
    await importTwice(await createProject(), 6)
  })

  it('uses as files what the model would refuse or has no prompt, and says why', async () => {
    const project = await createProject({
      'vite.config.js': '',
      'art/caption.txt': 'a caption beside it',
      'art/notes.md': '# notes',
      'art/drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      'art/deeper/x.txt': '',
    })
    await emulatorFor(project)
    project.write('art/caption.png', await plainPng('#010203'))
    project.write(
      'art/odd size.png',
      withChunks(
        await plainPng('#020304', 500, 333),
        'before',
        tEXt('parameters', 'an odd one\nin two lines'),
      ),
    )
    project.write('art/long.png', await webuiPicture('word '.repeat(400), 3))
    project.write('art/none.png', await plainPng('#030405'))
    project.write('art/broken.png', (await plainPng('#040506')).subarray(0, 60))
    project.write('art/default.png', await plainPng('#050607'))
    project.write('art/kira.png', await plainPng('#060708'))
    project.write('art/kira!.png', await plainPng('#070809'))
    const { code, stdout, stderr } = await project.run(
      'import',
      'art',
      '--out',
      'src/all.image.yaml',
    )
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('8 images, 1 with their prompts, 7 as files')
    expect(project.read('src/all.image.yaml')).toBe(
      `# Written by \`imagegen import\` from art.
# Add \`alt:\` to each image: what it shows, or "" where it decorates.

images:
  caption:
    prompt: a caption beside it
    size: 512x512

  picture-default:
    # No prompt was found in it or beside it.
    source: ../art/default.png

  drawing:
    # An SVG is drawn from its text and has no pixels of its own.
    source: ../art/drawing.svg

  kira:
    # No prompt was found in it or beside it.
    source: ../art/kira.png

  kira-2:
    # No prompt was found in it or beside it.
    source: ../art/kira!.png

  long:
    # the prompt has 1999 characters; image-01 takes 1500. Shorten it by 499. Variables count with their values.
    # prompt: ${'word '.repeat(400).trim()}
    source: ../art/long.png

  none:
    # No prompt was found in it or beside it.
    source: ../art/none.png

  odd-size:
    # image-01 does not draw 500x333. Width and height lie from 512 to 2048 pixels and are divisible by 8.
    # prompt: an odd one
    # in two lines
    source: ../art/odd size.png
`,
    )
    for (const words of ['notes.md: not a supported picture', 'deeper: a folder', 'broken.png: ']) {
      expect(stderr).toContain(words)
    }
    expect((await project.run('plan', '--check')).code).toBe(0)
  })

  it('copies what it uses as a file from outside the project', async () => {
    const project = await createProject({ 'game/package.json': '{ "name": "game" }' })
    project.write('outside/my fox.png', await plainPng('#123456', 100, 100))
    const { code, stderr } = await project.runIn('game', 'import', '../outside')
    expect(code, stderr).toBe(0)
    expect(project.files().filter((file) => file.startsWith('game/'))).toContain('game/my-fox.png')
    expect(project.read('game/outside.image.yaml')).toContain('source: ./my-fox.png')
    expect((await project.runIn('game', 'import', '../outside')).stdout).toContain(
      'Nothing was changed',
    )
  })

  it('knows its pictures again after a prompt was edited, and asks for that image only', async () => {
    const project = await createProject()
    for (const name of ['fox', 'hare']) {
      project.write(`art/${name}.png`, await webuiPicture(`a ${name}`, name.length))
    }
    await project.run('import', 'art')
    const text = project.read('art.image.yaml').replace('a fox', 'a grey fox')
    project.write('art.image.yaml', text)
    expect(await planOf(project)).toMatchObject({ summary: { missing: 1, current: 1 } })
    const again = await project.run('import', 'art')
    expect(again).toMatchObject({ code: 0 })
    expect(again.stdout).toContain('has all 2 pictures already')
    expect(project.read('art.image.yaml')).toBe(text)
  })

  it.each([
    [
      'a manifest that lacks a picture',
      ['import', 'art', '--out', 'cast.image.yaml'],
      'lacks 1 picture (fox)',
    ],
    [
      'a file that is no manifest’s name',
      ['import', 'art', '--out', 'cast.yaml'],
      'no name for a manifest',
    ],
    ['a folder that is not there', ['import', 'gone'], 'cannot be read as a folder'],
    ['a folder without pictures', ['import', 'empty'], 'no picture that can be imported'],
  ])('refuses %s, and writes nothing', async (_, args, words) => {
    const project = await createProject({
      'cast.image.yaml': 'prompt: Kira\nalt: ""\n',
      'empty/a.txt': 'x',
    })
    project.write('art/fox.png', await webuiPicture('a fox', 1))
    const before = contents(project)
    const { code, stderr } = await project.run(...args)
    expect(code).toBe(2)
    expect(stderr).toContain(words)
    expect(contents(project)).toEqual(before)
  })

  it('reports as JSON, and a build uses the pictures without a key', async () => {
    const project = await createProject()
    project.write('art/fox.png', await webuiPicture('a fox', 1))
    const { stdout } = await project.run('import', 'art', '--json')
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      manifest: 'art.image.yaml',
      isNew: true,
      images: [{ name: 'fox', file: 'fox.png', as: 'candidate' }],
      skipped: [],
    })
    const { build } = await import('vite')
    const { default: imagegen } = await import('../../src/vite.ts')
    project.write('main.js', "import { fox } from './art.image.yaml'\nconsole.log(fox.src)\n")
    project.write('index.html', '<script type="module" src="./main.js"></script>')
    await build({
      root: project.folder,
      logLevel: 'silent',
      plugins: [imagegen({ types: false })],
    })
    const assets = project.files().filter((file) => /^dist\/assets\/fox.*\.webp$/.test(file))
    expect(assets).toHaveLength(1)
  })
})

describe.concurrent('imagegen adopt of a folder', () => {
  const CAST = 'images:\n  kira: { prompt: Kira, alt: "" }\n  tom: { prompt: Tom, alt: "" }\n'

  async function withFolder(): Promise<Project> {
    const project = await createProject({
      'cast.image.yaml': CAST,
      'b.image.yaml': 'images: { twin: { prompt: b, alt: "" } }',
      'c.image.yaml': 'images: { twin: { prompt: c, alt: "" } }',
      'in/notes.txt': 'x',
    })
    project.write('in/kira.png', await plainPng('#111111', 20, 20))
    project.write('in/stranger.png', await plainPng('#222222', 20, 20))
    project.write('in/twin.png', await plainPng('#333333', 20, 20))
    return project
  }

  it('shows the pairs, needs `--yes` without a terminal, and changes nothing the second time', async () => {
    const project = await withFolder()
    const emulator = await emulatorFor(project)
    const before = contents(project)
    const refused = await project.run('adopt', 'in', '--keep-prompt')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('in/kira.png → cast.image.yaml#kira')
    expect(refused.stderr).toContain('Add `--yes`')
    expect(contents(project)).toEqual(before)

    const ran = await project.run('adopt', 'in', '--keep-prompt', '--yes')
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stdout).toBe('1 picture adopted, 0 adopted before, 0 failed. Nothing was paid.\n')
    for (const words of [
      'stranger.png: no image is named stranger',
      'twin.png: several images are named twin: b.image.yaml#twin, c.image.yaml#twin',
      'notes.txt: not a supported picture',
      'cast.image.yaml#tom',
    ]) {
      expect(ran.stderr).toContain(words)
    }
    expect(project.read('cast.image.yaml')).toBe(CAST)
    const { images } = await planOf(project)
    expect(images.find(({ name }) => name === 'kira')).toMatchObject({ origin: 'elsewhere' })

    expect((await project.run('plan')).stdout).toContain(
      'cast.image.yaml#kira is in the store, adopted from elsewhere.',
    )

    const adopted = contents(project)
    const again = await project.run('adopt', 'in', '--keep-prompt')
    expect(again).toMatchObject({
      code: 0,
      stdout: '0 pictures adopted, 1 adopted before, 0 failed. Nothing was paid.\n',
    })
    expect(contents(project)).toEqual(adopted)
    expect(emulator.stats().requests).toBe(0)
  })

  it('asks on a terminal, and a no changes nothing', async () => {
    const project = await withFolder()
    const before = contents(project)
    const declined = await project.typed('n\n', 'adopt', 'in')
    expect(declined.code).toBe(130)
    expect(contents(project)).toEqual(before)
    const agreed = await project.typed('y\n', 'adopt', 'in')
    expect(agreed.code, agreed.stdout).toBe(0)
    expect(project.read('cast.image.yaml')).toContain('source: ./kira.png')
    expect(project.files()).toContain('kira.png')
  })

  it('goes on after a picture that cannot be adopted, and exits with 1', async () => {
    const project = await withFolder()
    project.write('in/kira.png', (await plainPng('#111111')).subarray(0, 60))
    project.write('in/tom.png', await plainPng('#444444', 20, 20))
    const { code, stdout, stderr } = await project.run('adopt', 'in', '--edited', '--yes', '--json')
    expect(code).toBe(1)
    expect(stderr).toContain('cast.image.yaml#kira: ')
    expect(JSON.parse(stdout)).toMatchObject({
      adopted: [{ id: 'cast.image.yaml#tom', field: null }],
      failed: [{ id: 'cast.image.yaml#kira' }],
      without: ['b.image.yaml#twin', 'c.image.yaml#twin'],
      missing: [],
    })
    const { images } = await planOf(project)
    expect(images.find(({ name }) => name === 'tom')).toMatchObject({ origin: 'edited' })
  })
})
