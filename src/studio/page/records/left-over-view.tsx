import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { LeftOver, LeftOverPage, LeftOverPlace, OriginalId } from '../../protocol-records.ts'
import { useCommands } from '../controls/commands.tsx'
import { VirtualRows } from '../controls/virtual-rows.tsx'
import type { Connection } from '../connection.ts'
import { useStudio } from '../studio.ts'
import { usePacedAnswer } from '../use-answer.ts'
import { rowsOf, stepFrom, type Row, type Step } from '../wall/rows.ts'
import { bytesOf, countOf } from '../words.ts'
import { LookDialog } from './look-dialog.tsx'
import { OriginalTile } from './original-tile.tsx'

/** Originals that are loaded at first, and how many more when asked for. */
const PAGE = 500

const MEASURES = { gap: 12, caption: 42, heading: 38, groupGap: 4 } as const
const HEIGHT = { wide: 180, narrow: 150 } as const

/** The originals of a month. */
interface Month {
  readonly name: string
  readonly tiles: ReadonlyArray<LeftOver & { readonly id: OriginalId }>
}

/** Originals that no manifest asks for, or those in the trash: looked at, gone back to, moved to the trash, restored. */
export function LeftOverView({ place }: { readonly place: LeftOverPlace }): JSX.Element {
  const studio = useStudio()
  const { connection, revision } = studio
  const [limit, setLimit] = useState(PAGE)
  const { value: page, problem } = usePacedAnswer(
    (signal) => loadUpTo(limit, place, connection, signal),
    revision.value,
    [connection, place, limit],
  )
  useCommands([
    { key: 'Escape', does: 'Back to the wall', run: () => studio.goTo({ view: 'wall' }) },
  ])
  return (
    <section class="left-over">
      <h1 class="hidden">Left over</h1>
      {problem !== null && (
        <p class="problem plan-note" role="alert">
          {problem}
        </p>
      )}
      {page === null && problem === null && <p class="plan-note quiet">Loading …</p>}
      {page !== null && studio.project.value !== null && (
        <Originals page={page} place={place} onMore={() => setLimit(limit + PAGE)} />
      )}
    </section>
  )
}

async function loadUpTo(
  limit: number,
  place: LeftOverPlace,
  connection: Connection,
  signal: AbortSignal,
): Promise<LeftOverPage> {
  let page = await connection.leftOver({ place, limit })
  const originals = [...page.originals]
  while (page.next !== null && originals.length < limit) {
    signal.throwIfAborted()
    page = await connection.leftOver({ place, after: page.next, limit: limit - originals.length })
    originals.push(...page.originals)
  }
  return { ...page, originals }
}

interface OriginalsProps {
  readonly page: LeftOverPage
  readonly place: LeftOverPlace
  readonly onMore: () => void
}

