import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor } from './project.ts'

const HERO = 'images:\n  hero:\n    alt: ""\n    prompt: A hero\n'

describe.concurrent('what is wrong with a manifest', () => {
  it.each([
    ['broken YAML', 'images: [\n', /:\d+:\d+ {2}Not valid YAML/],
    [
      'an unknown field',
      `${HERO}    promt: x\n`,
      /:5:5 {2}Unknown field `promt`.*Did you mean `prompt`/s,
    ],
    [
      'an unknown reference',
      `${HERO}    references: ["#heroes"]\n`,
      /:5:18 .*Did you mean `hero`/s,
    ],
    ['a circle', `${HERO}    references: ["#hero"]\n`, /:5:\d+ {2}References in a circle/],
    [
      'a prompt of 1501 characters',
      HERO.replace('A hero', 'x'.repeat(1501)),
      /:4:13 .*1501 characters.*1500/s,
    ],
    [
      'a size that the model does not draw',
      `${HERO}    size: 500x500\n`,
      /:5:11 .*500x500.*512 to 2048/s,
    ],
    [
      'size and aspectRatio',
      `${HERO}    size: 512x512\n    aspectRatio: "1:1"\n`,
      /:\d:5 {2}Both `aspectRatio` and `size`/,
    ],
    [
      'a reference that is no file',
      `${HERO}    references: [./gone.png]\n`,
      /:5:18 .*no such file/s,
    ],
  ])(
    '%s, is shown where it stands; nothing is spent and nothing written',
    async (_, text, told) => {
      const project = await createProject({
        'src/art.image.yaml': text,
        'src/good.image.yaml': HERO,
      })
      const emulator = await emulatorFor(project)
      const before = project.files()
      const { code, stdout, stderr } = await project.run('generate', '--yes', '--json')
      expect(code).toBe(2)
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'manifest' } })
      expect(stderr).toMatch(told)
      expect(stderr).toMatch(/^error src\/art\.image\.yaml:\d+:\d+ {2}/)
      // The line itself, and no stack trace.
      expect(stderr).toMatch(/^> \d \| /m)
      expect(stderr).not.toMatch(/^ +at /m)
      expect(emulator.stats().requests).toBe(0)
      expect(project.files()).toEqual(before)
    },
  )

  it('is all shown at once, of all manifests, by every command that reads them', async () => {
    const project = await createProject({
      'a.image.yaml': 'images: { x: { promt: y, seed: x } }\n',
      'b.image.yaml': HERO.replace('A hero', '"${look}"'),
    })
    const commands = [['plan'], ['plan', '--check'], ['export', '--out', 'out'], ['reroll', 'hero']]
    const runs = await Promise.all(commands.map((args) => project.run(...args)))
    for (const { code, stderr } of runs) {
      expect(code).toBe(2)
      expect(stderr).toContain('`promt`')
      expect(stderr).toContain('`seed`')
      expect(stderr).toContain('b.image.yaml:4:13')
    }
  })
})

describe.concurrent('what is wrong with the options', () => {
  it.each([
    ['invalid JSON', '{', 'imagegen.config.json'],
    ['an unknown option', '{ "budgets": {} }', 'Did you mean `budget`'],
    ['a value of the wrong kind', '{ "budget": { "images": -1 } }', 'budget.images'],
  ])('%s, is reported', async (_, config, words) => {
    const project = await createProject({ 'imagegen.config.json': config, 'a.image.yaml': HERO })
    const { code, stdout, stderr } = await project.run('plan')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(words)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  it('an unknown mode is reported', async () => {
    const project = await createProject({ 'a.image.yaml': HERO })
    project.environment = { IMAGEGEN_MODE: 'freeze' }
    const { code, stderr } = await project.run('plan')
    expect(code).toBe(2)
    expect(stderr).toContain('freeze')
  })
})
