import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor } from './project.ts'

const CAST = `defaults:
  aspectRatio: 16:9
vars: { look: "flat vector" }
images:
  kira:
    prompt: "Portrait of Kira, \${look}"
    alt: Kira
  library:
    prompt: "Kira in the library, \${look}"
    alt: A library
    references: ["#kira"]
  again:
    prompt: "Portrait of Kira, flat vector"
    alt: Kira once more
    n: 3
`

interface PlanJson {
  version: number
  images: Array<{ id: string; state: string; reason: string; key: string | null; usd: number }>
  summary: Record<string, number>
}

describe.concurrent('imagegen plan', () => {
  it('prints what is missing and what it costs as JSON, offline, and writes only the cache', async () => {
    const project = await createProject({ 'src/cast.image.yaml': CAST })
    const before = project.files()
    const { code, stdout, stderr } = await project.run('plan', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const plan = JSON.parse(stdout) as PlanJson
    expect(Object.keys(plan)).toEqual(['version', 'images', 'summary'])
    expect(plan.images[0]).toEqual({
      id: 'src/cast.image.yaml#kira',
      manifest: 'src/cast.image.yaml',
      name: 'kira',
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      state: 'missing',
      reason: 'new',
      // Three pictures of one recipe, billed with the first entry that needs them.
      usd: 0.0105,
    })
    expect(plan.images.map(({ id, usd }) => [id.split('#')[1], usd])).toEqual([
      ['kira', 0.0105],
      ['library', 0.0035],
      ['again', 0],
    ])
    expect(plan.images[2]!.key).toBe(plan.images[0]!.key)
    expect(plan.summary).toEqual({
      images: 3,
      current: 0,
      outdated: 0,
      missing: 3,
      unusable: 0,
      unavailable: 0,
      blocked: 0,
      requests: 2,
      pictures: 4,
      usd: 0.014,
    })
    expect(project.files()).toEqual(before)
  })

  it('prints the same as text, one line per image', async () => {
    const project = await createProject({ 'src/cast.image.yaml': CAST })
    const { stdout } = await project.run('plan')
    expect(stdout).toBe(
      [
        'missing      src/cast.image.yaml#kira     new',
        'missing      src/cast.image.yaml#library  new',
        'missing      src/cast.image.yaml#again    new',
        '',
        '3 images: 3 missing. To make: 4 pictures in 2 requests for 0.014 USD.',
        '',
      ].join('\n'),
    )
  })

  it('says what to write where an earlier answer shows that the model does not draw a shape', async () => {
    // One white pixel.
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg=='
    const project = await createProject({
      'imagegen.config.mjs': `export default { models: { square: {
        specificationVersion: 'v3', provider: 'other.image', modelId: 'square', maxImagesPerCall: 1,
        doGenerate: async () => ({
          images: ['${png}'], warnings: [],
          response: { timestamp: new Date(), modelId: 'square', headers: undefined },
        }),
      } } }`,
      'a.image.yaml':
        'defaults: { model: square, aspectRatio: 16:9, alt: "" }\nimages: { a: { prompt: a }, b: { prompt: b } }\n',
    })
    const made = await project.run('generate', '--budget', '5')
    expect({ code: made.code, stdout: made.stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('0 made, 2 failed, 0 current. Spent: 1 picture') as string,
    })
    const { stdout } = await project.run('plan')
    const cure =
      'rite `size: 1x1` and `output: { aspectRatio: 16:9 }` instead of `aspectRatio: 16:9`'
    expect(stdout).toMatch(/^unusable +a\.image\.yaml#a /m)
    expect(stdout).toMatch(
      /^missing +a\.image\.yaml#b +new; other\/square does not draw `aspectRatio: 16:9`: /m,
    )
    expect(stdout.split(cure)).toHaveLength(3)
    const json = JSON.parse((await project.run('plan', '--json')).stdout) as PlanJson
    expect(json.images.map(({ state, reason }) => [state, reason.includes(cure)])).toEqual([
      ['unusable', true],
      ['missing', true],
    ])
  })

  it('accepts ids, names and globs, includes references, and refuses patterns without a match', async () => {
    const project = await createProject({
      'src/cast.image.yaml': CAST,
      'art/hero.image.yaml': 'prompt: A hero\nalt: A hero\n',
    })
    const selected = async (...patterns: string[]): Promise<unknown> => {
      const { stdout } = await project.run('plan', '--json', ...patterns)
      const { images, summary } = JSON.parse(stdout) as PlanJson
      return [images.map(({ id }) => id), summary['requests']]
    }
    expect(
      await Promise.all([
        selected('src/cast.image.yaml#library'),
        selected('hero', 'again'),
        selected('art/**'),
        selected('*#*k*'),
      ]),
    ).toEqual([
      [['src/cast.image.yaml#library'], 2],
      [['art/hero.image.yaml', 'src/cast.image.yaml#again'], 2],
      [['art/hero.image.yaml'], 1],
      [['src/cast.image.yaml#kira'], 1],
    ])
    expect(await project.run('plan', 'libary')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error No image matches `libary`.\n  → Did you mean `library`?\n',
    })
  })

  it('lists candidates that no image asks for, once per key', async () => {
    const manifest = (n: number): string =>
      `images: { a: { prompt: A dune, alt: "", size: 512x512, n: ${n} }, b: { prompt: A dune, alt: "", size: 512x512 } }`
    const project = await createProject({ 'a.image.yaml': manifest(2) })
    await emulatorFor(project)
    expect((await project.run('generate', '--yes')).code).toBe(0)
    expect((await project.run('plan')).stdout).toBe(
      '2 images: 2 current. `imagegen list` shows them with their files.\n',
    )
    project.write('a.image.yaml', manifest(1))
    const { stdout } = await project.run('plan')
    const [, file = ''] = /^a\.image\.yaml#a does not ask for (\S+\.jpg): /.exec(stdout) ?? []
    expect(project.files()).toContain(`.imagegen/${file}`)
    expect(stdout.match(/does not ask for/g)).toHaveLength(1)
    const { images } = JSON.parse((await project.run('plan', '--json')).stdout) as {
      images: Array<{ surplus?: string[] }>
    }
    expect(images.map(({ surplus }) => surplus)).toEqual([[file], [file]])
  })

  it('warns of a host in a file that gets no key, without printing a secret', async () => {
    const project = await createProject({
      'src/cast.image.yaml': CAST,
      '.env': 'MINIMAX_API_HOST=https://collect.example',
      '.env.local': 'MINIMAX_API_KEY=sk-not-to-be-seen',
    })
    const { code, stderr } = await project.run('plan', '--json')
    expect(code).toBe(0)
    expect(stderr).toContain('MINIMAX_API_HOST in .env (collect.example) is ignored')
    expect(stderr).not.toContain('sk-not-to-be-seen')
  })

  it('prints each reason, and exits with 3 on --check while images are missing', async () => {
    const project = await createProject({ 'src/cast.image.yaml': CAST })
    await emulatorFor(project)
    expect((await project.run('plan', '--check')).code).toBe(3)
    expect((await project.run('generate', '--yes')).code).toBe(0)
    expect(await project.run('plan', '--check')).toEqual({
      code: 0,
      stdout: '3 images: 3 current. `imagegen list` shows them with their files.\n',
      stderr: '',
    })
    project.write(
      'src/cast.image.yaml',
      CAST.replace('A library\n', 'A library\n    revision: 2\n').replace('Portrait', 'Drawing'),
    )
    const { code, stdout } = await project.run('plan', '--check', '--json')
    expect(code).toBe(3)
    expect((JSON.parse(stdout) as PlanJson).images.map(({ reason }) => reason)).toEqual([
      'prompt changed',
      'reference, revision changed',
      'in the store',
    ])
  })
})
