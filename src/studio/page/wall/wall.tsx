import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo, useRef, useState } from 'preact/hooks'
import type { ImageId } from '../../protocol.ts'
import type { Density } from '../address.ts'
import { useCommands } from '../controls/commands.tsx'
import { Problems } from '../controls/problems.tsx'
import { VirtualRows } from '../controls/virtual-rows.tsx'
import { useStudio } from '../studio.ts'
import { countOf } from '../words.ts'
import { arrange } from './arrange.ts'
import { EmptyProject } from './empty-project.tsx'
import { Filters } from './filters.tsx'
import { rowsOf, stepFrom, type Measures, type Row, type Step } from './rows.ts'
import { TileLink } from './tile-link.tsx'

const MEASURES: Readonly<Record<Density, Omit<Measures, 'width'>>> = {
  comfortable: { pictureHeight: 232, gap: 12, caption: 44, heading: 38, groupGap: 18 },
  compact: { pictureHeight: 116, gap: 6, caption: 22, heading: 32, groupGap: 8 },
}

/** On narrow screens two pictures stand side by side. */
const NARROW: Readonly<Record<Density, number>> = { comfortable: 164, compact: 84 }

/** Every image of every manifest. */
export function Wall(): JSX.Element {
  const studio = useStudio()
  const { tiles, address, project, loading, lastOnWall: been } = studio
  const [width, setWidth] = useState(0)
  const [focus, setFocus] = useState<ImageId | null>(been.focus)
  const list = useRef<HTMLDivElement>(null)

  const groups = useComputed(() => arrange(tiles.value.values(), address.value.wall))
  const { density } = address.value.wall
  const shown = groups.value
  const rows = useMemo(() => {
    if (width === 0) return []
    const measures = MEASURES[density]
    const pictureHeight = width < 640 ? NARROW[density] : measures.pictureHeight
    return rowsOf(shown, { ...measures, pictureHeight, width })
  }, [shown, width, density])

  const focused = rows.find((row) => holds(row, focus)) ?? rows.find(({ kind }) => kind === 'tiles')
  const roving = holds(focused, focus) ? focus : firstOf(focused)

  const move = (step: Step): void => {
    const active = document.activeElement
    const from = active instanceof HTMLElement ? (active.dataset.tile ?? null) : null
    const next = from === null ? roving : stepFrom(rows, from, step)?.id
    if (next === undefined || next === null) return
    setFocus(next)
    been.focus = next
    requestAnimationFrame(() => {
      const link = list.current?.querySelector<HTMLElement>(`[data-tile="${CSS.escape(next)}"]`)
      link?.focus({ preventScroll: true })
      link?.scrollIntoView({ block: 'nearest' })
    })
  }
  useCommands([
    { key: 'ArrowLeft', does: 'Image before', run: () => move('left') },
    { key: 'ArrowRight', does: 'Next image', run: () => move('right') },
    { key: 'ArrowUp', does: 'Image above', run: () => move('up') },
    { key: 'ArrowDown', does: 'Image below', run: () => move('down') },
    { key: 'Home', does: 'First image', run: () => move('first') },
    { key: 'End', does: 'Last image', run: () => move('last') },
    {
      key: '/',
      does: 'Search',
      run: () => list.current?.querySelector<HTMLElement>('input[type=search]')?.focus(),
    },
  ])

  const known = project.value
  if (known !== null && known.images === 0 && known.broken.length === 0) return <EmptyProject />
  const count = shown.reduce((sum, group) => sum + group.tiles.length, 0)
  return (
    <div class="wall" data-density={density} ref={list}>
      <h1 class="hidden">Wall</h1>
      <Filters />
      <VirtualRows
        rows={rows}
        keyOf={keyOf}
        kept={focused}
        onWidth={setWidth}
        scroll={been}
        head={<WallHead count={count} loading={loading.value} />}
      >
        {(row) =>
          row.kind === 'heading' ? (
            <h2 class="group-heading">
              <span class="path">{row.group.manifest}</span>
              <span class="quiet">{row.group.tiles.length}</span>
            </h2>
          ) : (
            row.cells.map((cell) => (
              <TileLink
                key={cell.tile.id}
                cell={cell}
                pictureHeight={row.pictureHeight}
                isRoving={cell.tile.id === roving}
                onFocus={() => {
                  been.focus = cell.tile.id
                  setFocus(cell.tile.id)
                }}
              />
            ))
          )
        }
      </VirtualRows>
    </div>
  )
}

interface WallHeadProps {
  readonly count: number
  readonly loading: number | null
}

function WallHead({ count, loading }: WallHeadProps): JSX.Element {
  const { project, tiles, link } = useStudio()
  const broken = project.value?.broken ?? []
  return (
    <>
      {broken.map(({ manifest, problems }) => (
        <section key={manifest} class="broken" aria-label={`Errors of ${manifest}`}>
          <h2 class="path">{manifest}</h2>
          <Problems problems={problems} />
        </section>
      ))}
      <p class="wall-count quiet small">
        {project.value === null && link.value.at === 'connecting' && 'Loading …'}
        {project.value !== null && loading !== null && (
          <>
            {tiles.value.size.toLocaleString('en')} of {loading.toLocaleString('en')} images loaded
          </>
        )}
        {project.value !== null && loading === null && countOf(count, 'image')}
      </p>
    </>
  )
}

function keyOf(row: Row): string {
  return row.kind === 'heading' ? `# ${row.group.manifest}` : (row.cells[0]?.tile.id ?? '')
}

function holds(row: Row | undefined, id: ImageId | null): boolean {
  return row?.kind === 'tiles' && row.cells.some(({ tile }) => tile.id === id)
}

function firstOf(row: Row | undefined): ImageId | null {
  return row?.kind === 'tiles' ? (row.cells[0]?.tile.id ?? null) : null
}
