import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { build } from 'vite'
import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor } from './project.ts'

const HERO = 'prompt: A hero\nalt: ""\nsize: 512x512\n'

describe.concurrent('the error for a slip in a manifest says what to write instead', () => {
  it.each([
    [
      'a colon in a prompt',
      'prompt: A cat: a dog\nalt: ""\n',
      ':1:9  Not valid YAML: a text with a colon followed by a space needs quotes.',
      'Put it in quotes: `prompt: "A cat: a dog"`.',
    ],
    [
      'a colon at the end of an alt',
      'images:\n  kira:\n    prompt: x\n    alt: Kira says:\n',
      ':4:10  Not valid YAML: a text with a colon',
      '`alt: "Kira says:"`',
    ],
    [
      'a colon behind quotes',
      'prompt: "A cat": a dog\n',
      ':1:9  Not valid YAML: a text with a colon',
      'Put it in quotes',
    ],
    [
      'a colon in braces',
      'images:\n  kira: { prompt: A cat: a dog, alt: "" }\n',
      ':2:19  Not valid YAML: a text with a colon',
      '`prompt: "A cat: a dog"`',
    ],
    [
      'a name without a colon',
      'images:\n  kira\n    prompt: A cat\n',
      ':2:3  Not valid YAML: a colon is missing here.',
      'Write `kira:`, with a space',
    ],
    [
      'a field without a colon',
      'images:\n  kira:\n    prompt A cat\n    alt: ""\n',
      ':3:5  Not valid YAML: a colon is missing here.',
      'Write `prompt: A cat`',
    ],
    [
      'a last field without a colon',
      'images:\n  kira:\n    alt: ""\n    prompt A cat\n',
      ':4:5  Not valid YAML: a colon is missing here.',
      'Write `prompt: A cat`',
    ],
    [
      'a colon without a blank',
      'images:\n  kira:\n    prompt:A cat\n    alt: ""\n',
      ':3:5  Not valid YAML: a colon is missing here.',
      'Write `prompt: A cat`',
    ],
    [
      'the only field without a colon',
      'images:\n  kira:\n    prompt A cat\n',
      ':3:5  `kira`: expected a map of fields',
      'A colon is missing: `prompt: A cat`',
    ],
    [
      'a prompt without its field',
      'images:\n  kira: A cat\n',
      ':2:9  `kira`: expected a map of fields',
      '`kira: { prompt: "A cat" }`',
    ],
    [
      'a merge conflict',
      'images:\n  kira:\n<<<<<<< HEAD\n    prompt: a\n=======\n    prompt: b\n>>>>>>> main\n',
      ':3:1  The manifest contains a merge conflict.',
      'Keep one side',
    ],
    [
      'a merge conflict with its base, and the line ends of Windows',
      '<<<<<<< HEAD\r\nprompt: a\r\n||||||| 1234\r\nprompt: c\r\n=======\r\nprompt: b\r\n>>>>>>> x\r\n',
      ':1:1  The manifest contains a merge conflict.',
      'Keep one side',
    ],
    [
      'a merge conflict that YAML takes for text',
      'prompt: "A\n<<<<<<< HEAD\ncat\n=======\ndog\n>>>>>>> main\n"\n',
      ':2:1  The manifest contains a merge conflict.',
      'Keep one side',
    ],
    [
      'a name that YAML takes for nothing',
      'images:\n  kira: { prompt: A, alt: "" }\n  null:\n    promt: A cat\n',
      ':4:5  Unknown field `promt`.',
      'Did you mean `prompt`?',
    ],
    [
      'a prompt beside images',
      'vars: { a: b }\nprompt: x\nimages:\n  kira: { prompt: A, alt: "" }\n',
      ':2:1  A manifest has either `prompt:` at the top, or `images:`.',
      'Give the image a name below `images:`',
    ],
    [
      'a number for a prompt',
      'prompt: 12\n',
      ':1:9  `prompt`: expected text, got 12.',
      'YAML reads it as a number. Put it in quotes: `prompt: "12"`.',
    ],
    [
      'a word of YAML for a prompt',
      'images:\n  kira: { prompt: true, alt: "" }\n',
      ':2:19  `prompt`: expected text, got true.',
      '`prompt: "true"`',
    ],
    [
      'a number for a list',
      `${HERO}output: { widths: 640 }\n`,
      ':4:19  `output.widths`: expected a list, got 640.',
      'Write a list: `widths: [640]`.',
    ],
    [
      'a word for a list',
      `${HERO}output: { formats: webp }\n`,
      ':4:20  `output.formats`: expected a list, got "webp".',
      'Write a list: `formats: [webp]`.',
    ],
  ])('%s', async (_, text, told, hint) => {
    const project = await createProject({ 'art.image.yaml': text })
    const { code, stderr } = await project.run('plan')
    expect(code).toBe(2)
    expect(stderr).toContain(`art.image.yaml${told}`)
    expect(stderr).toContain(hint)
    // One slip is one problem, and not its echoes.
    expect(stderr.match(/art\.image\.yaml:\d/g)).toHaveLength(1)
  })

  it.each([
    ['prompt: >\n  A cat: a dog\nalt: ""\n', 1],
    ['prompt: |\n  <<<<<<< HEAD\n  of\n  >>>>>>> text\nalt: ""\n', 1],
    ['images:\n  null: { prompt: A cat, alt: "" }\n  yes: { prompt: B, alt: "" }\n', 2],
  ])('and what is right stays right: %j', async (text, count) => {
    const project = await createProject({ 'art.image.yaml': text })
    const { code, stdout } = await project.run('plan', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ summary: { images: count, missing: count } })
  })
})

