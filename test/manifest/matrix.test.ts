import { describe, expect, test } from 'vitest'
import { readFiles, summaries } from './reading.ts'

function tiles(more: string): Record<string, string> {
  return {
    'tiles.image.yaml': `images:
  "\${place}-\${season}":
    prompt: "\${place} in \${season}"
    alt: ""
    seed: 1
    aspectRatio: 16:9
    matrix: { place: [coast, forest], season: [spring, "010"] }
${more}`,
  }
}

describe('`exclude`', () => {
  test('leaves out whole combinations and partial ones', async () => {
    const whole = await readFiles(tiles('    exclude: [{ place: forest, season: spring }]\n'))
    expect(whole.entries.map(({ name }) => name)).toEqual([
      'coast-spring',
      'coast-010',
      'forest-010',
    ])
    const partial = await readFiles(tiles('    exclude: [{ season: spring }]\n'))
    expect(partial.entries.map(({ name }) => name)).toEqual(['coast-010', 'forest-010'])
    expect(summaries([...whole.problems, ...partial.problems])).toEqual([])
  })

  test('takes the text that is written, where YAML reads a number', async () => {
    const { entries, problems } = await readFiles(tiles('    exclude: [{ season: 010 }]\n'))
    expect(summaries(problems)).toEqual([])
    expect(entries.map(({ name }) => name)).toEqual(['coast-spring', 'forest-spring'])
  })

  test('of the defaults and of the image both apply', async () => {
    const text = tiles('    exclude: [{ place: forest }]\n')['tiles.image.yaml']!
    const { entries, problems } = await readFiles({
      'tiles.image.yaml': `defaults:\n  exclude: [{ season: spring }]\n${text}  plain: { prompt: x, alt: "" }\n`,
    })
    expect(summaries(problems)).toEqual([])
    expect(entries.map(({ name }) => name)).toEqual(['coast-010', 'plain'])
  })
})

describe('`overrides`', () => {
  test('set any field for their combinations, and later ones win', async () => {
    const { entry, problems } = await readFiles(
      tiles(`    overrides:
      - when: { season: 010 }
        seed: 2
        prompt: "\${place} in the snow"
        output: { widths: [64], formats: [png] }
      - { when: { place: coast, season: "010" }, seed: 3, output: { widths: [32] }, size: 512x512, pick: 2 }
`),
    )
    expect(summaries(problems)).toEqual([])
    expect(entry('coast-spring').subject).toMatchObject({ prompt: 'coast in spring', seed: 1 })
    expect(entry('forest-010').subject).toMatchObject({
      prompt: 'forest in the snow',
      seed: 2,
      aspectRatio: '16:9',
      candidates: 1,
    })
    expect(entry('coast-010').subject).toMatchObject({
      prompt: 'coast in the snow',
      seed: 3,
      size: '512x512',
      aspectRatio: undefined,
      candidates: 2,
    })
    expect(entry('coast-010').output).toMatchObject({ widths: [32], formats: ['png'] })
    expect(entry('coast-spring').output).toMatchObject({ widths: ['original'], formats: ['webp'] })
    expect(entry('coast-010').pick).toBe(2)
    expect(entry('coast-010').combination).toEqual(
      new Map([
        ['place', 'coast'],
        ['season', '010'],
      ]),
    )
  })

  test('of the defaults come first', async () => {
    const text = tiles('    overrides: [{ when: { place: coast }, revision: 2 }]\n')[
      'tiles.image.yaml'
    ]!
    const { entry, problems } = await readFiles({
      'tiles.image.yaml': `defaults:\n  overrides: [{ when: { season: spring }, revision: 1, n: 3 }]\n${text}`,
    })
    expect(summaries(problems)).toEqual([])
    expect(entry('coast-spring').subject).toMatchObject({ revision: 2, candidates: 3 })
    expect(entry('forest-spring').subject).toMatchObject({ revision: 1, candidates: 3 })
    expect(entry('forest-010').subject).toMatchObject({ revision: undefined, candidates: 1 })
  })

  test('with a source make one combination by hand', async () => {
    const { entry, problems } = await readFiles({
      ...tiles('    overrides: [{ when: { place: coast, season: spring }, source: ./c.svg }]\n'),
      'c.svg': '<svg/>',
    })
    expect(summaries(problems)).toEqual([])
    expect(entry('coast-spring').subject.kind).toBe('source')
    expect(entry('forest-spring').subject.kind).toBe('generated')
  })

  test('have their own lines in errors', async () => {
    const { problems } = await readFiles(
      tiles(`    overrides:
      - when: { place: coast }
        prompt: "\${plaec}"
`),
    )
    expect(summaries(problems)).toEqual([
      'tiles.image.yaml:10:17 No variable `plaec` is known here.',
      'tiles.image.yaml:10:17 No variable `plaec` is known here.',
    ])
  })
})

describe('a rule that matches nothing', () => {
  test.each([
    [
      'an unknown value',
      '    exclude: [{ season: sprinG }]\n',
      ['tiles.image.yaml:8:25 The matrix has no `season: sprinG`.'],
      'Did you mean `spring`?',
    ],
    [
      'an unknown variable',
      '    overrides: [{ when: { plce: coast }, seed: 1 }]\n',
      ['tiles.image.yaml:8:27 The matrix has no variable `plce`.'],
      'Did you mean `place`?',
    ],
    [
      'a number that the matrix has as another text',
      '    exclude: [{ season: 10 }]\n',
      ['tiles.image.yaml:8:25 The matrix has no `season: 10`.'],
      'Did you mean `010`?',
    ],
    [
      'combinations that are left out',
      '    exclude: [{ place: forest }]\n    overrides: [{ when: { place: forest }, seed: 1 }]\n',
      [
        'tiles.image.yaml:9:25 This matches no image: `exclude` leaves out all of its combinations.',
      ],
      'Remove it, or what leaves them out.',
    ],
  ])('%s is an error with its place and what is nearest', async (_, more, wanted, hint) => {
    const { problems } = await readFiles(tiles(more))
    expect(summaries(problems)).toEqual(wanted)
    expect(problems[0]?.hint).toBe(hint)
  })
})
