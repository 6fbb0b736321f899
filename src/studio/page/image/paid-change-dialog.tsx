import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Bill, Change, ChangeCheck, Written } from '../../protocol-actions.ts'
import type { ImageId } from '../../protocol.ts'
import { Dialog } from '../controls/dialog.tsx'
import { Problems } from '../controls/problems.tsx'
import { BillFacts } from '../plan/generate-dialog.tsx'
import { useStudio, wordsOf, type Studio } from '../studio.ts'
import { useAnswer } from '../use-answer.ts'
import { countOf, moneyOf } from '../words.ts'

interface PaidChangeDialogProps {
  readonly id: ImageId
  /** Of the manifest that the page saw. */
  readonly digest: string
  readonly change: Change
  /** The verb of the question and of its button. */
  readonly verb: string
  /** What it is done to: `kira`. */
  readonly what: string
  readonly onClose: () => void
  readonly onDone?: () => void
  readonly children: (after: NonNullable<ChangeCheck['after']> | null) => ComponentChildren
}

/** Asks before a change is written and what it makes missing is paid for. What is agreed is what is shown. */
export function PaidChangeDialog(props: PaidChangeDialogProps): JSX.Element {
  const { id, digest, change, verb, what, onClose, onDone } = props
  const studio = useStudio()
  const [refused, setRefused] = useState<string | null>(null)
  const [isAsked, setAsked] = useState(false)
  const request = { id, digest, change } as const
  const { value: check, problem: unchecked } = useAnswer(
    (signal) => studio.connection.check(request, signal),
    [id, digest, JSON.stringify(change)],
  )
  const problem = refused ?? unchecked
  const after = check?.after ?? null
  const confirm = async (bill: Bill): Promise<void> => {
    setAsked(true)
    const { pictures, usd, digest: agreed } = bill
    try {
      const written = await studio.connection.change(
        pictures === 0 ? request : { ...request, generate: { pictures, usd, digest: agreed } },
      )
      tell(studio, written)
      onDone?.()
      onClose()
    } catch (error) {
      setAsked(false)
      setRefused(wordsOf(error))
    }
  }

  return (
    <Dialog
      title={`${verb} ${what}${after === null ? '' : ` for ${moneyOf(after.bill.usd).replace('unknown', 'an unknown')}`}?`}
      confirm={verb}
      canConfirm={after !== null && !isAsked}
      onConfirm={() => {
        if (after !== null) void confirm(after.bill)
      }}
      onClose={onClose}
    >
      {props.children(after)}
      {check === null && problem === null && <p class="quiet">Working out the price …</p>}
      {check !== null && check.problems.length > 0 && <Problems problems={check.problems} />}
      {after !== null && <BillFacts bill={after.bill} />}
      {after !== null && after.alsoMissing.length > 0 && (
        <p>
          {countOf(after.alsoMissing.length, 'other image')} become missing:{' '}
          <span class="path">{after.alsoMissing.slice(0, 5).join(', ')}</span>
          {after.alsoMissing.length > 5 && ' …'}
        </p>
      )}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </Dialog>
  )
}

/** The manifest is written by now, whether the pictures are asked for or not. */
function tell(studio: Studio, written: Written): void {
  studio.written(written)
  const { generate, said } = written
  if (generate === null || generate === 'started') return
  const why = generate === 'price-changed' ? 'The price has changed since.' : generate.message
  studio.notice.value = { text: `${said}. Nothing was asked for: ${why}`, tone: 'refused' }
}
