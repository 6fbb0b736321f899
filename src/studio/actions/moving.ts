import * as v from 'valibot'
import { holdLeftOver } from '../../pipeline/records/left-over.ts'
import { count } from '../../shared/plain-text.ts'
import { parseBody } from '../listener/body.ts'
import type { Route } from '../listener/route.ts'
import type { Moved, MoveRequest, OriginalId } from '../protocol-records.ts'
import { afterwards, type Subject } from '../subject.ts'
import { trashedOriginals, unaskedOriginals } from '../views/left-over.ts'
import { LONGEST_LIST, MOST_IDS } from '../views/reading.ts'
import type { View } from '../views/view.ts'

/** The addresses that move originals to the trash and back. Nothing is deleted. */
export function movingRoutes(
  view: View,
  kind: Subject['kind'],
): Array<readonly [path: string, route: Route]> {
  let moving: Promise<unknown> = Promise.resolve()

  /** Two tabs move one after the other. */
  const route = (
    name: string,
    move: (ids: readonly OriginalId[]) => Promise<number>,
    said: string,
  ): readonly [string, Route] => [
    `/api/1/${name}`,
    {
      kind: 'write',
      mediaType: 'application/json',
      limit: LONGEST_LIST,
      answer: (body) => {
        const { originals } = parseBody(body, moveSchema)
        const next = afterwards(moving, async (): Promise<Moved> => {
          const moved = await move(originals)
          const { options } = await view.pipeline()
          await view.refresh([options.storeDir])
          return {
            moved,
            revision: view.wall.revision,
            said: `${count(moved, 'original')} ${said}.`,
          }
        })
        moving = next
        return next
      },
    },
  ]

  return [
    route(
      'trash',
      async (ids) => {
        const pipeline = await view.pipeline()
        // A dev server has its options from the bundler; this process may read others than the last build did.
        if (kind === 'own') pipeline.checkFingerprint()
        // A manifest that was saved a moment ago may ask for them.
        const survey = await view.refresh([])
        const found = chosen(unaskedOriginals(survey), ids)
        await holdLeftOver(survey, found.length, pipeline.options, process.env)
        await pipeline.store.trash(found.flat())
        return found.length
      },
      'moved to the trash',
    ),
    route(
      'restore',
      async (ids) => {
        const { store } = await view.pipeline()
        const found = chosen(trashedOriginals(await view.survey()), ids)
        await store.restore(found.map(([first]) => first))
        return found.length
      },
      'restored',
    ),
  ]
}

/** What is no longer there was moved meanwhile, or a manifest asks for it now. */
function chosen<Found>(
  all: ReadonlyMap<OriginalId, Found>,
  ids: readonly OriginalId[],
): readonly Found[] {
  return [...new Set(ids)].flatMap((id) => {
    const found = all.get(id)
    return found === undefined ? [] : [found]
  })
}

const moveSchema: v.GenericSchema<unknown, MoveRequest> = v.strictObject({
  originals: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}\.[0-9a-f]{64}$/, 'expected key and sha256'))),
    v.minLength(1),
    v.maxLength(MOST_IDS),
  ),
})
