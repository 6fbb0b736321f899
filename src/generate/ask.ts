import { ModelError, type ImageModelResult } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { describeWarning, settingOf } from '../model/warning.ts'
import { refusalsOfRecipe } from '../plan/refusals.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { ImagegenError } from '../shared/errors.ts'
import { sentence } from '../shared/plain-text.ts'
import type { Lock } from '../store/locks/lock.ts'
import type { RateWindow } from '../store/locks/rate-window.ts'
import type { Settlement } from '../store/arrive/settle.ts'
import type { Store } from '../store/store.ts'
import type { CountedAttempt, Purse } from './budget.ts'
import type { OrderEvent } from './event.ts'
import type { FirstAnswer, FirstAnswers } from './first-answer.ts'
import { readInputs, type Inputs, type ReadFile } from './inputs.ts'
import type { Order } from './order.ts'
import { chargeOf, toModelError } from './provider-error.ts'
import { callOf, priceOf, responseOf } from './request.ts'
import type { Request } from './retry.ts'

/** What asking for pictures needs. */
export interface AskOptions {
  readonly store: Store
  readonly budget: Purse
  /** Models without declared shapes answer one request before the others follow. */
  readonly firstAnswers: FirstAnswers
  /** The account's requests a minute. */
  readonly window: RateWindow
  /** Reference pictures that are files. */
  readonly readFile: ReadFile
  /**
   * How a request is tried, and tried again.
   *
   * @throws what the last attempt did, or `Postponed` if the caller will retry the order later.
   */
  readonly tryRequest: <Result>(request: Request<Result>) => Promise<Result>
  /** No request is sent any more; those under way are awaited and stored. */
  readonly signal: AbortSignal
  /** Requests under way are given up too. What they bring may be paid for and lost. */
  readonly abandon: AbortSignal
  readonly onEvent: (event: OrderEvent) => void
}

/** What came of a request. */
export interface Arrival {
  readonly settlement: Settlement
  /** Where it is kept what was paid for and did not come whole. */
  readonly leftOver: string | undefined
}

/**
 * Asks for some more pictures of an order, once its turn has come and its budget allows it, and stores what arrives.
 *
 * The turn may come late, and this process may have been stopped meanwhile: the lock is looked at right before each
 * attempt is sent.
 *
 * @returns `lock-lost` if another process has taken over the key; nothing was sent or spent since then.
 * @throws ModelError or ImagegenError, or what `tryRequest` throws.
 */
export async function ask(
  order: Order,
  model: ResolvedModel,
  pictures: number,
  seed: number | undefined,
  lock: Pick<Lock, 'renew'>,
  options: AskOptions,
): Promise<Arrival | 'lock-lost'> {
  const { store, signal } = options
  refuse(order, model)
  const price = priceOf(order, model, pictures)
  const inputs = await readInputs(order, model, store, options.readFile)
  const leave = await options.firstAnswers.enter(order, model, signal)
  let answer: FirstAnswer | undefined
  try {
    const { warnings, arrival } = await send(
      order,
      model,
      pictures,
      seed,
      inputs,
      price,
      lock,
      options,
    )
    if (arrival !== 'lock-lost') {
      answer = { order, warnings, unusable: arrival.settlement.unusable }
    }
    return arrival
  } finally {
    leave(answer)
  }
}