describe.concurrent('a slip in the configuration', () => {
  it.each([
    [
      'imagegen.config.mjs',
      'export default { budget: 3 }',
      'imagegen.config.mjs: `budget`: expected Object, got 3.',
      '`budget: { images: 3 }`',
    ],
    [
      'imagegen.config.json',
      '{ "dev": false }',
      '`dev`: expected Object, got false.',
      "`dev: { generate: 'off' }`",
    ],
    [
      'imagegen.config.mjs',
      'const a = 1\nconst b = 2\nthrow new Error("no such thing")\n',
      'imagegen.config.mjs:3:7  imagegen.config.mjs cannot be loaded: it threw "no such thing"',
      'Fix the code that throws.',
    ],
    [
      'imagegen.config.ts',
      'import "not-installed-at-all"\nexport default {}\n',
      "cannot be loaded: Cannot find module 'not-installed-at-all'",
      'Install the package',
    ],
    [
      'imagegen.config.ts',
      'export default {\n',
      'imagegen.config.ts cannot be loaded: ParseError',
      'Fix its syntax.',
    ],
    [
      'imagegen.config.json',
      '{ "mode": }',
      'imagegen.config.json cannot be loaded: it is not valid JSON:',
      'Fix its syntax.',
    ],
  ])('in %s: %s', async (file, text, told, hint) => {
    const project = await createProject({ 'art.image.yaml': HERO, [file]: text })
    const { code, stderr } = await project.run('plan')
    expect(code).toBe(2)
    expect(stderr).toContain(told)
    expect(stderr).toContain(hint)
    expect(stderr).not.toMatch(/^ +at /m)
  })
})

describe.concurrent('an error of a command with --json', () => {
  it.each([
    ['manifest', 2, ['plan', '--json'], { 'art.image.yaml': 'prompt: 12\n' }],
    ['config', 2, ['verify', '--json'], { 'imagegen.config.json': '{ "budget": 3 }' }],
    ['usage', 2, ['plan', '--jsno', '--json'], {}],
    ['usage', 2, ['plan', '--json', 'nothing-like-it'], { 'art.image.yaml': HERO }],
    ['usage', 2, ['nothing', '--json'], {}],
    ['usage', 2, ['generate', '--json'], { 'art.image.yaml': HERO }],
    ['usage', 2, ['export', '--json'], {}],
    ['credentials', 1, ['generate', '--yes', '--json'], { 'art.image.yaml': HERO }],
    ['config', 2, ['queue', '--json'], {}],
  ])('is an object on standard output: %s', async (code, exit, args, files) => {
    const project = await createProject(files)
    const ran = await project.run(...args)
    expect(ran.code).toBe(exit)
    const answer = JSON.parse(ran.stdout) as { error?: { problems: unknown[] } }
    expect(answer).toEqual({
      error: { code, message: expect.any(String), problems: expect.any(Array) },
    })
    expect(answer.error!.problems[0]).toMatchObject({ message: expect.any(String) })
    // People still read it on standard error.
    expect(ran.stderr).toMatch(/^error /)
  })

  it('is not a second answer behind a first one', async () => {
    const project = await createProject({ 'art.image.yaml': 'promt: 12\n' })
    const { code, stdout } = await project.run('types', '--json')
    expect({ code, answer: JSON.parse(stdout) }).toMatchObject({ code: 2, answer: { version: 1 } })
  })

  it('says where, and what to do', async () => {
    const project = await createProject({ 'art.image.yaml': 'images:\n  a: { promt: x }\n' })
    const { stdout } = await project.run('plan', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        problems: [
          {
            message: 'Unknown field `promt`.',
            place: { file: 'art.image.yaml', line: 2, column: 8 },
            hint: 'Did you mean `prompt`?',
          },
        ],
      },
    })
  })

  it('holds no key', async () => {
    const project = await createProject({
      'art.image.yaml': HERO,
      'imagegen.config.mjs': `export default { include: [] }`,
    })
    await emulatorFor(project)
    const { stdout } = await project.run('plan', project.environment['MINIMAX_API_KEY']!, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage' } })
    expect(stdout).not.toContain(project.environment['MINIMAX_API_KEY'])
  })
})

