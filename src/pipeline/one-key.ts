import type { ResolvedOptions } from '../options.ts'
import type { WorkOptions } from '../queue/worker/worker.ts'
import { ImagegenError, type Problem } from '../shared/errors.ts'
import type { Store } from '../store/store.ts'
import type { TransferReport } from '../store/transfer.ts'

type Remote = Pick<ResolvedOptions, 'remote'>

/**
 * Brings here what the remote has of a key, so that nothing is taken for lost that is only elsewhere. What is lost there,
 * too, stays lost.
 *
 * @throws ImagegenError with code `unavailable` where nobody can say.
 */
export function bringHere(
  store: Store,
  { remote }: Remote,
  signal: AbortSignal,
): (key: string) => Promise<void> {
  return async (key) => {
    if (remote === undefined) return
    const how = { only: true, isDry: false, signal, onProgress: () => undefined }
    const { problems } = await store.pull(how, [{ key, candidates: Infinity }])
    throwIfAny(problems.filter(({ kind }) => kind === 'remote-silent'))
  }
}

/**
 * Makes sure that the remote has what is here of a key. Whatever is made is brought there anyway; this says whether it
 * has arrived.
 *
 * @throws ImagegenError with code `unavailable` where it has not.
 */
export function bringThere(
  store: Store,
  { remote }: Remote,
  signal: AbortSignal,
): WorkOptions['bringThere'] {
  return async (key, how) => {
    if (remote === undefined) return
    const isThorough = how === 'repair'
    const control = { isDry: false, isThorough, signal, onProgress: () => undefined }
    const report = await store.push(control, [key])
    throwIfAny([...failuresOf(report), ...report.problems])
  }
}

/** What could not be brought from one place to the other. */
export function failuresOf({ transfers }: TransferReport): Problem[] {
  return transfers.flatMap(({ outcome }) => (outcome.kind === 'failed' ? [outcome.problem] : []))
}

function throwIfAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ImagegenError('unavailable', problems)
}