/** Sends the request, with retries, and stores what arrives. */
async function send(
  order: Order,
  model: ResolvedModel,
  pictures: number,
  seed: number | undefined,
  inputs: Inputs,
  price: number | null,
  lock: Pick<Lock, 'renew'>,
  options: AskOptions,
): Promise<{
  readonly warnings: ImageModelResult['warnings']
  readonly arrival: Arrival | 'lock-lost'
}> {
  const { store, budget, window, signal, abandon, onEvent } = options
  const requestsPerMinute = model.requestsPerMinute ?? null
  let warnings: ImageModelResult['warnings'] = []
  let leftOver: ImageModelResult['leftOver']
  let failure: ModelError | undefined
  const response = await options.tryRequest({
    onRetry: (error) => onEvent({ kind: 'retried', error }),
    onRateLimit: ({ retryAfter }) =>
      retryAfter === undefined ? window.pauseForWindow() : window.pause(Date.now() + retryAfter),
    attempt: async () => {
      await window.take(signal, (until) =>
        onEvent({ kind: 'rate-limited', until, requestsPerMinute }),
      )
      throwIfAborted(signal)
      const counted = await spend(budget, pictures, price, model, failure)
      if (!lock.renew()) {
        await counted.takeBack('unsent')
        return 'lock-lost' as const
      }
      onEvent({ kind: 'requested', pictures, since: Date.now() })
      try {
        const result = await model.model.doGenerate(
          callOf(order, model, pictures, seed, inputs, abandon),
        )
        for (const warning of result.warnings) {
          const said = describeWarning(warning)
          const message = `${order.name}: ${said}`
          onEvent({
            kind: 'warning',
            message,
            // Of a setting, the run speaks once, with all the images that have it.
            ...(settingOf(warning) === undefined ? {} : { said }),
          })
        }
        onEvent({ kind: 'arrived', pictures: result.images.length, time: Date.now() })
        warnings = result.warnings
        leftOver = result.leftOver
        return responseOf(order, model, pictures, seed, inputs, result)
      } catch (error) {
        const charge = chargeOf(error)
        if (charge === 'maybe-billed') await counted.noteFailure()
        else await counted.takeBack(charge)
        const kept = await withKeptAnswer(order, store, toModelError(error))
        if (kept instanceof ModelError) failure = kept
        throw kept
      }
    },
  })
  if (response === 'lock-lost') return { warnings, arrival: response }
  const pending = await store.savePending(response)
  const kept =
    leftOver === undefined ? undefined : await keepLeftOver(order, store, leftOver, onEvent)
  const settlement = await store.settle(pending)
  warnOfUnusable(order, settlement, onEvent)
  warnOfExcess(order, settlement, onEvent)
  return { warnings, arrival: { settlement, leftOver: kept } }
}

/** A plan has said so already where there was one: jobs come from elsewhere too, and facts differ between machines. */
function refuse({ recipe }: Order, model: ResolvedModel): void {
  const refused = refusalsOfRecipe(recipe, model)
  if (refused.length > 0) throw new ImagegenError('manifest', refused)
}

/** Counts an attempt. Where earlier attempts of the same request used the budget up, their failure is the cause. */
async function spend(
  budget: Purse,
  pictures: number,
  price: number | null,
  model: ResolvedModel,
  failure: ModelError | undefined,
): Promise<CountedAttempt> {
  try {
    return await budget.spend(pictures, price, model)
  } catch (error) {
    if (failure === undefined || !(error instanceof ImagegenError)) throw error
    throw new ImagegenError(
      'budget',
      {
        message: `${sentence(failure.message)} It was not tried again. ${sentence(error.problems[0]?.message ?? error.message)}`,
        hint: 'Look at why it failed first. `imagegen generate` continues from here.',
      },
      { cause: failure },
    )
  }
}

/** What arrived with a failure, and may have been paid for, is kept; the failure then says where. */
async function withKeptAnswer(order: Order, store: Store, error: unknown): Promise<unknown> {
  if (!(error instanceof ModelError) || (error.responseBody ?? '') === '') return error
  const { message, responseBody: body = '' } = error
  const { key } = order
  const file = await store.keepUnusable({ key, name: order.name, reason: message, body })
  return new ModelError(`${message} The answer is kept as ${file}.`, {
    ...error,
    cause: error.cause,
  })
}

/** What is paid for and did not come whole lies where a person finds it. */
async function keepLeftOver(
  { key, name }: Order,
  store: Store,
  { reason, body }: NonNullable<ImageModelResult['leftOver']>,
  onEvent: AskOptions['onEvent'],
): Promise<string> {
  const file = await store.keepUnusable({ key, name, reason, body })
  onEvent({
    kind: 'warning',
    message: `${name}: ${reason}; what is known of them is kept as ${file}.`,
  })
  return file
}

function warnOfExcess(
  order: Order,
  { response, excess }: Settlement,
  onEvent: AskOptions['onEvent'],
): void {
  const [first] = excess
  if (first === undefined) return
  onEvent({
    kind: 'warning',
    message: `${order.name}: the model answered with ${response.images.length} pictures where ${response.requested} ${response.requested === 1 ? 'was' : 'were'} asked for; the others are kept, from ${first} on.`,
  })
}

function warnOfUnusable(
  order: Order,
  { unusable }: Settlement,
  onEvent: AskOptions['onEvent'],
): void {
  for (const { reason, file } of unusable) {
    onEvent({
      kind: 'warning',
      message: `${order.name}: a picture was paid for and cannot be used (${reason}); it is kept as ${file}.`,
    })
  }
}
