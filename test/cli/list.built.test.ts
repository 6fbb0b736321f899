import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, type Project } from './project.ts'

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>'
const CAST = `images:
  kira:
    prompt: A hero
    alt: Kira
    size: 1280x720
    seed: 7
    n: 2
    pick: 2
  tile:
    prompt: "A tile, \${season}"
    alt: ""
    matrix: { season: [spring, winter] }
    aspectRatio: 1:1
  logo: { source: ./logo.svg, alt: "" }
`

interface Receipt {
  readonly file: string
  readonly sha256: string
  readonly seed: number
  readonly time: string
}

interface Listed {
  readonly images: ReadonlyArray<{
    id: string
    state: string
    size: string | null
    pick: number | null
    origin: string | null
    files: string[]
    written: { file: string; line: number; column: number }
    candidates: Array<{
      number: number
      digest: string
      seed: number
      time: string
      origin: string
      file: string
      receipt: string
    }>
  }>
}

async function generated(files: Record<string, string> = {}): Promise<Project> {
  const project = await createProject({
    'src/cast.image.yaml': CAST.replace('  tile:', '  tile-${season}:'),
    'src/logo.svg': SVG,
    ...files,
  })
  await emulatorFor(project)
  await project.run('generate', 'kira', '--yes')
  return project
}

async function listOf(project: Project, ...patterns: string[]): Promise<Listed['images']> {
  const { code, stdout } = await project.run('list', ...patterns, '--json')
  expect(code).toBe(0)
  return (JSON.parse(stdout) as Listed).images
}

describe.concurrent('imagegen list', () => {
  it('lists every image with state, size, candidates, pick, files and place', async () => {
    const project = await generated()
    const images = await listOf(project)
    expect(images.map(({ id, state, size }) => [id, state, size])).toEqual([
      ['src/cast.image.yaml#kira', 'current', '1280x720'],
      ['src/cast.image.yaml#tile-spring', 'missing', '1024x1024'],
      ['src/cast.image.yaml#tile-winter', 'missing', '1024x1024'],
      ['src/cast.image.yaml#logo', 'current', '40x30'],
    ])
    expect(
      images.map(({ written }) => `${written.file}:${written.line}:${written.column}`),
    ).toEqual([
      'src/cast.image.yaml:2:3',
      'src/cast.image.yaml:9:3',
      'src/cast.image.yaml:9:3',
      'src/cast.image.yaml:14:3',
    ])
    const [kira, spring, , logo] = images
    const receipts = project
      .files()
      .filter((file) => /^\.imagegen\/kira\.\w+\.\w+\.json$/.test(file))
      .map((file): Receipt => ({
        ...(JSON.parse(project.read(file)) as Receipt),
        file,
      }))
      .toSorted((one, other) =>
        `${one.time}${one.sha256}` < `${other.time}${other.sha256}` ? -1 : 1,
      )
    expect(receipts).toHaveLength(2)
    expect(kira!.candidates).toEqual(
      receipts.map(({ file, sha256, seed, time }, index) => ({
        number: index + 1,
        sha256,
        digest: sha256.slice(0, 8),
        seed,
        time,
        origin: 'provider',
        size: '1280x720',
        picked: index === 1,
        state: 'present',
        file: file.replace('.json', '.jpg'),
        receipt: file,
      })),
    )
    expect(kira!.candidates.map(({ seed }) => seed)).toEqual([7, 7])
    expect(kira!.pick).toBe(2)
    const { file, receipt } = kira!.candidates[1]!
    expect(kira!.files).toEqual([file, receipt])
    expect([spring!.candidates, spring!.pick, spring!.files]).toEqual([[], null, []])
    expect([logo!.candidates, logo!.pick, logo!.files]).toEqual([[], null, ['src/logo.svg']])
  })

  it('takes ids and globs as plan does, and changes nothing', async () => {
    const project = await generated()
    const before = project.files()
    const ids = (images: Listed['images']): string[] => images.map(({ id }) => id.split('#')[1]!)
    expect(ids(await listOf(project, 'tile-*'))).toEqual(['tile-spring', 'tile-winter'])
    expect(ids(await listOf(project, 'src/cast.image.yaml#logo', 'kira'))).toEqual(['kira', 'logo'])
    expect((await project.run('list', 'nothing-like-it')).code).toBe(2)
    expect(project.files()).toEqual(before)
  })

  it('says which pictures are not from the provider', async () => {
    const project = await generated()
    for (const [name, background] of [
      ['found', '#080'],
      ['retouched', '#888'],
    ] as const) {
      const create = { width: 32, height: 16, channels: 3, background } as const
      project.write(`in/${name}.png`, await sharp({ create }).png().toBuffer())
    }
    await project.run('adopt', 'kira', 'in/found.png', '--keep-prompt')
    await project.run('adopt', 'kira', 'in/retouched.png', '--edited')
    const [kira] = await listOf(project, 'kira')
    expect(kira!.origin).toBe('edited')
    expect(kira!.candidates.map(({ origin }) => origin)).toEqual([
      'provider',
      'provider',
      'elsewhere',
      'edited',
    ])
    const { stdout } = await project.run('list', 'kira')
    expect(stdout).toMatch(/^ {4}3 {2}\w{8} {2}.+not from the provider/m)
    expect(stdout).toMatch(/^ {2}> 4 {2}\w{8} {2}.+edited by hand/m)
  })

  it('is one line for each candidate in a wide terminal, and breaks no number in a narrow one', async () => {
    const project = await generated()
    const [kira] = await listOf(project, 'kira')
    const [wide, narrow, piped] = await Promise.all([
      project.inTerminal(200, 'list'),
      project.inTerminal(60, 'list'),
      project.run('list'),
    ])
    for (const { number, digest, seed, time, file } of kira!.candidates) {
      const shown = `${number}  ${digest}  seed ${seed}  ${time.slice(0, 19).replace('T', ' ')}`
      expect(wide.stdout).toMatch(new RegExp(`${shown} {2}\\S*${file}`))
      expect(piped.stdout).toContain(`${shown}  ${file}\n`)
      expect(narrow.stdout).toContain(`${shown}\r\n`)
      expect(narrow.stdout).toContain(file)
    }
    for (const line of narrow.stdout.split('\r\n')) {
      expect(line.replaceAll(/\u001b\[\d+m/g, '').length, line).toBeLessThanOrEqual(60)
    }
    expect(piped.stdout).toContain('4 images: 2 current, 2 missing.')
  })

  it('is what the plan of a current project refers to', async () => {
    const project = await createProject({
      'cast.image.yaml': 'images:\n  logo: { source: ./logo.svg, alt: "" }\n',
      'logo.svg': SVG,
    })
    expect((await project.run('plan')).stdout).toContain('`imagegen list`')
    expect((await project.run('list')).stdout).toBe(
      'cast.image.yaml#logo\n  current  40x30  cast.image.yaml:2\n  a file made by hand\n  logo.svg\n\n1 image: 1 current.\n',
    )
  })
})
