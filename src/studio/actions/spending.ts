import * as v from 'valibot'
import type { Pipeline, Survey } from '../../pipeline.ts'
import { isAgreed, priced, type Priced } from '../views/bill.ts'
import { parseBody } from '../listener/body.ts'
import { whetherAsking } from '../views/plan-page.ts'
import type { Agreement, GenerateRequest, Started, Stopping } from '../protocol-actions.ts'
import type { RunState } from '../protocol.ts'
import { LONGEST_LIST, billEntries } from '../views/reading.ts'
import { refuse } from '../listener/refused.ts'
import type { Route } from '../listener/route.ts'
import type { Runs } from './runs.ts'
import type { Subject } from '../subject.ts'
import type { View } from '../views/view.ts'

/** The addresses that spend, and that end spending. */
export function spendingRoutes(
  view: View,
  runs: Runs,
  kind: Subject['kind'],
): Array<readonly [path: string, route: Route]> {
  return [
    [
      '/api/1/generate',
      {
        kind: 'write',
        mediaType: 'application/json',
        limit: LONGEST_LIST,
        async answer(body): Promise<Started> {
          const request = parseBody(body, generateSchema)
          const survey = await view.survey()
          const pipeline = await view.pipeline()
          const found = priced(request, pipeline, survey)
          return { run: startAgreed(found, request.agreed, { survey, pipeline, runs, kind }) }
        },
      },
    ],
    [
      '/api/1/stop',
      {
        kind: 'write',
        mediaType: 'application/json',
        limit: 1024,
        answer: (body): Promise<Stopping> => {
          parseBody(body, v.strictObject({}))
          return Promise.resolve({ run: runs.stop() })
        },
      },
    ],
  ]
}

/** What a run is started with. */
export interface Starting {
  readonly survey: Survey
  readonly pipeline: Pipeline
  readonly runs: Runs
  readonly kind: Subject['kind']
}

/**
 * Generates what a person agreed to, if it still costs what the person saw, the budget holds it, and there is a key.
 *
 * @throws RefusedError `price-changed`, `running` or `refused`; nothing was spent then.
 * @throws ImagegenError with code `config`, `credentials` or `budget`; nothing was spent then.
 */
export function startAgreed(
  { selection, bill }: Priced,
  agreed: Agreement,
  { survey, pipeline, runs, kind }: Starting,
): RunState {
  if (!isAgreed(bill, agreed)) {
    throw refuse('price-changed', 'The plan has changed since you saw it. Nothing was spent.', {
      hint: 'Look at it again.',
      bill,
    })
  }
  if (selection.jobs.length === 0) throw refuse('refused', 'Nothing is missing.')
  const asking = whetherAsking(pipeline)
  if (asking !== true) throw refuse('refused', asking.message, asking)
  // A dev server has its options from the bundler; this process may read others than the last build did.
  if (kind === 'own') pipeline.checkFingerprint()
  pipeline.hold(selection.jobs)
  return runs.start(selection, survey, pipeline)
}

/** What a person agreed to. */
export const agreementSchema: v.GenericSchema<unknown, Agreement> = v.strictObject({
  pictures: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  usd: v.nullable(v.number()),
  digest: v.string(),
})

const generateSchema: v.GenericSchema<unknown, GenerateRequest> = v.pipe(
  v.strictObject({
    ...billEntries,
    agreed: agreementSchema,
  }),
  v.check(
    ({ ids, replace }) => replace !== true || ids.length === 1,
    'only one image can be replaced at a time',
  ),
)