describe.concurrent('a project', () => {
  it('without a manifest learns how manifests are named', async () => {
    const project = await createProject()
    const { code, stdout, stderr } = await project.run('plan')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0 images: none.\n' })
    expect(stderr).toContain('A manifest is a file named `*.image.yaml`')
  })

  it.each(['art.images.yaml', 'art-image.yml', 'art.image.yaml.txt', 'art.image.yamll'])(
    'with a manifest called %s learns what its name must end with',
    async (file) => {
      const project = await createProject({ [file]: HERO, 'other.image.yaml': HERO })
      const { stderr } = await project.run('plan')
      expect(stderr).toContain(`${file} looks like a manifest and is not read`)
      expect(stderr).toContain('Rename it to art.image.yaml.')
    },
  )

  it('with several misnamed manifests and no other gets one sentence on both', async () => {
    const project = await createProject({
      'src/a.images.yaml': HERO,
      'src/images.yaml': HERO,
    })
    const { stdout, stderr } = await project.run('plan')
    expect(stdout).toBe('0 images: none.\n')
    expect(stderr).toContain(
      'src/a.images.yaml, src/images.yaml look like manifests and are not read: the name of a manifest ends with `.image.yaml` or `.image.yml`. Rename them: src/a.images.yaml to src/a.image.yaml, and so on.',
    )
    expect(stderr).not.toContain('unplugin-imagegen init')
  })

  it('is not warned of files that contain no manifest', async () => {
    const project = await createProject({
      'docker-image.yml': 'image: node\nservices: {}\n',
      'art.image.yaml': HERO,
    })
    expect((await project.run('plan')).stderr).not.toContain('looks like')
  })

  it('whose only manifests are excluded gets the list of them', async () => {
    const project = await createProject({
      'src/art.image.yaml': HERO,
      'imagegen.config.json': '{ "exclude": "src/**" }',
    })
    const { stderr } = await project.run('plan')
    expect(stderr).toContain('`exclude` leave out src/art.image.yaml')
    expect(stderr).toContain(
      '\n  `exclude` (`src/**`) matches src/art.image.yaml: take it out of `exclude`.\n',
    )
    expect(stderr).not.toContain('`include` (')
  })

  it('whose only manifests are in another folder learns which folder `include` names', async () => {
    const project = await createProject({
      'art/hero.image.yaml': HERO,
      '.storybook/story.image.yaml': HERO,
      'old/gone.image.yaml': HERO,
      'imagegen.config.json':
        '{ "include": ["src/**/*.image.yaml", "old/*.image.yaml"], "exclude": "old/**" }',
    })
    const { stderr } = await project.run('plan')
    expect(stderr).toContain(
      [
        '`include` and `exclude` leave out .storybook/story.image.yaml, art/hero.image.yaml, old/gone.image.yaml.',
        '  `exclude` (`old/**`) matches old/gone.image.yaml: take it out of `exclude`.',
        '  `include` (`src/**/*.image.yaml`, `old/*.image.yaml`) does not match .storybook/story.image.yaml, art/hero.image.yaml: move it, or add a glob for its folder.',
      ].join('\n'),
    )
  })

  it('asked for an image of a manifest that is not read learns why', async () => {
    const project = await createProject({
      'src/hero.image.yaml': HERO,
      'art/villain.image.yaml': HERO,
      'imagegen.config.json': '{ "include": "src/**/*.image.yaml" }',
    })
    expect((await project.run('plan')).stderr).toBe('')
    for (const command of [['plan'], ['list'], ['generate', '--yes']]) {
      const { code, stderr } = await project.run(...command, './art/villain.image.yaml')
      expect(code).toBe(2)
      expect(stderr).toContain(
        'art/villain.image.yaml: not read.\n  `include` (`src/**/*.image.yaml`) does not match art/villain.image.yaml',
      )
    }
  })

  it('with more than ten missing images lists ten in a terminal, and all elsewhere', async () => {
    const images = Array.from({ length: 13 }, (_, index) => `  a${index}: { prompt: A, alt: "" }`)
    const project = await createProject({ 'art.image.yaml': `images:\n${images.join('\n')}\n` })
    const linesIn = (text: string): number => text.match(/^missing /gm)?.length ?? 0
    const shown = (await project.inTerminal(100, 'plan')).stdout.replaceAll(/\u001b\[\d+m|\r/g, '')
    expect(linesIn(shown)).toBe(10)
    expect(shown).toContain('\n… and 3 more images\n')
    expect(shown).toContain('13 images: 13 missing.')
    const whole = (await project.run('plan')).stdout
    expect(linesIn(whole)).toBe(13)
    expect(whole).not.toContain('more images')
    const { images: all } = JSON.parse((await project.run('plan', '--json')).stdout) as {
      images: unknown[]
    }
    expect(all).toHaveLength(13)
  })

  it('edited for more than ten images lists ten of them in a terminal, and all elsewhere', async () => {
    const project = await createProject({
      'art.image.yaml':
        'images:\n  "a-${n}": { prompt: A, alt: "", matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] } }\n',
    })
    const declined = await project.typed('n\r', 'reroll', 'art.image.yaml#a-${n}')
    expect(declined.stdout).toContain('changes 12 images')
    expect(declined.stdout).toContain('#a-10\r\n  … and 2 more')
    expect(declined.stdout).not.toContain('#a-11')
    const refused = await project.run('reroll', 'art.image.yaml#a-${n}')
    expect(refused.stderr).toContain('#a-12')
    expect(refused.stderr).not.toContain('more')
  })

  it('without a key learns how many images are missing', async () => {
    const project = await createProject({ 'art.image.yaml': HERO })
    const one = await project.run('generate', '--yes')
    expect(one.stderr).toContain('1 image is missing (0.0035 USD).')
    project.write('more.image.yaml', 'images:\n  a: { prompt: A, alt: "", n: 2 }\n')
    const more = await project.run('generate', '--yes')
    expect(more.stderr).toContain('2 images are missing (3 pictures, 0.0105 USD).')
  })

  it('with an unavailable image gets sentences with one full stop', async () => {
    const project = await createProject({ 'art.image.yaml': HERO })
    await emulatorFor(project)
    await project.run('generate', '--yes')
    project.write('art.image.yaml', HERO.replace('hero', 'villain'))
    await project.run('prune')
    project.write('art.image.yaml', HERO)
    const { code, stderr } = await project.run('export', '--out', 'out')
    expect(code).toBe(1)
    expect(stderr).toMatch(/was pruned/)
    expect(stderr).not.toMatch(/\.\./)
  })
})

describe.concurrent('prune', () => {
  const files = {
    'package.json': '{ "private": true, "workspaces": ["packages/*"] }',
    'packages/a/package.json': '{ "name": "a" }',
    'packages/a/imagegen.config.mjs':
      "export default { store: { dir: '../b/.imagegen', outside: true } }",
    'packages/a/a.image.yaml': HERO,
    'packages/b/package.json': '{ "name": "b" }',
    'packages/b/b.image.yaml': HERO.replace('hero', 'villain'),
  }

  it.each(['a', 'b'])(
    'in package %s moves no original that the other package needs',
    async (name) => {
      const project = await createProject(files)
      await emulatorFor(project)
      for (const each of ['a', 'b']) {
        project.workingFolder = path.join(project.folder, 'packages', each)
        expect((await project.run('generate', '--yes')).code).toBe(0)
      }
      const kept = (): string[] => project.files().filter((file) => file.includes('.imagegen/'))
      const before = kept()
      project.workingFolder = path.join(project.folder, 'packages', name)
      const { code, stderr } = await project.run('prune', '--delete')
      expect(code).toBe(2)
      expect(stderr).toContain(
        `packages/${name === 'a' ? 'b' : 'a'} may keep originals in the same store`,
      )
      expect(kept()).toEqual(before)
    },
  )

  it('works in a package with a store of its own', async () => {
    const project = await createProject({
      ...files,
      'packages/a/imagegen.config.mjs': 'export default {}',
    })
    await emulatorFor(project)
    project.workingFolder = path.join(project.folder, 'packages/b')
    await project.run('generate', '--yes')
    project.write('packages/b/b.image.yaml', HERO)
    const { code, stdout } = await project.run('prune')
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 original moved'),
    })
  })
})

it('a manifest that is imported through a link is reported with its real path', async () => {
  const project = await createProject({
    'app/package.json': '{ "type": "module" }',
    'app/main.js': "import art from './linked/art.image.yaml'\nexport default art\n",
    'shared/art.image.yaml': HERO,
  })
  mkdirSync(path.join(project.folder, 'app'), { recursive: true })
  symlinkSync('../shared', path.join(project.folder, 'app/linked'))
  const { default: imagegen } = await import('../../src/vite.ts')
  const built = build({
    root: path.join(project.folder, 'app'),
    configFile: false,
    logLevel: 'silent',
    resolve: { preserveSymlinks: true },
    plugins: [imagegen({ mode: 'placeholder' })],
    build: { write: false, lib: { entry: 'main.js', formats: ['es'] } },
  })
  await expect(built).rejects.toThrow(
    /linked\/art\.image\.yaml is imported through a symbolic link to \.\.\/shared\/art\.image\.yaml[\s\S]*'\.\.\/shared\/\*\.image\.yaml'/,
  )
})
