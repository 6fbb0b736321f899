import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { ImageId, ImageProgress } from '../../protocol.ts'
import type { BillRequest, PlanPage, PlanRow } from '../../protocol-actions.ts'
import { useCommands } from '../controls/commands.tsx'
import { Problems } from '../controls/problems.tsx'
import { VirtualRows } from '../controls/virtual-rows.tsx'
import type { Connection } from '../connection.ts'
import { progressWords } from '../progress-words.ts'
import { useStudio } from '../studio.ts'
import { useAnswer } from '../use-answer.ts'
import { countOf, moneyOf, STATE_WORDS } from '../words.ts'
import { GenerateDialog } from './generate-dialog.tsx'
import { RunPanel } from './run-panel.tsx'

/** Of a row, in pixels; on narrow screens its words stand below each other. */
const HEIGHT = { wide: 64, narrow: 80 } as const

/** What the provider's words on a failure, and what to do now, need besides. */
const FAILED = { wide: 20, narrow: 60 } as const

/** What is not as it should be, why, and what it would cost to make it so. */
export function PlanView(): JSX.Element {
  const studio = useStudio()
  const { connection, revision } = studio
  const { value: plan, problem } = useAnswer(
    (signal) => wholePlan(connection, signal),
    [connection, revision.value],
  )
  useCommands([
    { key: 'Escape', does: 'Back to the wall', run: () => studio.goTo({ view: 'wall' }) },
  ])
  return (
    <section class="plan">
      <h1 class="hidden">Plan</h1>
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {plan === null && problem === null && <p class="plan-note quiet">Loading …</p>}
      {plan !== null && <Planned plan={plan} />}
    </section>
  )
}

/** Everything that needs attention, with the first page's facts on money. */
interface WholePlan {
  readonly facts: PlanPage
  readonly rows: readonly PlanRow[]
}

async function wholePlan(connection: Connection, signal: AbortSignal): Promise<WholePlan> {
  const facts = await connection.plan({})
  const rows = [...facts.images]
  let { next } = facts
  while (next !== null) {
    signal.throwIfAborted()
    const page = await connection.plan({ after: next })
    rows.push(...page.images)
    next = page.next
  }
  return { facts, rows }
}

function Planned({ plan: { facts, rows } }: { readonly plan: WholePlan }): JSX.Element {
  const studio = useStudio()
  // What is missing is meant unless it is taken out; what costs again is meant only if it is taken in.
  const [chosen, setChosen] = useState<ReadonlyMap<ImageId, boolean>>(new Map())
  const [question, setQuestion] = useState<BillRequest | null>(null)
  const [width, setWidth] = useState(0)
  const isChosen = (row: PlanRow): boolean =>
    canChoose(row) && (chosen.get(row.id) ?? row.offer === 'generate')
  const choosable = rows.filter(canChoose)
  const selected = choosable.filter(isChosen)
  const { run, writable } = studio
  const isRunning = run.value !== null && run.value.phase !== 'done'
  const { missingKeys } = facts
  const models = studio.project.value?.models ?? []
  const hasKey = models.some((model) => missingKeys.every((missing) => missing.model !== model))
  const canGenerate =
    selected.length > 0 && facts.asking === true && hasKey && writable.value && !isRunning
  const generate = (): void => {
    if (!canGenerate) return
    setQuestion({
      ids: selected.map(({ id }) => id),
      ...(selected.some(({ offer }) => offer === 'outdated') && { outdated: true }),
    })
  }
  useCommands([{ key: 'G', does: 'Generate', run: generate }])
  const progress = studio.progress.value
  const placed = useMemo(() => {
    const screen = width < 640 ? 'narrow' : 'wide'
    let top = 0
    return rows.map((row) => {
      const isFailed = progress.get(row.id)?.at === 'failed'
      const height = HEIGHT[screen] + (isFailed ? FAILED[screen] : 0)
      const place = { row, top, height }
      top += height
      return place
    })
  }, [rows, width, progress])
  const isAll = selected.length === choosable.length
  return (
    <>
      <VirtualRows
        rows={placed}
        keyOf={({ row }) => row.id}
        onWidth={setWidth}
        class="plan-rows"
        head={
          <div class="plan-head">
            <RunPanel />
            {facts.asking !== true && (
              <section class="panel" aria-label="Why nothing can be asked for">
                <Problems problems={[facts.asking]} />
              </section>
            )}
            {missingKeys.map(({ model, variable }) => (
              <p key={model} class="plan-warning warn">
                {model} has no key{variable !== null && `: set ${variable}`}. Everything works but
                asking it for pictures.
              </p>
            ))}
            {rows.length === 0 ? (
              <p class="plan-note">Every image is current. There is nothing to ask for.</p>
            ) : (
              <div class="plan-bar">
                {studio.writable.value && choosable.length > 0 && (
                  <label class="check">
                    <input
                      type="checkbox"
                      checked={isAll}
                      onChange={() => setChosen(new Map(choosable.map(({ id }) => [id, !isAll])))}
                    />
                    <span>Select all</span>
                  </label>
                )}
                <p class="quiet">{totalOf(selected)}</p>
                <p class="quiet budget">{budgetWords(facts.budget)}</p>
                {studio.writable.value && (
                  <button
                    type="button"
                    class="button button-primary"
                    aria-keyshortcuts="Shift+G"
                    disabled={!canGenerate}
                    onClick={generate}
                  >
                    Generate
                  </button>
                )}
              </div>
            )}
          </div>
        }
      >
        {({ row }) => (
          <Row
            row={row}
            isChosen={isChosen(row)}
            onChoose={(isOn) => setChosen(new Map(chosen).set(row.id, isOn))}
            onReplace={() => setQuestion({ ids: [row.id], replace: true })}
          />
        )}
      </VirtualRows>
      {question !== null && <GenerateDialog request={question} onClose={() => setQuestion(null)} />}
    </>
  )
}

