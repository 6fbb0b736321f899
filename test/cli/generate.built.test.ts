import { rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'vite'
import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, KEY, type Project, type Ran } from './project.ts'

interface GenerateJson {
  version: number
  generated: string[]
  failed: Array<{ id: string; code: string; message: string }>
  current: number
  requests: number
  pictures: number
  usd: number
}

/** A manifest of images that have nothing to do with each other. */
function images(...prompts: string[]): string {
  const lines = prompts.map((prompt) => `  ${prompt}: { prompt: "A ${prompt}", alt: "" }`)
  return `images:\n${lines.join('\n')}\n`
}

async function projectOf(manifest: string): Promise<Project> {
  return createProject({ 'art.image.yaml': manifest })
}

function report({ stdout }: Ran): GenerateJson {
  return JSON.parse(stdout) as GenerateJson
}

describe.concurrent('imagegen generate', () => {
  it('generates each key once, references first, and reports it as JSON', async () => {
    const project = await projectOf(`images:
  scene: { prompt: Her in a forest, alt: "", references: ["#hero"] }
  hero: { prompt: A hero, alt: "" }
  twin: { prompt: A hero, alt: "" }
  handMade: { source: ./made.svg, alt: "" }
`)
    project.write('made.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    const emulator = await emulatorFor(project)
    const ran = await project.run('generate', '--yes', '--json')
    expect(ran.code).toBe(0)
    expect(report(ran)).toEqual({
      version: 1,
      generated: ['art.image.yaml#hero', 'art.image.yaml#twin', 'art.image.yaml#scene'],
      failed: [],
      current: 1,
      requests: 2,
      pictures: 2,
      usd: 0.007,
    })
    const prompts = emulator.requests().map(({ body }) => (body as { prompt: string }).prompt)
    expect(prompts).toEqual(['A hero', 'Her in a forest'])

    const again = await project.run('generate', '--yes')
    expect(again.stdout).toBe(
      '0 made, 0 failed, 4 current. Spent: 0 pictures in 0 requests, 0 USD.\n',
    )
    expect(emulator.stats().requests).toBe(2)
  })

  it('generates only the selected images and their references', async () => {
    const project = await projectOf(`images:
  scene: { prompt: Her in a forest, alt: "", references: ["#hero"] }
  hero: { prompt: A hero, alt: "" }
  other: { prompt: A house, alt: "" }
`)
    await emulatorFor(project)
    const { generated } = report(await project.run('generate', '--yes', '--json', 'scene'))
    expect(generated).toEqual(['art.image.yaml#hero', 'art.image.yaml#scene'])
  })

  it('spends nothing without consent', async () => {
    const project = await projectOf(images('cat'))
    const emulator = await emulatorFor(project)
    const { code, stderr } = await project.run('generate')
    expect(code).toBe(2)
    expect(stderr).toContain('--yes')
    expect(emulator.stats().requests).toBe(0)
  })

  it('asks in a terminal, where the answer is the consent', async () => {
    const project = await projectOf(images('cat'))
    const emulator = await emulatorFor(project)
    const declined = ['n\r', '\r', '\u0003', '\u0004'].map((no) => project.typed(no, 'generate'))
    for (const { code, stdout } of await Promise.all(declined)) {
      expect(code).toBe(130)
      expect(stdout).toContain('Make 1 picture for 0.0035 USD?')
    }
    expect(emulator.stats().requests).toBe(0)
    const agreed = await project.typed('y\r', 'generate')
    expect(agreed.code).toBe(0)
    expect(agreed.stdout).toContain(`${'░'.repeat(24)} 0/1`)
    expect(emulator.stats().images).toBe(1)
  })
})

describe.concurrent('the budget', () => {
  it('of 20 images limits --yes, and --budget sets another', async () => {
    const project = await projectOf(`defaults: { n: 7 }\n${images('cat', 'dog', 'cow')}`)
    const emulator = await emulatorFor(project)
    const [byDefault, byName] = await Promise.all([
      project.run('generate', '--yes'),
      project.run('generate', '--budget', '6', 'cat'),
    ])
    expect([byDefault.code, byName.code]).toEqual([1, 1])
    expect(byDefault.stderr).toContain(
      '21 pictures for 0.0735 USD would pass the budget of 20 images',
    )
    expect(byName.stderr).toContain('budget of 6 images')
    expect(emulator.stats().requests).toBe(0)
    expect((await project.run('generate', '--budget', '7', 'cat')).code).toBe(0)
    expect(emulator.stats().images).toBe(7)
  })

  it.each(['{ "images": 1 }', '{ "usd": 0.004 }'])(
    'of %s in the configuration always applies, even if the command allows more',
    async (budget) => {
      const project = await projectOf(images('cat', 'dog'))
      const emulator = await emulatorFor(project)
      project.write('imagegen.config.json', `{ "budget": ${budget} }`)
      const runs = await Promise.all([
        project.run('generate', '--yes'),
        project.run('generate', '--budget', '9'),
        project.typed('y\r', 'generate'),
      ])
      expect(runs.map(({ code }) => code)).toEqual([1, 1, 1])
      expect(emulator.stats().requests).toBe(0)
    },
  )
})

describe.concurrent('the mode', () => {
  it('frozen applies if the user set it; the default in CI is for builds', async () => {
    const project = await projectOf(images('cat'))
    const emulator = await emulatorFor(project)
    const { environment } = project
    const frozen = await projectOf(images('cat'))
    frozen.write('imagegen.config.json', '{ "mode": "frozen" }')
    frozen.environment = environment
    project.environment = { ...environment, IMAGEGEN_MODE: 'frozen' }
    const [byVariable, byOption] = await Promise.all([
      project.run('generate', '--yes'),
      frozen.run('generate', '--yes'),
    ])
    expect([byVariable.code, byOption.code]).toEqual([1, 1])
    expect(byVariable.stderr).toContain('IMAGEGEN_MODE')
    expect(byOption.stderr).toContain('option `mode`')
    expect(emulator.stats().requests).toBe(0)

    project.environment = { ...environment, CI: 'true', NODE_ENV: 'test' }
    expect((await project.run('generate', '--yes')).code).toBe(0)
    // Nothing is missing: there is nothing to refuse.
    project.environment = { IMAGEGEN_MODE: 'frozen' }
    expect((await project.run('generate', '--yes')).code).toBe(0)
  })
})

describe.concurrent('a provider that fails', () => {
  it('is not called without a key; the message lists the images, their positions and the price', async () => {
    const project = await projectOf(images('cat', 'dog'))
    const { code, stderr, stdout } = await project.run('generate', '--yes')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    for (const part of [
      'MINIMAX_API_KEY',
      'art.image.yaml:2:3',
      'art.image.yaml:3:3',
      '0.007 USD',
    ]) {
      expect(stderr).toContain(part)
    }
  })

  it.each([
    [1004, 'wrong key'],
    [1008, 'no balance'],
  ])('with %i (%s) ends the run at once: waiting requests are not sent', async (code) => {
    const names = Array.from({ length: 20 }, (_, index) => `cat${index}`)
    const project = await projectOf(images(...names))
    const emulator = await emulatorFor(project, { faults: [{ kind: 'status', code }] })
    const ran = await project.run('generate', '--yes', '--json')
    const { failed, pictures } = report(ran)
    expect(ran.code).toBe(1)
    expect(failed).toHaveLength(20)
    expect(new Set(failed.map((failure) => failure.code))).toEqual(
      new Set([String(code), 'stopped']),
    )
    expect(pictures).toBe(0)
    // No more than are sent at once.
    expect(emulator.stats().requests).toBeLessThanOrEqual(16)
    expect(ran.stderr).toContain('imagegen generate')
  })

  it('with 1026 ends that image only', async () => {
    const project = await projectOf(images('cat', 'robot', 'dog'))
    const emulator = await emulatorFor(project, {
      faults: [{ kind: 'status', code: 1026, match: 'robot' }],
    })
    const ran = await project.run('generate', '--yes', '--json')
    expect(ran.code).toBe(1)
    const { generated, failed } = report(ran)
    expect(generated).toEqual(['art.image.yaml#cat', 'art.image.yaml#dog'])
    expect(failed.map(({ id, code }) => [id, code])).toEqual([['art.image.yaml#robot', '1026']])
    expect(ran.stderr).toMatch(/art\.image\.yaml:3:\d+ {2}robot: .*1026/)
    expect(ran.stderr).toContain('Reword')
    // Not unchanged: the same answer would come again.
    expect(emulator.stats().requests).toBe(3)
  })

  it('for the moment is asked again, and the one that is too fast waits', async () => {
    const project = await projectOf(images('cat', 'dog'))
    const emulator = await emulatorFor(project, {
      faults: [
        { kind: 'status', code: 1000, match: 'cat', times: 1 },
        { kind: 'http', status: 429, match: 'dog', times: 1, retryAfter: 1 },
      ],
    })
    const ran = await project.run('generate', '--yes', '--json')
    expect(ran.code).toBe(0)
    expect(report(ran).generated).toHaveLength(2)
    expect(emulator.stats().requests).toBe(4)
    expect(ran.stderr.match(/^retry /gm)).toHaveLength(2)
  })
})

describe.concurrent('pictures that are paid for again', () => {
  it('only where --replace names one whose original is lost', async () => {
    const project = await projectOf(images('cat', 'dog'))
    const emulator = await emulatorFor(project)
    await project.run('generate', '--yes')
    const lost = project.files().find((file) => /cat\..*\.jpg$/.test(file))!
    const bytes = project.bytes(lost)
    project.write(lost, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n')

    const [without, check, other] = await Promise.all([
      project.run('generate', '--yes', '--json'),
      project.run('plan', '--check'),
      project.run('generate', '--yes', '--replace', 'dog'),
    ])
    expect([without.code, check.code, other.code]).toEqual([1, 1, 2])
    expect(report(without).failed).toEqual([
      {
        id: 'art.image.yaml#cat',
        code: 'unavailable',
        message: expect.stringContaining('git lfs'),
      },
    ])
    expect(emulator.stats().requests).toBe(2)

    const replaced = await project.run('generate', '--yes', '--json', '--replace', 'cat')
    expect([replaced.code, report(replaced)]).toMatchObject([0, { pictures: 1, requests: 1 }])
    // Asked for with the seed it had.
    expect(
      project
        .files()
        .filter((file) => /cat\..*\.jpg$/.test(file))
        .map((file) => project.bytes(file)),
    ).toContainEqual(bytes)
    expect((await project.run('plan', '--check')).code).toBe(0)
  })

  it('and where --outdated says so', async () => {
    const project = await projectOf(`images:
  hero: { prompt: A hero, alt: "", n: 2 }
  scene: { prompt: Her in a forest, alt: "", references: ["#hero"] }
`)
    const emulator = await emulatorFor(project)
    await project.run('generate', '--yes')
    // The first candidate goes: the second takes its place under the same key.
    const [receipt] = project
      .files()
      .filter((file) => /hero\..*\.json$/.test(file))
      .toSorted((one, other) =>
        receiptTime(project, one).localeCompare(receiptTime(project, other)),
      )
    for (const file of project.files().filter((one) => one.startsWith(receipt!.slice(0, -5)))) {
      rmSync(path.join(project.folder, file))
    }
    project.write('art.image.yaml', project.read('art.image.yaml').replace('n: 2', 'n: 1'))
    const kept = await project.run('generate', '--yes', '--json')
    expect(report(kept)).toMatchObject({ generated: [], current: 2, requests: 0 })
    const { summary } = JSON.parse((await project.run('plan', '--json')).stdout) as {
      summary: { outdated: number }
    }
    expect(summary.outdated).toBe(1)
    emulator.reset()
    const renewed = await project.run('generate', '--yes', '--json', '--outdated')
    expect(report(renewed)).toMatchObject({ requests: 1, pictures: 1, current: 1 })
    expect(emulator.stats().images).toBe(1)
  })
})

function receiptTime(project: Project, file: string): string {
  const { time, sha256 } = JSON.parse(project.read(file)) as { time: string; sha256: string }
  return `${time} ${sha256}`
}

describe.concurrent('Ctrl-C', () => {
  it('stores what arrives, sends no more, says what remains, and the next run continues', async () => {
    const project = await projectOf(`images:
  one: { prompt: One, alt: "" }
  two: { prompt: Two, alt: "", references: ["#one"] }
  three: { prompt: Three, alt: "", references: ["#two"] }
`)
    const emulator = await emulatorFor(project, { latency: 300 })
    const running = project.start('generate', '--yes', '--json')
    await running.said('made    art.image.yaml#one')
    running.process.kill('SIGINT')
    const ran = await running.ended
    expect(ran.code).toBe(130)
    expect(ran.stderr).toMatch(/[12] images? left to make/)
    expect(ran.stderr).toContain('imagegen generate')
    expect(report(ran).generated).toHaveLength(emulator.stats().images)
    expect(emulator.stats().images).toBeLessThan(3)

    expect((await project.run('generate', '--yes')).code).toBe(0)
    expect(emulator.stats().images).toBe(3)
  })
})

describe.concurrent('the rate limit', () => {
  it('is said once in a log, with when the next request is sent, before Ctrl-C ends the wait', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `image${index}`)
    const project = await projectOf(images(...names))
    const emulator = await emulatorFor(project)
    const running = project.start('generate', '--yes', '--json')
    await running.said('waiting for the rate limit (10 a minute), next request in')
    running.process.kill('SIGINT')
    const ran = await running.ended
    expect(ran.code).toBe(130)
    expect(ran.stderr.match(/waiting for the rate limit/g)).toHaveLength(1)
    expect(ran.stderr).toMatch(/next request in \d\d s; \d+ of 12 images done, about \d\d s left/)
    expect(emulator.stats().images).toBe(10)
  })
})

