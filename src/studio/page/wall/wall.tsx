import { useComputed } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ImageId } from '../../protocol.ts'
import type { Density } from '../address.ts'
import { useCommands } from '../controls/commands.tsx'
import { useDroppedFiles } from '../controls/dropped-files.tsx'
import { Problems } from '../controls/problems.tsx'
import { VirtualRows } from '../controls/virtual-rows.tsx'
import { AdoptDialog } from '../image/adopt-dialog.tsx'
import { useStudio } from '../studio.ts'
import { countOf } from '../words.ts'
import { arrange } from './arrange.ts'
import { EmptyProject } from './empty-project.tsx'
import { Filters } from './filters.tsx'
import { Selection } from './selection.tsx'
import { rowsOf, stepFrom, type Measures, type Row, type Step } from './rows.ts'
import { TileLink } from './tile-link.tsx'

const MEASURES: Readonly<Record<Density, Omit<Measures, 'width'>>> = {
  comfortable: { pictureHeight: 204, gap: 12, caption: 42, heading: 38, groupGap: 4 },
  compact: { pictureHeight: 116, gap: 6, caption: 22, heading: 32, groupGap: 2 },
}

/** On narrow screens two pictures stand side by side. */
const NARROW: Readonly<Record<Density, number>> = { comfortable: 164, compact: 84 }

/** Every image of every manifest. */
export function Wall(): JSX.Element {
  const studio = useStudio()
  const { tiles, address, project, lastOnWall: been } = studio
  const [width, setWidth] = useState(0)
  const [over, setOver] = useState<ImageId | null>(null)
  const [dropped, setDropped] = useState<DroppedFile | null>(null)
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

  // Coming back from an image restores the place on the wall.
  useEffect(() => {
    if (width > 0 && been.focus !== null && document.activeElement === document.body) {
      focusTile(list.current, been.focus)
    }
  }, [width])

  useDroppedFiles({
    over(target) {
      const id = studio.writable.value ? tileAt(target) : null
      setOver(id)
      return id !== null
    },
    leave: () => setOver(null),
    drop(file, target) {
      const id = tileAt(target)
      if (id !== null) setDropped({ file, id })
    },
  })

  const move = (step: Step): void => {
    const active = document.activeElement
    const from = active instanceof HTMLElement ? (active.dataset.tile ?? null) : null
    const next = from === null ? roving : stepFrom(rows, from, step)?.id
    if (next === undefined || next === null) return
    setFocus(next)
    been.focus = next
    requestAnimationFrame(() => focusTile(list.current, next))
  }
  useCommands([
    { key: 'ArrowLeft', does: 'Image before', run: () => move('left') },
    { key: 'ArrowRight', does: 'Next image', run: () => move('right') },
    { key: 'ArrowUp', does: 'Image above', run: () => move('up') },
    { key: 'ArrowDown', does: 'Image below', run: () => move('down') },
    { key: 'Home', does: 'First image', run: () => move('first') },
    { key: 'End', does: 'Last image', run: () => move('last') },
    {
      key: 'x',
      does: 'Select to compare',
      run() {
        if (roving !== null) studio.select(roving, !studio.selected.value.includes(roving))
      },
    },
    { key: 'c', does: 'Compare what is selected', run: () => studio.compareSelected() },
    ...(studio.selected.value.length > 0
      ? [{ key: 'Escape', does: 'Select nothing', run: () => studio.clearSelection() }]
      : []),
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
    <div
      class="wall"
      data-density={density}
      data-selecting={studio.selected.value.length > 0}
      ref={list}
    >
      <h1 class="hidden">Wall</h1>
      <Filters count={count} />
      <VirtualRows
        rows={rows}
        keyOf={keyOf}
        kept={focused}
        onWidth={setWidth}
        scroll={been}
        head={
          <>
            <BrokenManifests />
            {count === 0 && known !== null && studio.revision.value !== null && (
              <p class="no-match quiet">No image matches.</p>
            )}
          </>
        }
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
                isOver={cell.tile.id === over}
                onFocus={() => {
                  been.focus = cell.tile.id
                  setFocus(cell.tile.id)
                }}
              />
            ))
          )
        }
      </VirtualRows>
      {dropped !== null && <AdoptDropped {...dropped} onClose={() => setDropped(null)} />}
      <Selection />
    </div>
  )
}

interface DroppedFile {
  readonly file: File
  readonly id: ImageId
}

/** Asks what the image's own page asks, as soon as what the manifest says is known. */
function AdoptDropped({
  file,
  id,
  onClose,
}: DroppedFile & { readonly onClose: () => void }): JSX.Element | null {
  const studio = useStudio()
  const [digest, setDigest] = useState<string | null>(null)
  useEffect(() => {
    studio.connection.image(id).then(
      (image) => setDigest(image.digest),
      (error: unknown) => {
        studio.refused(error)
        onClose()
      },
    )
  }, [])
  const tile = studio.tiles.value.get(id)
  if (tile === undefined) return null
  return <AdoptDialog tile={tile} digest={digest} file={file} onClose={onClose} />
}

function tileAt(target: EventTarget | null): ImageId | null {
  const tile = target instanceof Element ? target.closest('.tile') : null
  return tile?.querySelector<HTMLElement>('[data-tile]')?.dataset.tile ?? null
}

/** Manifests that do not parse, with their errors in place; the others go on. */
function BrokenManifests(): JSX.Element {
  const { project } = useStudio()
  const broken = project.value?.broken ?? []
  return (
    <>
      {broken.map(({ manifest, problems }) => (
        <details key={manifest} class="broken" open={broken.length === 1}>
          <summary>
            <h2 class="path">{manifest}</h2> <span>{countOf(problems.length, 'error')}</span>
          </summary>
          <Problems problems={problems} />
        </details>
      ))}
    </>
  )
}

function focusTile(wall: HTMLElement | null, id: ImageId): void {
  const link = wall?.querySelector<HTMLElement>(`[data-tile="${CSS.escape(id)}"]`)
  link?.focus({ preventScroll: true })
  link?.closest('.tile')?.scrollIntoView({ block: 'nearest' })
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
