import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openPipeline, testEmulator } from '../generate/running.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'

/** `file:line:column message` of every problem of a project, and what it would ask for. */
async function planOf(
  files: FileTree,
  inline: Record<string, unknown> = {},
): Promise<{ problems: string[]; hints: unknown[]; jobs: string[] }> {
  const { root } = await temporaryProject(files)
  const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9', inline })
  const survey = await pipeline.survey()
  const problems = [...survey.problems.values()].flat()
  return {
    problems: problems.map(
      ({ message, place }) => `${place?.file}:${place?.line}:${place?.column} ${message}`,
    ),
    hints: problems.map(({ hint }) => hint),
    jobs: survey.plan.jobs.flatMap(({ ids }) => ids),
  }
}

describe('a format that the installed sharp cannot write', () => {
  test('includes JPEG XL here', () => {
    expect(sharp.format.jxl.output.buffer, 'this sharp writes JPEG XL: test with another').toBe(
      false,
    )
  })

  test('is refused in the plan with its position, and nothing is requested', async () => {
    const { problems, hints, jobs } = await planOf({
      'a.image.yaml': [
        'images:',
        '  a: { prompt: x, alt: "" }',
        '  001:',
        '    prompt: y',
        '    alt: ""',
        '    output: { formats: [avif, jxl, webp] }',
        '  c: { prompt: z, alt: "", references: ["#001"] }',
        '',
      ].join('\n'),
    })
    expect(problems).toEqual(['a.image.yaml:6:31 001: the installed sharp cannot write jxl.'])
    expect(hints).toEqual([
      'Take jxl out of `output.formats`, or use a sharp whose libvips has it.',
    ])
    expect(jobs).toEqual(['a.image.yaml#a'])
  })

  test.each([
    [
      'the form with one image',
      'prompt: x\nalt: ""\noutput:\n  formats:\n    - jxl\n',
      ['a.image.yaml:5:7'],
    ],
    [
      'defaults, once for all images',
      'defaults: { output: { formats: [jxl] } }\nimages:\n  a: { prompt: x, alt: "" }\n  b: { prompt: y, alt: "" }\n',
      ['a.image.yaml:1:33'],
    ],
    [
      'a matrix, once',
      'images:\n  "a-${n}": { prompt: x, alt: "", matrix: { n: [1, 2] }, output: { formats: [jxl] } }\n',
      ['a.image.yaml:2:78'],
    ],
    [
      'a hand-made image',
      'images:\n  a: { source: ./a.svg, alt: "", output: { formats: [jxl] } }\n',
      ['a.image.yaml:2:54'],
    ],
  ])('is found in %s', async (_, text, places) => {
    const { problems, jobs } = await planOf({
      'a.image.yaml': text,
      'a.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>',
    })
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(places)
    expect(jobs).toEqual([])
  })

  test('is found in the options', async () => {
    const { problems, jobs } = await planOf(
      { 'a.image.yaml': 'images:\n  a: { prompt: x, alt: "" }\n' },
      { defaults: { output: { formats: ['jxl'] } } },
    )
    expect(problems).toEqual(['a.image.yaml:2:3 a: the installed sharp cannot write jxl.'])
    expect(jobs).toEqual([])
  })

  test('stops a build before it spends, each time', async () => {
    const emulator = await testEmulator()
    const { root } = await temporaryProject({
      'a.image.yaml': 'prompt: x\nalt: ""\noutput: { formats: [jxl] }\n',
    })
    for (const run of ['first', 'second']) {
      const pipeline = await openPipeline(root, { url: emulator.url })
      const built = pipeline.fulfil(new AbortController().signal)
      await expect(built, run).rejects.toMatchObject({
        code: 'manifest',
        message: expect.stringContaining('a.image.yaml:3:21'),
      })
    }
    expect(emulator.stats().requests).toBe(0)
  })

  test('is checked every time, because it is not in the cache', async () => {
    const { root } = await temporaryProject({
      'a.image.yaml': 'prompt: x\nalt: ""\noutput: { formats: [jxl] }\n',
    })
    const pipeline = await openPipeline(root, { url: 'http://127.0.0.1:9' })
    await pipeline.survey()
    const { cacheDir } = pipeline.options
    const files = readdirSync(cacheDir, { recursive: true, withFileTypes: true })
    for (const file of files.filter((entry) => entry.isFile())) {
      const text = readFileSync(path.join(file.parentPath, file.name), 'utf8')
      expect(text).not.toContain('cannot write')
    }
  })
})
