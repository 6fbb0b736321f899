import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { SpendPage, Spent } from '../../protocol-records.ts'
import { useCommands } from '../controls/commands.tsx'
import { useStudio } from '../studio.ts'
import { usePacedAnswer } from '../use-answer.ts'
import { countOf, moneyOf } from '../words.ts'

/** Manifests that are shown at first, and how many more when asked for. */
const PAGE = 50

/** What was paid, by the receipts that are here. */
export function SpendView(): JSX.Element {
  const studio = useStudio()
  const { connection, revision } = studio
  const [limit, setLimit] = useState(PAGE)
  const { value: spend, problem } = usePacedAnswer(
    () => connection.spend({ limit }),
    revision.value,
    [connection, limit],
  )
  useCommands([
    { key: 'Escape', does: 'Back to the wall', run: () => studio.goTo({ view: 'wall' }) },
  ])
  return (
    <section class="spend scroller">
      <div class="spend-body">
        <h1 class="hidden">Spend</h1>
        {problem !== null && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {spend === null && problem === null && <p class="plan-note quiet">Loading …</p>}
        {spend !== null && <Summed spend={spend} onMore={() => setLimit(limit + PAGE)} />}
      </div>
    </section>
  )
}

function Summed({
  spend,
  onMore,
}: {
  readonly spend: SpendPage
  readonly onMore: () => void
}): JSX.Element {
  const { total, months, models, manifests, manifestCount, next } = spend
  const notes = notesOf(spend)
  const isEmpty = total.pictures + total.unusable === 0
  return (
    <>
      <header class="spend-total">
        <p class="spend-money">
          <span>
            {isEmpty
              ? 'Nothing was paid'
              : total.usd === null
                ? 'Unknown price'
                : moneyOf(total.usd)}
          </span>
          {total.usd !== null && total.unpriced > 0 && (
            <span class="spend-unpriced">
              {' '}
              + {total.unpriced.toLocaleString('en')} at an unknown price
            </span>
          )}
        </p>
        {!isEmpty && <p class="quiet">{pictureWords(total)}</p>}
        {notes.map((note) => (
          <p key={note} class="quiet small">
            {note}
          </p>
        ))}
      </header>
      {!isEmpty && (
        <div class="spend-tables">
          <Table
            title="By month"
            rows={months.map(({ name, ...sum }) => ({ name: monthWords(name), ...sum }))}
          />
          <Table title="By model" rows={models} />
          <div class="spend-wide">
            <Table
              title="By manifest"
              rows={manifests.map(({ name, isThere, ...sum }) => ({
                ...sum,
                name: name ?? 'Not named by its receipts',
                ...(name !== null && !isThere && { note: 'no longer there' }),
              }))}
            />
            {next !== null && (
              <button type="button" class="button" onClick={onMore}>
                Show more of {countOf(manifestCount, 'manifest')}
              </button>
            )}
          </div>
        </div>
      )}
    </>
  )
}

interface TableRow extends Spent {
  readonly name: string
  readonly note?: string
}

interface TableProps {
  readonly title: string
  readonly rows: readonly TableRow[]
}

/** Sums with a bar each, as long as their money compared with the dearest. */
function Table({ title, rows }: TableProps): JSX.Element {
  const dearest = Math.max(0, ...rows.map(({ usd }) => usd ?? 0))
  return (
    <table class="sums">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">Pictures</th>
          <th scope="col">Money</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">
              <span class="path">{row.name}</span>
              {row.note !== undefined && <span class="quiet small"> {row.note}</span>}
              <span
                class="sums-bar"
                style={{ width: `${dearest === 0 ? 0 : ((row.usd ?? 0) / dearest) * 100}%` }}
              />
            </th>
            <td class="quiet">
              {row.pictures.toLocaleString('en')}
              {row.unusable > 0 && ` + ${row.unusable.toLocaleString('en')} unusable`}
            </td>
            <td>{spentWords(row)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Money that is unknown is not 0. */
function spentWords({ usd, unpriced, pictures, unusable }: Spent): string {
  if (unpriced === 0) return moneyOf(usd ?? 0)
  if (usd === null || unpriced === pictures + unusable) return 'Unknown price'
  return `${moneyOf(usd)} + ${unpriced.toLocaleString('en')} unknown`
}

function pictureWords({ pictures, unusable }: Spent): string {
  return [
    countOf(pictures, 'picture'),
    ...(unusable === 0 ? [] : [`${unusable.toLocaleString('en')} unusable`]),
  ].join(', ')
}

function notesOf({ total, adopted, unreadable, hasRemote }: SpendPage): string[] {
  return [
    ...(total.unpriced === 0
      ? []
      : [
          `The price of ${countOf(total.unpriced, 'picture')} is unknown, because the model had none, and is in no sum.`,
        ]),
    ...(adopted === 0
      ? []
      : [
          `${countOf(adopted, 'adopted picture')} cost nothing and ${adopted === 1 ? 'is' : 'are'} not counted.`,
        ]),
    ...(unreadable === 0
      ? []
      : [
          `${countOf(unreadable, 'file')} of the store cannot be read as a receipt: run \`imagegen verify\`.`,
        ]),
    ...(hasRemote ? ['Receipts that only the remote store has are not counted.'] : []),
  ]
}

/** `November 2026`. */
function monthWords(month: string): string {
  return new Date(`${month}-15T12:00:00Z`).toLocaleDateString('en', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  })
}