describe.concurrent('Ctrl-C twice', () => {
  it('gives up what is under way, and ends', async () => {
    const project = await projectOf(`images:
  one: { prompt: One, alt: "" }
  two: { prompt: Two, alt: "", references: ["#one"] }
`)
    const emulator = await emulatorFor(project, { faults: [{ kind: 'hang', match: 'Two' }] })
    const running = project.start('generate', '--yes', '--json')
    await running.said('made    art.image.yaml#one')
    await expect.poll(() => emulator.stats().requests).toBe(2)
    running.process.kill('SIGINT')
    await running.said('Interrupted')
    running.process.kill('SIGINT')
    const ran = await running.ended
    expect([ran.code, report(ran).generated]).toEqual([130, ['art.image.yaml#one']])
  })
})

describe.concurrent('options that a build had and the command has not', () => {
  it('are named, with where to move them, before anything is spent', async () => {
    const project = await projectOf(images('cat'))
    project.write('main.js', 'import art from "./art.image.yaml"\nconsole.log(art)\n')
    const emulator = await emulatorFor(project)
    const plugin = path.join(import.meta.dirname, '../../dist/vite.js')
    const { default: imagegen } = (await import(plugin)) as typeof import('../../src/vite.ts')
    const built = build({
      root: project.folder,
      configFile: false,
      logLevel: 'silent',
      plugins: [imagegen({ vars: { look: 'flat' }, mode: 'frozen' })],
      build: { rolldownOptions: { input: path.join(project.folder, 'main.js') } },
    })
    await expect(built).rejects.toThrow('1 image missing')
    const { code, stderr } = await project.run('generate', '--yes')
    expect(code).toBe(2)
    expect(stderr).toContain('`vars`')
    expect(stderr).toContain('imagegen.config')
    project.write('imagegen.config.json', '{ "vars": { "look": "flat" } }')
    expect((await project.run('generate', '--yes')).code).toBe(0)
    expect(emulator.stats().requests).toBe(1)
  })
})

describe.concurrent('the key', () => {
  it('is nowhere in what a run prints or leaves behind, also where the provider repeats it', async () => {
    const project = await projectOf(images('cat', 'dog'))
    await emulatorFor(project, {
      faults: [{ kind: 'status', code: 2013, message: `what is ${KEY}?`, match: 'dog' }],
    })
    const runs = await Promise.all([
      project.run('plan'),
      project.run('generate', '--yes', '--json'),
      project.run('generate', '--yes', 'dog'),
    ])
    expect(runs.map(({ code }) => code)).toEqual([0, 1, 1])
    expect(runs.flatMap(({ stdout, stderr }) => [stdout, stderr]).join('')).not.toContain(KEY)
    const left = project.everything()
    expect(left.size).toBeGreaterThan(3)
    expect([...left].filter(([, bytes]) => bytes.includes(KEY)).map(([file]) => file)).toEqual([])
  })
})
