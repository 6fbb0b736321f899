import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, type Project } from './project.ts'

const STYLES = {
  'styles/base.image.yaml':
    'defaults: { size: 512x512, output: { formats: [webp] } }\nvars: { line: thick outlines }\n',
  'styles/warm.image.yaml': 'extends: ./base.image.yaml\nvars: { look: "warm, ${line}" }\n',
  // Not found by `include`: extended only.
  'styles/night.yaml':
    'extends: ./base.image.yaml\ndefaults: { aspectRatio: "16:9" }\nvars: { look: moonlight }\n',
}

/** Thirty manifests: ten extend each of the styles. Every fourth prompt does not use what the style says. */
const SCENES = Object.fromEntries(
  Array.from({ length: 30 }, (_, index) => {
    const style = ['base.image.yaml', 'warm.image.yaml', 'night.yaml'][index % 3]
    const own = index % 3 === 0 ? '${line}' : '${look}'
    const prompt = index % 4 === 0 ? `Scene ${index}` : `Scene ${index}, ${own}`
    return [
      `scenes/s${index}.image.yaml`,
      `extends: ../styles/${style}\nimages: { s${index}: { prompt: "${prompt}", alt: "" } }\n`,
    ]
  }),
)

/** The emulator's model, which takes thirty requests at once. */
const FAST = `
  import { minimax } from 'unplugin-imagegen'
  const { MINIMAX_API_KEY: apiKey, MINIMAX_API_HOST: host } = process.env
  export default { models: { 'image-01': minimax('image-01', { apiKey, host, rpm: 6000 }) } }
`

interface Planned {
  readonly images: ReadonlyArray<{
    readonly name: string
    readonly state: string
    readonly reason: string
  }>
}

/** The missing images with the reasons. */
async function missingIn(project: Project): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await project.run('plan', '--json')
  expect([code, stderr]).toEqual([0, ''])
  const { images } = JSON.parse(stdout) as Planned
  expect(images).toHaveLength(30)
  return Object.fromEntries(
    images.flatMap(({ name, state, reason }) => (state === 'missing' ? [[name, reason]] : [])),
  )
}

/** The scenes of a style whose prompt uses it, or all of them. */
function scenes(style: 0 | 1 | 2, which: 'using' | 'all'): number[] {
  return Array.from({ length: 30 }, (_, index) => index).filter(
    (index) => index % 3 === style && (which === 'all' || index % 4 !== 0),
  )
}

const because = (indexes: readonly number[], reason: string): Record<string, string> =>
  Object.fromEntries(indexes.map((index) => [`s${index}`, reason]))

describe('thirty manifests with three styles', () => {
  it('an edited style makes exactly the images missing whose recipe changed', async () => {
    const project = await createProject({ ...STYLES, ...SCENES, 'imagegen.config.mjs': FAST })
    const emulator = await emulatorFor(project)
    const asked = (): number => emulator.stats().requests
    expect((await project.run('generate', '--yes', '--budget', '100')).code).toBe(0)
    expect(asked()).toBe(30)
    expect(await missingIn(project)).toEqual({})

    // A variable that one style uses, and two manifests through it or directly.
    project.write(
      'styles/base.image.yaml',
      STYLES['styles/base.image.yaml'].replace('thick', 'thin'),
    )
    expect(await missingIn(project)).toEqual({
      ...because(scenes(0, 'using'), 'prompt changed'),
      ...because(scenes(1, 'using'), 'prompt changed'),
    })
    const thin = scenes(0, 'using').length + scenes(1, 'using').length
    expect((await project.run('generate', '--yes', '--budget', '100')).code).toBe(0)
    expect(asked()).toBe(30 + thin)

    // Back to what was paid for.
    project.write('styles/base.image.yaml', STYLES['styles/base.image.yaml'])
    expect(await missingIn(project)).toEqual({})

    // A field that decides pixels, in a file that only `extends` finds.
    project.write('styles/night.yaml', STYLES['styles/night.yaml'].replace('16:9', '4:3'))
    expect(await missingIn(project)).toEqual(because(scenes(2, 'all'), 'size changed'))
    project.write('styles/night.yaml', STYLES['styles/night.yaml'])

    // What costs nothing.
    project.write(
      'styles/base.image.yaml',
      `${STYLES['styles/base.image.yaml'].replace('[webp]', '[avif]')}# seen\n`,
    )
    expect(await missingIn(project)).toEqual({})
    expect(asked()).toBe(30 + thin)
  })

  it('a fault of a style is told once', async () => {
    const project = await createProject({ ...STYLES, ...SCENES })
    project.write('styles/night.yaml', 'defaults: { aspectRatio: 16-9 }\nvars: { look: x }\n')
    const { code, stderr } = await project.run('plan')
    expect(code).toBe(2)
    expect(stderr.match(/styles\/night\.yaml:1:26/g)).toHaveLength(1)
    expect(stderr).toContain(
      '  through `extends` in scenes/s11.image.yaml:1:10, scenes/s14.image.yaml:1:10, scenes/s17.image.yaml:1:10 and 7 more',
    )
    const json = await project.run('plan', '--json')
    const { error } = JSON.parse(json.stdout) as {
      error: { problems: Array<{ place: object; through: string[] }> }
    }
    expect(error.problems).toHaveLength(1)
    expect(error.problems[0]).toMatchObject({
      place: { file: 'styles/night.yaml', line: 1, column: 26 },
    })
    expect(error.problems[0]?.through).toHaveLength(10)
  })

  it('what a model refuses in a style is told once, in the style', async () => {
    const project = await createProject({ ...STYLES, ...SCENES })
    project.write('styles/night.yaml', 'defaults: { model: imag-01 }\nvars: { look: x }\n')
    const { code, stderr } = await project.run('plan')
    expect(code).toBe(2)
    expect(stderr).toContain('styles/night.yaml:1:20  there is no model `imag-01`.')
    expect(stderr.match(/there is no model/g)).toHaveLength(1)
  })
})

