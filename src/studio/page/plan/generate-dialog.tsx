import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Bill, BillRequest } from '../../protocol-actions.ts'
import { RefusedError } from '../connection.ts'
import { Dialog } from '../controls/dialog.tsx'
import { useStudio, wordsOf } from '../studio.ts'
import { countOf, moneyOf } from '../words.ts'

interface GenerateDialogProps {
  readonly request: BillRequest
  readonly onClose: () => void
}

/** Asks once, naming images and money. What is agreed is what is shown: another price is asked about again. */
export function GenerateDialog({ request, onClose }: GenerateDialogProps): JSX.Element {
  const studio = useStudio()
  const [bill, setBill] = useState<Bill | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isAsked, setAsked] = useState(false)
  useEffect(() => {
    studio.connection.bill(request).then(setBill, (error: unknown) => setProblem(wordsOf(error)))
  }, [])

  const generate = async (agreed: Bill): Promise<void> => {
    setAsked(true)
    setProblem(null)
    try {
      await studio.connection.generate({
        ...request,
        agreed: { pictures: agreed.pictures, usd: agreed.usd, digest: agreed.digest },
      })
      studio.notice.value = {
        text: `Asking for ${countOf(agreed.pictures, 'picture')}.`,
        tone: 'done',
      }
      onClose()
    } catch (error) {
      setAsked(false)
      setProblem(wordsOf(error))
      if (error instanceof RefusedError && error.refusal.bill !== undefined) {
        setBill(error.refusal.bill)
      }
    }
  }

  return (
    <Dialog
      title={bill === null ? 'Generate' : question(bill)}
      confirm="Generate"
      canConfirm={bill !== null && bill.pictures > 0 && !isAsked}
      onConfirm={() => {
        if (bill !== null) void generate(bill)
      }}
      onClose={onClose}
    >
      {bill === null && problem === null && <p class="quiet">Working out the price …</p>}
      {bill !== null && <BillFacts bill={bill} />}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </Dialog>
  )
}

function question({ pictures, usd }: Bill): string {
  return `Generate ${countOf(pictures, 'picture')} for ${moneyOf(usd).replace('unknown', 'an unknown')}?`
}

/** More names than these are counted. */
const NAMED = 12

export function BillFacts({ bill }: { readonly bill: Bill }): JSX.Element {
  const rest = bill.images.length - NAMED
  return (
    <>
      <dl class="bill">
        <div>
          <dt>Pictures</dt>
          <dd>{bill.pictures.toLocaleString('en')}</dd>
        </div>
        <div>
          <dt>Requests</dt>
          <dd>{bill.requests.toLocaleString('en')}</dd>
        </div>
        <div>
          <dt>Price</dt>
          <dd>{moneyOf(bill.usd)}</dd>
        </div>
      </dl>
      <ul class="bill-images">
        {bill.images.slice(0, NAMED).map((id) => (
          <li key={id} class="path">
            {id}
          </li>
        ))}
        {rest > 0 && <li class="quiet">and {countOf(rest, 'more image')}</li>}
      </ul>
    </>
  )
}
