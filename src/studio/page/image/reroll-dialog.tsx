import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ImageDetail } from '../../protocol-image.ts'
import { Dialog } from '../controls/dialog.tsx'
import { Problems } from '../controls/problems.tsx'
import { BillFacts } from '../plan/generate-dialog.tsx'
import { useStudio, wordsOf } from '../studio.ts'
import { useAnswer } from '../use-answer.ts'
import { countOf, moneyOf } from '../words.ts'

interface RerollDialogProps {
  readonly image: ImageDetail
  readonly onClose: () => void
}

/** Asks before another picture of the same words is paid for. */
export function RerollDialog({ image, onClose }: RerollDialogProps): JSX.Element {
  const studio = useStudio()
  const [refused, setRefused] = useState<string | null>(null)
  const [isAsked, setAsked] = useState(false)
  const { id } = image.tile
  const request = { id, digest: image.digest, change: { kind: 'reroll' } } as const
  const { value: check, problem: unchecked } = useAnswer(
    (signal) => studio.connection.check(request, signal),
    [id, image.digest],
  )
  const problem = refused ?? unchecked
  const after = check?.after ?? null
  const reroll = async (): Promise<void> => {
    if (after === null) return
    setAsked(true)
    const { pictures, usd, digest } = after.bill
    try {
      const written = await studio.connection.change({
        ...request,
        generate: { pictures, usd, digest },
      })
      studio.written(written)
      onClose()
    } catch (error) {
      setAsked(false)
      setRefused(wordsOf(error))
    }
  }

  return (
    <Dialog
      title={`Reroll ${image.tile.name}${after === null ? '' : ` for ${moneyOf(after.bill.usd).replace('unknown', 'an unknown')}`}?`}
      confirm="Reroll"
      canConfirm={after !== null && !isAsked}
      onConfirm={() => void reroll()}
      onClose={onClose}
    >
      <p>
        The model draws the same words again. The pictures that are here stay in the store, and Undo
        brings them back into use.
      </p>
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