describe.concurrent('a project with styles', () => {
  it('verifies, prunes and writes types as if they were not there', async () => {
    const project = await createProject({
      ...STYLES,
      'scenes/s1.image.yaml': SCENES['scenes/s1.image.yaml']!,
      'tsconfig.json': '{}',
    })
    await emulatorFor(project)
    expect((await project.run('generate', '--yes')).code).toBe(0)
    const types = await project.run('types')
    expect([types.code, types.stdout]).toEqual([0, '1 written, 0 unchanged, 0 removed.\n'])
    expect(types.stderr).not.toContain('styles/')
    expect((await project.run('verify')).code).toBe(0)
    const pruned = await project.run('prune')
    expect([pruned.code, pruned.stdout]).toEqual([0, '0 originals moved to the trash.\n'])

    // Without its images, nothing says what the originals are for.
    project.write('scenes/s1.image.yaml', 'extends: ../styles/warm.image.yaml\n')
    const refused = await project.run('prune')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('No manifest with images was found')
    // A broken style must not make originals look unused.
    project.write('scenes/s1.image.yaml', SCENES['scenes/s1.image.yaml']!)
    project.write('styles/base.image.yaml', 'defaults: { sise: 512x512 }\n')
    expect((await project.run('prune')).code).toBe(2)
    expect(project.files().filter((file) => file.startsWith('.imagegen/trash'))).toEqual([])
  })

  it('says that styles alone have no images', async () => {
    const { stderr } = await (await createProject(STYLES)).run('plan')
    expect(stderr).toContain(
      'styles/base.image.yaml, styles/warm.image.yaml are styles. Write a manifest that extends one of them',
    )
  })

  it('is not told that an extended file looks like a manifest', async () => {
    const project = await createProject({
      'warm-image.yaml': 'defaults: { n: 1 }\n',
      'styles/warm.image.yaml': 'defaults: { n: 1 }\n',
      'a.image.yaml':
        'extends: [./warm-image.yaml, ./styles/warm.image.yaml]\nprompt: A\nalt: ""\n',
      'imagegen.config.json': '{ "exclude": "styles/**" }',
    })
    const { code, stderr } = await project.run('plan')
    expect([code, stderr]).toEqual([0, ''])
  })

  it('keeps paths of a style when a command edits the manifest', async () => {
    const project = await createProject({
      'styles/look.image.yaml': 'defaults: { references: [./sheet.png] }\n',
      'styles/sheet.png': 'not looked at by a plan',
      'scenes/a.image.yaml': 'extends: ../styles/look.image.yaml\nprompt: A\nalt: ""\n',
    })
    const { code, stdout } = await project.run('reroll', 'a')
    expect([code, stdout]).toEqual([0, 'scenes/a.image.yaml: `revision: 1`\n'])
  })
})
