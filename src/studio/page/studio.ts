import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { createContext, type Provider } from 'preact'
import { useContext } from 'preact/hooks'
import type {
  ImageId,
  ImageProgress,
  PictureKey,
  Project,
  RunState,
  StudioEvent,
  Tile,
} from '../protocol.ts'
import type { Written } from '../protocol-actions.ts'
import type { Report } from '../protocol-report.ts'
import { formatAddress, parseAddress, type Address, type Place } from './address.ts'
import { createViewing, type Viewing } from './compare/viewing.ts'
import { progressWords } from './progress-words.ts'
import { countOf } from './words.ts'
import { createConnection, LostError, RefusedError, type Connection } from './connection.ts'
import { createReportConnection } from './report/report-connection.ts'

/** How the page stands to its server. */
export type Link =
  | { readonly at: 'connecting' }
  | { readonly at: 'live' }
  /** Tried again by itself. */
  | { readonly at: 'lost' }
  /** The token is of another process, or missing: a person has to open the new address. */
  | { readonly at: 'ended' }
  | { readonly at: 'failed'; readonly message: string }

/** How far the server is in reading the project. */
export type Reading = Omit<Extract<StudioEvent, { type: 'reading' }>, 'type'>

export type RunHead = Omit<RunState, 'images'>

/** What happened, said once on the screen and by the live region. */
export interface Notice {
  readonly text: string
  readonly tone: 'done' | 'refused'
}

/** All that the page knows, and what it can ask for. */
export interface Studio {
  readonly connection: Connection
  /** What the page shows if it has no server. */
  readonly report: Report | null
  readonly address: ReadonlySignal<Address>
  readonly link: ReadonlySignal<Link>
  readonly project: ReadonlySignal<Project | null>
  readonly tiles: ReadonlySignal<ReadonlyMap<ImageId, Tile>>
  /** How many manifests the server has read, while it reads the project for the first time. */
  readonly reading: ReadonlySignal<Reading | null>
  /** How many tiles there will be, while they are being loaded. */
  readonly loading: ReadonlySignal<number | null>
  readonly run: ReadonlySignal<RunHead | null>
  readonly progress: ReadonlySignal<ReadonlyMap<ImageId, ImageProgress>>
  readonly notice: Signal<Notice | null>
  /** What `u` takes back: the newest first. */
  readonly undoable: ReadonlySignal<readonly string[]>
  readonly writable: ReadonlySignal<boolean>
  /** Of the last change that has been loaded; `null` before everything has been loaded once. */
  readonly revision: ReadonlySignal<number | null>
  /** How pictures are looked at; it stays when the picture changes. */
  readonly viewing: Viewing
  /** Whether the candidates of an image are compared. */
  readonly isComparing: Signal<boolean>
  /** The images that are set aside to be compared, in the order of choosing. */
  readonly selected: ReadonlySignal<readonly ImageId[]>
  /** Where one was on the wall, to come back to. */
  readonly lastOnWall: { current: number; focus: ImageId | null }
  picture(key: PictureKey): string
  /** The fragment that shows a place, for links. */
  hrefOf(place: Place): string
  goTo(place: Place): void
  /** Sets an image aside to be compared, or takes it back. */
  select(id: ImageId, isSelected: boolean): void
  clearSelection(): void
  /** Shows the selected images beside each other. */
  compareSelected(): void
  /** Changes how things are shown without a step in the browser's history. */
  adjust(change: Partial<Omit<Address, 'token'>>): void
  written(written: Written): void
  undo(): Promise<void>
  /** Says why something did not work. */
  refused(error: unknown): void
  /** Loads, follows changes, and comes back after a lost connection, until the page goes. */
  start(): void
}

/** Small, so that something is on the screen at once. */
const FIRST_PAGE = 200
const PAGE = 2000

/** Each of them is loaded whole. */
const MOST_COMPARED = 12

/** Between two tries to reach the server, in milliseconds. */
const RETRY = 1000

