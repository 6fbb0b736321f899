import * as v from 'valibot'
import { priced, imageOf } from './bill.ts'
import { detailOf, renditionsOf, type DetailContext } from './detail.ts'
import { historyPage } from './history.ts'
import { leftOverPage } from './left-over.ts'
import { parseBody } from '../listener/body.ts'
import { planPage } from './plan-page.ts'
import type { BillRequest } from '../protocol-actions.ts'
import type { LeftOverPlace } from '../protocol-records.ts'
import { spendPage } from './spend.ts'
import { refuse } from '../listener/refused.ts'
import type { Question, Route } from '../listener/route.ts'
import type { View } from './view.ts'

/** The addresses that only look. */
export function readingRoutes(view: View): Array<readonly [path: string, route: Route]> {
  const read = (
    name: string,
    answer: (question: Question) => Promise<unknown>,
  ): readonly [string, Route] => [`/api/1/${name}`, { kind: 'read', answer }]

  const context = async (): Promise<DetailContext> => {
    const survey = await view.survey()
    const pipeline = await view.pipeline()
    return { pipeline, survey, pictures: view.pictures, revision: view.wall.revision }
  }

  return [
    read('project', ({ access }) => view.project(access)),
    read('wall', async ({ query }) => {
      await view.survey()
      return view.wall.page({ ...pageIn(query), since: countIn(query, 'since') })
    }),
    read('image', async ({ query }) => {
      const found = await context()
      const image = imageOf(textIn(query, 'id'), found.survey)
      const tile = view.wall.tiles.get(image.entry.id)
      if (tile === undefined) throw refuse('not-found', 'There is no such image any more.')
      return detailOf(image, tile, found)
    }),
    read('renditions', async ({ query, gone }) => {
      const found = await context()
      return renditionsOf(imageOf(textIn(query, 'id'), found.survey), found, gone)
    }),
    read('plan', async ({ query }) => {
      const { pipeline, survey, pictures, revision } = await context()
      return planPage(pageIn(query), pipeline, survey, pictures, revision)
    }),
    read('history', async ({ query }) => {
      const found = await context()
      return historyPage(imageOf(textIn(query, 'id'), found.survey), pageIn(query), found)
    }),
    read('spend', async ({ query }) => {
      const { pipeline, survey, revision } = await context()
      return spendPage(pageIn(query), pipeline, survey, revision)
    }),
    read('left-over', async ({ query }) => {
      const { survey, pictures, revision } = await context()
      return leftOverPage(placeIn(query), pageIn(query), survey, pictures, revision)
    }),
    [
      '/api/1/bill',
      {
        kind: 'write',
        mediaType: 'application/json',
        limit: LONGEST_LIST,
        answer: async (body) => {
          const { pipeline, survey } = await context()
          return priced(parseBody(body, billSchema), pipeline, survey).bill
        },
      },
    ],
  ]
}

/** The most images that are asked for at once. */
export const MOST_IDS = 30_000

/** The most bytes of a list of ids. */
export const LONGEST_LIST: number = 8 * 1024 * 1024

/** The fields of a `BillRequest`. */
export const billEntries: {
  readonly ids: v.GenericSchema<unknown, readonly string[]>
  readonly outdated: v.ExactOptionalSchema<v.BooleanSchema<undefined>, undefined>
  readonly replace: v.ExactOptionalSchema<v.BooleanSchema<undefined>, undefined>
} = {
  ids: v.pipe(v.array(v.pipe(v.string(), v.maxLength(4096))), v.maxLength(MOST_IDS)),
  outdated: v.exactOptional(v.boolean()),
  replace: v.exactOptional(v.boolean()),
}

const billSchema: v.GenericSchema<unknown, BillRequest> = v.strictObject(billEntries)

const USUAL_PAGE = 500
const LARGEST_PAGE = 5000

function pageIn(query: URLSearchParams): { readonly after: number; readonly limit: number } {
  const limit = countIn(query, 'limit') ?? USUAL_PAGE
  return { after: countIn(query, 'after') ?? 0, limit: Math.min(Math.max(1, limit), LARGEST_PAGE) }
}

/** @throws RefusedError `malformed`. */
function countIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (/^\d{1,12}$/.test(text)) return Number(text)
  throw refuse('malformed', `\`${name}\` has to be a number.`)
}

/** @throws RefusedError `malformed`. */
function placeIn(query: URLSearchParams): LeftOverPlace {
  const place = query.get('place') ?? 'store'
  if (place === 'store' || place === 'trash') return place
  throw refuse('malformed', '`place` has to be store or trash.')
}

/** @throws RefusedError `malformed`. */
export function textIn(query: URLSearchParams, name: string): string {
  const text = query.get(name)
  if (text !== null && text !== '') return text
  throw refuse('malformed', `\`${name}\` is missing.`)
}
