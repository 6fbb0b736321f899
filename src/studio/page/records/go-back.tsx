import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ChangeCheck } from '../../protocol-actions.ts'
import type { ImageId } from '../../protocol.ts'
import { PaidChangeDialog } from '../image/paid-change-dialog.tsx'
import { useStudio } from '../studio.ts'
import { useAnswer } from '../use-answer.ts'
import { countOf, moneyOf, STATE_WORDS } from '../words.ts'

interface GoBackProps {
  readonly id: ImageId
  readonly name: string
  /** Of the manifest that the page saw. */
  readonly digest: string
  /** The key of the picture's recipe, and its sha256. */
  readonly past: { readonly key: string; readonly sha256: string }
  /** Says which one: `the picture of 3 May`. */
  readonly label: string
  readonly onDone?: () => void
}

type After = NonNullable<ChangeCheck['after']>

/**
 * Goes back to an earlier picture. It is free, and done at once, if the image then has the picture's own recipe and lacks
 * nothing; otherwise the price stands beside it and is asked about.
 */
export function GoBack({ id, name, digest, past, label, onDone }: GoBackProps): JSX.Element {
  const studio = useStudio()
  const { connection } = studio
  const { key, sha256 } = past
  const change = { kind: 'back', key, sha256 } as const
  const [isAsking, setAsking] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const { value: check, problem } = useAnswer(
    (signal) => connection.check({ id, digest, change }, signal),
    [connection, id, digest, key, sha256],
  )
  const after = check?.after ?? null
  const isSame = after?.key === key
  const goNow = async (): Promise<void> => {
    setBusy(true)
    try {
      studio.written(await connection.change({ id, digest, change }))
      onDone?.()
    } catch (error) {
      studio.refused(error)
    } finally {
      setBusy(false)
    }
  }
  const refused = problem ?? check?.problems[0]?.message ?? null
  return (
    <span class="go-back">
      <button
        type="button"
        class="button"
        disabled={after === null || isBusy}
        aria-label={`Go back to ${label}`}
        onClick={() => {
          if (after !== null && isFree(after, isSame)) void goNow()
          else setAsking(true)
        }}
      >
        Go back
      </button>
      <span class={refused === null ? 'quiet small' : 'problem small'}>
        {refused ?? (after === null ? 'Working out the price …' : offerOf(after, isSame))}
      </span>
      {isAsking && (
        <PaidChangeDialog
          id={id}
          digest={digest}
          change={change}
          verb="Go back"
          what={`with ${name}`}
          onClose={() => setAsking(false)}
          {...(onDone !== undefined && { onDone })}
        >
          {(now) => now !== null && <p>{reasonOf(now, now.key === key)}</p>}
        </PaidChangeDialog>
      )}
    </span>
  )
}

function isFree({ bill, state }: After, isSame: boolean): boolean {
  return isSame && bill.pictures === 0 && (state === 'current' || state === 'outdated')
}

function offerOf(after: After, isSame: boolean): string {
  const { bill, state } = after
  if (isFree(after, isSame)) return 'Free'
  const price = moneyOf(bill.usd)
  if (bill.pictures === 0) {
    return isSame ? STATE_WORDS[state] : 'Another picture that is here'
  }
  return isSame
    ? `${price} for ${countOf(bill.pictures, 'candidate')} more`
    : `${price} for another picture`
}

/** Why it is not simply this picture again. */
function reasonOf({ bill, state, reason }: After, isSame: boolean): string {
  if (!isSame) {
    const what =
      bill.pictures === 0 ? 'shows another picture, which is here' : 'needs another picture'
    return `The words come back, but the model, references or provider options have changed since: the image ${what}. The manifest says how to bring them back, too.`
  }
  return bill.pictures === 0
    ? `The picture is not usable now: ${STATE_WORDS[state].toLowerCase()}, ${reason}.`
    : 'The picture comes back. The image wants more candidates than this recipe has.'
}