/** @param report what is inside the page; `null`: it asks its server. */
export function createStudio(window: Window, report: Report | null): Studio {
  const address = signal(parseAddress(window.location.hash))
  const connection =
    report === null ? createConnection(address.value.token) : createReportConnection(report)
  const link = signal<Link>({ at: 'connecting' })
  const project = signal<Project | null>(null)
  const tiles = signal<ReadonlyMap<ImageId, Tile>>(new Map())
  const reading = signal<Reading | null>(null)
  const loading = signal<number | null>(null)
  const run = signal<RunHead | null>(null)
  const progress = signal<ReadonlyMap<ImageId, ImageProgress>>(new Map())
  const notice = signal<Notice | null>(null)
  const undoable = signal<readonly string[]>([])
  const selected = signal<readonly ImageId[]>([])
  const writable = computed(() => project.value?.writable === true)

  const revision = signal<number | null>(null)
  let catchingUp: Promise<void> | undefined
  let behind = false
  let stale = true

  const studio: Studio = {
    connection,
    report,
    address,
    link,
    project,
    tiles,
    reading,
    loading,
    run,
    progress,
    notice,
    undoable,
    writable,
    revision,
    viewing: createViewing('beside'),
    isComparing: signal(false),
    selected,
    lastOnWall: { current: 0, focus: null },
    picture: (key) =>
      report === null ? `${project.value?.pictures ?? ''}/${key}` : (report.pictures[key] ?? ''),
    hrefOf: (place) => formatAddress({ ...address.value, place }),
    goTo(place) {
      address.value = { ...address.value, place }
      window.history.pushState(null, '', formatAddress(address.value))
    },
    select(id, isSelected) {
      const others = selected.value.filter((one) => one !== id)
      if (isSelected && others.length >= MOST_COMPARED) {
        notice.value = { text: `At most ${MOST_COMPARED} images are compared.`, tone: 'refused' }
      } else {
        selected.value = isSelected ? [...others, id] : others
      }
    },
    clearSelection() {
      selected.value = []
    },
    compareSelected() {
      if (selected.value.length < 2) {
        notice.value = { text: 'Select two images to compare them: x selects.', tone: 'refused' }
        return
      }
      studio.goTo(comparisonOf(selected.value))
    },
    adjust(change) {
      address.value = { ...address.value, ...change }
      window.history.replaceState(null, '', formatAddress(address.value))
    },
    written({ undo, said }) {
      batch(() => {
        if (undo !== null) undoable.value = [undo, ...undoable.value]
        notice.value = { text: said, tone: 'done' }
      })
    },
    async undo() {
      const [newest, ...rest] = undoable.value
      if (newest === undefined) return
      undoable.value = rest
      try {
        const { said } = await connection.undo({ undo: newest })
        notice.value = { text: said, tone: 'done' }
      } catch (error) {
        // What came before it was made on the same file, and cannot be taken back either.
        undoable.value = []
        studio.refused(error)
      }
    },
    refused(error) {
      notice.value = { text: wordsOf(error), tone: 'refused' }
      if (error instanceof RefusedError && error.refusal.code === 'token') {
        link.value = { at: 'ended' }
      }
    },
    start() {
      window.addEventListener('hashchange', () => {
        const next = parseAddress(window.location.hash)
        // A new address in the same tab is of a new process: nothing here is its.
        if (next.token !== address.value.token) window.location.reload()
        else address.value = next
      })
      void follow()
    },
  }

  /** A stream of events while the tab is seen; whatever was missed is asked for afterwards. */
  async function follow(): Promise<void> {
    while (link.value.at !== 'ended') {
      await seen(window.document)
      const hidden = new AbortController()
      const close = (): void => {
        if (window.document.hidden) hidden.abort()
      }
      window.document.addEventListener('visibilitychange', close)
      try {
        await connection.events(receive, hidden.signal)
      } catch (error) {
        lost(error)
      } finally {
        window.document.removeEventListener('visibilitychange', close)
      }
      if (!hidden.signal.aborted) await passed(RETRY)
    }
  }

  function lost(error: unknown): void {
    if (window.document.hidden) return
    if (!(error instanceof RefusedError)) link.value = { at: 'lost' }
    else if (error.refusal.code === 'token') link.value = { at: 'ended' }
    else link.value = { at: 'failed', message: wordsOf(error) }
  }

  function receive(event: StudioEvent): void {
    switch (event.type) {
      case 'hello':
        if (project.value !== null && project.value.process !== event.process) {
          link.value = { at: 'ended' }
          return
        }
        batch(() => {
          progress.value = new Map(event.run?.images.map((image) => [image.id, image]))
          if (event.run !== null) {
            run.value = event.run
            beginRun(event.run)
          }
        })
        void catchUp(true)
        break
      case 'changed':
        void catchUp(event.project)
        break
      case 'run':
        beginRun(event.run)
        break
      case 'progress':
        progress.value = new Map(progress.value).set(event.progress.id, event.progress)
        if (event.progress.at === 'failed') {
          const { id, problem } = event.progress
          notice.value = { text: `${id} failed: ${problem.message}`, tone: 'refused' }
        }
        break
      case 'reading':
        if (project.value === null) reading.value = { read: event.read, of: event.of }
        break
      case 'warning':
        notice.value = { text: event.message, tone: 'refused' }
        break
      case 'beat':
        break
    }
  }

  function beginRun(next: RunHead): void {
    if (next.number !== run.value?.number) progress.value = new Map()
    // What is over is seen by its state; only the reasons of failures are not.
    if (next.phase === 'done') {
      keepProgress(({ at }) => at === 'failed')
      if (run.value !== null && run.value.phase !== 'done') tellEnd(next)
    }
    run.value = next
  }

  function tellEnd({ stored, failed }: RunHead): void {
    const counted = `${countOf(stored, 'image')} stored${failed === 0 ? '.' : `, ${failed} failed.`}`
    // Why stays on the screen, with what to do now.
    const why = [...progress.value.values()].find(({ at }) => at === 'failed')
    notice.value = {
      text: why === undefined ? counted : `${counted} ${progressWords(why).detail}`,
      tone: failed === 0 ? 'done' : 'refused',
    }
  }

  function keepProgress(isKept: (image: ImageProgress) => boolean): void {
    progress.value = new Map([...progress.value].filter(([, image]) => isKept(image)))
  }

  /** One at a time: what changes meanwhile is asked for once more afterwards. */
  async function catchUp(withProject: boolean): Promise<void> {
    behind = true
    if (withProject) stale = true
    catchingUp ??= (async () => {
      try {
        while (behind) {
          behind = false
          await load()
        }
        link.value = { at: 'live' }
      } catch (error) {
        lost(error)
      } finally {
        catchingUp = undefined
      }
    })()
    await catchingUp
  }

  async function load(): Promise<void> {
    if (stale) {
      stale = false
      project.value = await connection.project()
      reading.value = null
    }
    const since = revision.value ?? undefined
    let after: string | null = null
    let first: number | null = null
    do {
      const limit = since === undefined && after === null ? FIRST_PAGE : PAGE
      const page = await connection.wall({ after, limit, since })
      first ??= page.revision
      const next = new Map(since === undefined && after === null ? [] : tiles.value)
      for (const id of page.gone) next.delete(id)
      for (const tile of page.tiles) next.set(tile.id, tile)
      batch(() => {
        tiles.value = next
        // A failure is of the image as it was.
        if (since !== undefined && run.value?.phase === 'done') {
          const changed = new Set(page.tiles.map(({ id }) => id))
          keepProgress(({ id }) => !changed.has(id))
        }
        loading.value = since === undefined && page.next !== null ? page.total : null
      })
      after = page.next
    } while (after !== null)
    revision.value = first
  }

  return studio
}

/** The place where the pictures in use of some images are compared. */
export function comparisonOf(ids: readonly ImageId[]): Place {
  return { view: 'compare', images: ids.map((id) => ({ id, candidate: null })) }
}

/** What went wrong, and what to do now, in words. */
export function wordsOf(error: unknown): string {
  if (error instanceof RefusedError) {
    return [error.refusal.message, error.refusal.hint].filter(Boolean).join(' ')
  }
  if (error instanceof LostError) return 'The studio does not answer. Nothing was changed.'
  return error instanceof Error ? error.message : String(error)
}

function seen(document: Document): Promise<void> {
  if (!document.hidden) return Promise.resolve()
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true })
  })
}

function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

const StudioContext = createContext<Studio | null>(null)

export const StudioProvider: Provider<Studio | null> = StudioContext.Provider

export function useStudio(): Studio {
  const studio = useContext(StudioContext)
  if (studio === null) throw new Error('The studio is not open.')
  return studio
}
