import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { createLocate } from '../../src/manifest/manifest.ts'
import { parseManifest } from '../../src/manifest/read/parse.ts'
import { resolveManifests } from '../../src/manifest/resolve/resolve.ts'
import type { ResolvedModel } from '../../src/model/resolved-model.ts'
import { createPlanner, type Plan } from '../../src/plan/plan.ts'
import { selectPlan, type Selection } from '../../src/plan/select.ts'
import { shardSelection } from '../../src/plan/shard.ts'
import { candidate, inventoryOf, minimaxModels } from './planning.ts'

let models: ReadonlyMap<string, ResolvedModel>
beforeAll(async () => {
  models = await minimaxModels()
})

/** An image: a number of equal recipes, how many candidates, and which earlier images it refers to. */
interface Drawn {
  readonly recipe: number
  readonly n: number
  readonly references: readonly number[]
}

const project = fc.array(
  fc.record({
    recipe: fc.nat(12),
    n: fc.integer({ min: 1, max: 4 }),
    references: fc.array(fc.nat(30), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 30 },
)

/** @param there keys that are in the store, by their number in the project. */
function planOf(drawn: readonly Drawn[], there: readonly number[] = []): Plan {
  const images = drawn.map(({ recipe, n, references }, index) => [
    `i${index}`,
    {
      prompt: `Recipe ${recipe}`,
      alt: '',
      n,
      references: [...new Set(references.filter((other) => other < index))].map(
        (other) => `#i${other}`,
      ),
    },
  ])
  const text = JSON.stringify({ images: Object.fromEntries(images) })
  const name = 'a.image.yaml'
  const manifest = {
    file: `/${name}`,
    path: name,
    text,
    content: parseManifest(text, name),
    extended: [],
    styles: [],
    locate: createLocate(name, text),
  }
  const { entries } = resolveManifests([manifest], new Set(), {
    root: '/',
    defaults: {},
    vars: new Map(),
    allow: ['/'],
  })
  const plan = createPlanner(models).plan(entries, inventoryOf())
  const stored = there.flatMap((index) => plan.images[index]?.made?.key ?? [])
  const record = {
    candidates: Array.from({ length: 4 }, (_, i) => candidate(`${i}`)),
    problems: [],
  }
  return createPlanner(models).plan(
    entries,
    inventoryOf(Object.fromEntries(stored.map((key) => [key, record]))),
  )
}

function shardsOf(plan: Plan, count: number, patterns: readonly string[] = []): Selection[] {
  const selection = selectPlan(plan, patterns)
  return Array.from({ length: count }, (_, index) =>
    shardSelection(selection, plan.images, { index: index + 1, count }),
  )
}

function idsOf({ images }: Selection): string[] {
  return images.map(({ entry }) => entry.id)
}

function keysOf({ jobs }: Pick<Selection, 'jobs'>): string[] {
  return jobs.map(({ made }) => made.key)
}

describe('shards', () => {
  test('are disjoint, cover everything, and hold what their images need', () => {
    fc.assert(
      fc.property(project, fc.integer({ min: 1, max: 7 }), (drawn, count) => {
        const plan = planOf(drawn)
        const shards = shardsOf(plan, count)
        expect(shards.flatMap(idsOf).toSorted()).toEqual(
          plan.images.map(({ entry }) => entry.id).toSorted(),
        )
        expect(shards.flatMap(keysOf).toSorted()).toEqual(keysOf(plan).toSorted())
        for (const shard of shards) {
          const keys = new Set(keysOf(shard))
          expect(shard.jobs.flatMap(({ after }) => after).filter((key) => !keys.has(key))).toEqual(
            [],
          )
          expect(shard.images.filter(({ made }) => !keys.has(made?.key ?? ''))).toEqual([])
        }
      }),
      { numRuns: 50 },
    )
  })

  test('are the same for machines whose stores hold different pictures', () => {
    const there = fc.array(fc.nat(30))
    fc.assert(
      fc.property(
        project,
        there,
        there,
        fc.integer({ min: 2, max: 5 }),
        (drawn, one, two, count) => {
          const ids = (held: readonly number[]): string[][] =>
            shardsOf(planOf(drawn, held), count).map(idsOf)
          expect(ids(one)).toEqual(ids(two))
        },
      ),
    )
  })

  test('are as even as parts that cannot be cut allow', () => {
    fc.assert(
      fc.property(project, fc.integer({ min: 2, max: 5 }), (drawn, count) => {
        const plan = planOf(drawn)
        const loads = shardsOf(plan, count).map(({ summary }) => summary.pictures)
        // Whatever is largest went to a shard that was the emptiest at that moment.
        const largest = Math.max(
          ...shardsOf(plan, plan.jobs.length).map(({ summary }) => summary.pictures),
        )
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest)
      }),
      { numRuns: 50 },
    )
  })

  test('of a selection hold only what it needs, evenly divided', () => {
    const drawn = Array.from({ length: 12 }, (_, index) => ({
      recipe: index,
      n: 1,
      references: index % 3 === 2 ? [index - 1] : [],
    }))
    const shards = shardsOf(planOf(drawn), 2, ['i2', 'i5', 'i8', 'i11'])
    expect(shards.map(idsOf)).toEqual([
      ['a.image.yaml#i2', 'a.image.yaml#i8'],
      ['a.image.yaml#i5', 'a.image.yaml#i11'],
    ])
    expect(shards.map(({ summary }) => summary.pictures)).toEqual([4, 4])
  })

  test('keep a long chain of references together', () => {
    const drawn = Array.from({ length: 3_000 }, (_, index) => ({
      recipe: index,
      n: 1,
      references: index > 0 ? [index - 1] : [],
    }))
    const plan = planOf(drawn)
    expect(shardsOf(plan, 3).map(({ jobs }) => jobs.length)).toEqual([3_000, 0, 0])
  }, 13_000)
})
