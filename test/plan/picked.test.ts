import { describe, expect, test } from 'vitest'
import { createPlanner, type KeyInventory } from '../../src/plan/plan.ts'
import { selectPlan } from '../../src/plan/select.ts'
import { candidate, inventoryOf, minimaxModels, planFiles } from './planning.ts'

const A = `9e107d9d${'a'.repeat(56)}`
const B = `9e107d9dbb${'b'.repeat(54)}`
const C = `7d82e69f${'c'.repeat(56)}`

function stored(...digests: string[]): KeyInventory {
  return { candidates: digests.map((sha256) => candidate(sha256)), problems: [] }
}

function cast(pick: string): Record<string, string> {
  return {
    'cast.image.yaml': `images:
  kira: { prompt: Kira, alt: "", ${pick} }
  scene: { prompt: A scene, alt: "", references: ["#kira"] }
`,
  }
}

/** The plan with these candidates of Kira. Her key does not depend on her pick. */
async function planWith(pick: string, ...digests: string[]): ReturnType<typeof planFiles> {
  const { key } = await planFiles(cast('n: 1'))
  return planFiles(cast(pick), inventoryOf({ [key('kira')]: stored(...digests) }))
}

describe('a pick by digest', () => {
  test('uses the candidate whose SHA-256 begins with it, wherever it is in the list', async () => {
    for (const pick of ['7d82e69f', '7D82E69FCC', C]) {
      const { image } = await planWith(`pick: "${pick}"`, A, C)
      expect(image('kira')).toMatchObject({ state: 'current', picked: C })
    }
    const { image } = await planWith('pick: "7d82e69f"', C)
    expect(image('kira')).toMatchObject({ state: 'current', picked: C })
  })

  test('does not count as a candidate that no image asks for', async () => {
    const { image } = await planWith('pick: "7d82e69f"', A, B, C)
    expect(image('kira').surplus).toEqual([B])
  })

  test('does not ask for more candidates', async () => {
    const { image, plan } = await planWith('n: 2, pick: "7d82e69f"', A, C)
    expect(image('kira').made?.subject.candidates).toBe(2)
    expect(plan.jobs.map(({ entry }) => entry.name)).toEqual(['scene'])
  })

  test('enters the keys of what refers to it with its first 8 digits', async () => {
    const eight = await planWith('pick: "7d82e69f"', A, C)
    const [reference] = eight.image('scene').made!.recipe.references!
    expect(reference).toMatchObject({ pick: '7d82e69f' })
    const whole = await planWith(`pick: "${C.toUpperCase()}"`, A, C)
    expect(whole.key('scene')).toBe(eight.key('scene'))
    const number = await planWith('pick: 2', A, C)
    expect(number.image('scene').made!.recipe.references).toMatchObject([{ pick: 2 }])
    expect(number.key('scene')).not.toBe(eight.key('scene'))
  })

  test.each([
    [
      'no candidate',
      '00000000',
      [A, C],
      'kira: `pick: "00000000"` fits no candidate. Its candidates are 1 (9e107d9d), 2 (7d82e69f).',
    ],
    [
      'two',
      '9e107d9d',
      [A, B],
      'kira: `pick: "9e107d9d"` fits 2 candidates. Its candidates are 1 (9e107d9da), 2 (9e107d9db).',
    ],
    [
      'a recipe without candidates',
      '9e107d9d',
      [],
      'kira: `pick: "9e107d9d"` fits no candidate. Its recipe has no candidate yet.',
    ],
  ])('that fits %s is an error with the list, and nothing is requested', async (_, ...rest) => {
    const [pick, digests, message] = rest
    const { plan } = await planWith(`pick: "${pick}"`, ...digests)
    const problem = plan.misfits.get('cast.image.yaml#kira')
    expect(problem).toMatchObject({ message, place: { line: 2 } })
    expect(plan.problems.get('cast.image.yaml')).toEqual([problem])
    expect(plan.jobs).toEqual([])
  })

  test('is not judged where damaged receipts or a silent remote may hide its candidate', async () => {
    const { key } = await planFiles(cast('n: 1'))
    const problems = [{ message: 'A receipt is damaged.' }]
    const { image, plan } = await planFiles(
      cast('pick: "9e107d9d"'),
      inventoryOf({ [key('kira')]: { candidates: [], problems } }),
    )
    expect(image('kira').state).toBe('unavailable')
    expect(plan.misfits.size).toBe(0)
  })

  test('is unavailable where a remote exists that is not asked', async () => {
    const { project } = await planFiles(cast('n: 1'))
    const planner = createPlanner(await minimaxModels())
    const { entries } = project
    const digested = entries.map((entry) =>
      entry.name === 'kira' ? { ...entry, pick: '9e107d9d' } : entry,
    )
    const plan = planner.plan(digested, { ...inventoryOf(), isPartial: true })
    expect(plan.images.map(({ state }) => state)).toEqual(['unavailable', 'blocked'])
    expect(plan.misfits.size).toBe(0)
  })

  test('is removed by hand before its picture is replaced, because a new one has another digest', async () => {
    const { key } = await planFiles(cast('n: 1'))
    const lost = { candidates: [candidate(A, { bytes: 'absent' })], problems: [] }
    const { plan } = await planFiles(cast('pick: "9e107d9d"'), inventoryOf({ [key('kira')]: lost }))
    expect(() => selectPlan(plan, [], { replace: 'kira' })).toThrow('Remove `pick` first')
  })
})