function canChoose({ offer }: PlanRow): boolean {
  return offer === 'generate' || offer === 'outdated'
}

function totalOf(rows: readonly PlanRow[]): string {
  const pictures = rows.reduce((sum, row) => sum + row.pictures, 0)
  const isKnown = rows.every(({ usd }) => usd !== null)
  const usd = rows.reduce((sum, row) => sum + (row.usd ?? 0), 0)
  const price = isKnown ? moneyOf(usd) : `more than ${moneyOf(usd)}: some prices are unknown`
  return rows.length === 0
    ? 'Nothing selected'
    : `${countOf(rows.length, 'image')}, ${countOf(pictures, 'picture')}, ${price}`
}

function budgetWords({ imagesLeft, usd, spent }: WholePlan['facts']['budget']): string {
  const parts = [
    ...(imagesLeft === null ? [] : [`${countOf(imagesLeft, 'image')} left in the budget`]),
    ...(usd === null ? [] : [`at most ${moneyOf(usd)}`]),
    ...(spent.pictures > 0 ? [`${moneyOf(spent.usd)} spent since the start`] : []),
  ]
  return parts.join(', ')
}

interface RowProps {
  readonly row: PlanRow
  readonly isChosen: boolean
  readonly onChoose: (isOn: boolean) => void
  readonly onReplace: () => void
}

function Row({ row, isChosen, onChoose, onReplace }: RowProps): JSX.Element {
  const studio = useStudio()
  const progress = studio.progress.value.get(row.id)
  const name = row.id.slice(row.id.lastIndexOf('#') + 1)
  return (
    <div class="plan-row" data-state={row.state} data-progress={progress?.at}>
      {canChoose(row) && studio.writable.value ? (
        <input
          type="checkbox"
          aria-label={`Select ${row.id}`}
          checked={isChosen}
          onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
        />
      ) : (
        <span />
      )}
      <span class="plan-picture">
        {row.thumbnail !== null && (
          <img src={studio.picture(row.thumbnail)} alt="" loading="lazy" />
        )}
      </span>
      <span class="plan-name">
        <a href={studio.hrefOf({ view: 'image', id: row.id })} aria-label={row.id}>
          {name}
        </a>
        <span class="path quiet small">{row.id.slice(0, row.id.lastIndexOf('#'))}</span>
      </span>
      <span class="plan-why">
        {progress === undefined ? (
          <>
            <span class="state" data-state={row.state}>
              {STATE_WORDS[row.state]}
            </span>
            <span class="quiet small">{row.reason}</span>
          </>
        ) : (
          <Progress progress={progress} />
        )}
      </span>
      <span class="plan-price">
        {row.pictures > 0 && (
          <>
            {moneyOf(row.usd)}
            {row.pictures > 1 && (
              <span class="quiet small">{countOf(row.pictures, 'picture')}</span>
            )}
          </>
        )}
        {row.offer === 'replace' && studio.writable.value && (
          <button type="button" class="button" onClick={onReplace}>
            Pay again
          </button>
        )}
      </span>
    </div>
  )
}

/** How far an image of the run is, and what to do where it failed. */
function Progress({ progress }: { readonly progress: ImageProgress }): JSX.Element {
  const { title, detail } = progressWords(progress)
  return (
    <>
      <span class="state" data-state={progress.at}>
        {title}
      </span>
      {detail !== '' && (
        <span class="quiet small" title={detail}>
          {detail}
        </span>
      )}
    </>
  )
}