function Originals({ page, place, onMore }: OriginalsProps): JSX.Element {
  const studio = useStudio()
  const { originals, total } = page
  const [chosen, setChosen] = useState<ReadonlySet<OriginalId>>(new Set())
  const [width, setWidth] = useState(0)
  const [focus, setFocus] = useState<OriginalId | null>(null)
  const [looked, setLooked] = useState<OriginalId | null>(null)
  const [isBusy, setBusy] = useState(false)
  const list = useRef<HTMLDivElement>(null)

  const rows = useMemo(() => {
    if (width === 0) return []
    const pictureHeight = width < 640 ? HEIGHT.narrow : HEIGHT.wide
    return rowsOf(monthsOf(originals), { ...MEASURES, pictureHeight, width })
  }, [originals, width])
  const selected = originals.filter(({ original }) => chosen.has(original))
  const at = originals.findIndex(({ original }) => original === looked)
  const shown = originals[at]
  const roving = originals.some(({ original }) => original === focus)
    ? focus
    : (originals[0]?.original ?? null)

  // What was looked at may have gone back into use, or to the other place.
  useEffect(() => {
    if (looked !== null && shown === undefined) setLooked(null)
  }, [originals])

  const verb = place === 'store' ? 'Move to the trash' : 'Restore'
  const move = async (which: readonly LeftOver[]): Promise<void> => {
    if (which.length === 0 || isBusy) return
    setBusy(true)
    try {
      const request = { originals: which.map(({ original }) => original) }
      const { said } = await studio.connection[place === 'store' ? 'trash' : 'restore'](request)
      studio.notice.value = { text: said, tone: 'done' }
      setChosen(new Set())
    } catch (error) {
      studio.refused(error)
    } finally {
      setBusy(false)
    }
  }
  const choose = (original: OriginalId, isOn: boolean): void => {
    const next = new Set(chosen)
    if (isOn) next.add(original)
    else next.delete(original)
    setChosen(next)
  }
  const step = (where: Step): void => {
    const next = stepFrom(rows, roving, where)
    if (next === undefined) return
    setFocus(next.original)
    requestAnimationFrame(() => focusOn(list.current, next.original))
  }
  useCommands([
    { key: 'ArrowLeft', does: 'Original before', run: () => step('left') },
    { key: 'ArrowRight', does: 'Next original', run: () => step('right') },
    { key: 'ArrowUp', does: 'Original above', run: () => step('up') },
    { key: 'ArrowDown', does: 'Original below', run: () => step('down') },
    ...(studio.writable.value
      ? [
          {
            key: 'x',
            does: 'Select',
            run: () => {
              if (roving !== null) choose(roving, !chosen.has(roving))
            },
          },
        ]
      : []),
  ])
  const isAll = selected.length === originals.length
  return (
    <div class="left-over-body" ref={list}>
      <div class="left-over-bar">
        <nav class="views" aria-label="Where">
          <PlaceLink place="store" name="In the store" page={page} isHere={place === 'store'} />
          <PlaceLink place="trash" name="In the trash" page={page} isHere={place === 'trash'} />
        </nav>
        <p class="quiet">{total === 0 ? '' : bytesOf(page.bytes)}</p>
        {studio.writable.value && originals.length > 0 && (
          <div class="left-over-actions">
            <label class="check">
              <input
                type="checkbox"
                checked={isAll}
                onChange={() =>
                  setChosen(new Set(isAll ? [] : originals.map(({ original }) => original)))
                }
              />
              <span>
                {originals.length === total ? 'Select all' : `Select ${originals.length} shown`}
              </span>
            </label>
            <button
              type="button"
              class="button"
              disabled={selected.length === 0 || isBusy}
              onClick={() => void move(selected)}
            >
              {verb}
              {selected.length > 0 && ` (${selected.length.toLocaleString('en')})`}
            </button>
          </div>
        )}
      </div>
      {total === 0 && <p class="plan-note quiet">{EMPTY[place]}</p>}
      <VirtualRows
        rows={rows}
        keyOf={keyOf}
        kept={rows.find(
          (row) => row.kind === 'tiles' && row.cells.some(({ tile }) => tile.id === roving),
        )}
        onWidth={setWidth}
        class="left-over-rows"
        head={total > 0 && <p class="quiet left-over-told">{TOLD[place]}</p>}
      >
        {(row) =>
          row.kind === 'heading' ? (
            <h2 class="group-heading">
              <span>{row.group.name}</span>
              <span class="quiet">{row.group.tiles.length}</span>
            </h2>
          ) : (
            row.cells.map((cell) => (
              <OriginalTile
                key={cell.tile.id}
                cell={cell}
                pictureHeight={row.pictureHeight}
                isChosen={chosen.has(cell.tile.id)}
                isRoving={cell.tile.id === roving}
                onChoose={(isOn) => choose(cell.tile.id, isOn)}
                onFocus={() => setFocus(cell.tile.id)}
                onLook={() => setLooked(cell.tile.id)}
              />
            ))
          )
        }
      </VirtualRows>
      {originals.length < total && (
        <p class="left-over-more">
          <button type="button" class="button" onClick={onMore}>
            Show more of {countOf(total, 'original')}
          </button>
        </p>
      )}
      {shown !== undefined && (
        <LookDialog
          original={shown}
          place={place}
          isBusy={isBusy}
          onStep={(by) => setLooked(originals[at + by]?.original ?? looked)}
          onMove={() => void move([shown])}
          onClose={() => setLooked(null)}
        />
      )}
    </div>
  )
}

const EMPTY: Readonly<Record<LeftOverPlace, string>> = {
  store: 'Every original in the store is asked for by a manifest.',
  trash: 'The trash is empty.',
}

const TOLD: Readonly<Record<LeftOverPlace, string>> = {
  store:
    'Paid for, and asked for by no manifest now: earlier prompts, and images that were removed.',
  trash:
    'They still count as paid. `imagegen prune --delete` deletes what has been here for 30 days.',
}

interface PlaceLinkProps {
  readonly place: LeftOverPlace
  readonly name: string
  readonly page: LeftOverPage
  readonly isHere: boolean
}

function PlaceLink({ place, name, page, isHere }: PlaceLinkProps): JSX.Element {
  const studio = useStudio()
  return (
    <a
      href={studio.hrefOf({ view: 'left-over', place })}
      aria-current={isHere ? 'page' : undefined}
    >
      {name}{' '}
      <span class="count">{(isHere ? page.total : page.elsewhere).toLocaleString('en')}</span>
    </a>
  )
}

function monthsOf(originals: readonly LeftOver[]): readonly Month[] {
  const months = new Map<string, Array<Month['tiles'][number]>>()
  for (const original of originals) {
    const name = new Date(original.time).toLocaleDateString('en', {
      month: 'long',
      year: 'numeric',
    })
    const tile = { ...original, id: original.original }
    const month = months.get(name)
    if (month === undefined) months.set(name, [tile])
    else month.push(tile)
  }
  return [...months].map(([name, tiles]) => ({ name, tiles }))
}

function keyOf(row: Row<Month>): string {
  return row.kind === 'heading' ? `# ${row.group.name}` : (row.cells[0]?.tile.id ?? '')
}

function focusOn(list: HTMLElement | null, original: OriginalId): void {
  const button = list?.querySelector<HTMLElement>(`[data-original="${original}"]`)
  button?.focus({ preventScroll: true })
  button?.closest('.tile')?.scrollIntoView({ block: 'nearest' })
}
