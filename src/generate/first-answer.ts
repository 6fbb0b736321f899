import type { ResolvedModel } from '../model/resolved-model.ts'
import { ignoredSetting, type PixelSetting } from '../model/warning.ts'
import {
  declaresShapes,
  evidenceOf,
  shapeHint,
  undrawnProblem,
  type ModelEvidence,
} from '../plan/undrawn.ts'
import { throwIfAborted } from '../shared/abort.ts'
import { ImagegenError } from '../shared/errors.ts'
import type { UnusablePicture } from '../store/arrive/settle.ts'
import type { Store } from '../store/store.ts'
import type { Order } from './order.ts'

/** What an answer showed of its model. */
export interface FirstAnswer {
  /** The order that it answered. */
  readonly order: Order
  readonly warnings: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly unusable: readonly UnusablePicture[]
}

/**
 * Tries models without declared shapes with one request before the others follow. What a model ignores, or draws
 * in another shape, is not requested of it again in the same run.
 */
export interface FirstAnswers {
  /**
   * Waits until the model has answered a request of this run, unless this request is the first one.
   *
   * @returns a function to call once the request has ended, with its answer where there is one.
   * @throws ImagegenError with code `unusable` where the model has shown that it ignores what the order needs, or
   * `aborted`.
   */
  enter(
    order: Order,
    model: ResolvedModel,
    signal: AbortSignal,
  ): Promise<(answer?: FirstAnswer) => void>
}

/** What is known of one model. */
interface Trial {
  hasAnswered: boolean
  /** The first request, while it is under way. */
  first: Promise<void> | undefined
  /** Why requests that need a setting are not sent; `everything`: why none is. */
  readonly faults: Map<PixelSetting | 'everything', string>
  /** What earlier runs paid for and did not get. */
  readonly evidence: Promise<ModelEvidence>
}

export function createFirstAnswers(store: Pick<Store, 'read'>): FirstAnswers {
  const trials = new Map<string, Trial>()

  const trialOf = (model: ResolvedModel): Trial => {
    const name = `${model.provider}/${model.modelId}`
    const trial = trials.get(name) ?? {
      hasAnswered: false,
      first: undefined,
      faults: new Map(),
      evidence: store.read([]).then((snapshot) => evidenceOf(snapshot.everything(), model)),
    }
    trials.set(name, trial)
    return trial
  }

  return {
    async enter(order, model, signal) {
      if (declaresShapes(model)) return () => undefined
      const trial = trialOf(model)
      const evidence = await trial.evidence
      for (;;) {
        throwIfAborted(signal)
        // A person who replaces a picture has seen the reason and requests it all the same.
        if (order.renew === null) refuseKnown(order, model, trial, evidence)
        if (trial.hasAnswered) return (answer) => note(trial, answer)
        if (trial.first === undefined) break
        await trial.first
      }
      let release: () => void = () => undefined
      trial.first = new Promise<void>((resolve) => {
        release = resolve
      })
      return (answer) => {
        note(trial, answer)
        trial.first = undefined
        release()
      }
    },
  }
}

function note(trial: Trial, answer: FirstAnswer | undefined): void {
  if (answer === undefined) return
  trial.hasAnswered = true
  const { order, warnings, unusable } = answer
  for (const warning of warnings) {
    const setting = ignoredSetting(warning)
    if (setting !== undefined) {
      trial.faults.set(setting, `it said so in its answer for ${order.name}`)
    }
  }
  const [first] = unusable
  if (first === undefined) return
  const { aspectRatio, size } = order.recipe
  const asked =
    aspectRatio !== undefined ? 'aspectRatio' : size !== undefined ? 'size' : 'everything'
  const kind = first.size === null ? 'everything' : asked
  if (!trial.faults.has(kind)) trial.faults.set(kind, `for ${order.name}, ${first.reason}`)
}

function refuseKnown(
  { recipe }: Order,
  model: ResolvedModel,
  { faults }: Trial,
  evidence: ModelEvidence,
): void {
  const named = `${model.provider}/${model.modelId}`
  const isAsked: Record<PixelSetting | 'everything', boolean> = {
    aspectRatio: recipe.aspectRatio !== undefined,
    size: recipe.size !== undefined,
    seed: recipe.seed !== undefined,
    references: (recipe.references ?? []).length > 0,
    everything: true,
  }
  for (const [setting, reason] of faults) {
    if (!isAsked[setting]) continue
    throw new ImagegenError('unusable', {
      message:
        setting === 'everything'
          ? `${named} answered with a picture that cannot be used (${reason}). No further request was sent.`
          : `${named} ignores \`${setting}\`: ${reason}. No further request was sent.`,
      hint: cureOf(setting, recipe, model),
    })
  }
  const undrawn = undrawnProblem(recipe, model, evidence)
  if (undrawn === undefined) return
  const message = `${undrawn.message} No request was sent.`
  throw new ImagegenError('unusable', { message, hint: undrawn.hint })
}

function cureOf(
  setting: PixelSetting | 'everything',
  recipe: Order['recipe'],
  model: ResolvedModel,
): string {
  switch (setting) {
    case 'aspectRatio':
    case 'size':
      return shapeHint(recipe, model, null)
    case 'seed':
      return 'Remove `seed`, or use a model that takes it.'
    case 'references':
      return 'Remove `references`, or use a model that takes them.'
    case 'everything':
      return 'Look at what is kept in quarantine. `imagegen generate` requests this image once the model works.'
    default:
      return setting satisfies never
  }
}
