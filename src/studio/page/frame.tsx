import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Place } from './address.ts'
import { useCommands } from './controls/commands.tsx'
import { useNoStrayFiles } from './controls/dropped-files.tsx'
import { KeyHelp } from './key-help.tsx'
import { useStudio, type Reading } from './studio.ts'
import { countOf, durationOf } from './words.ts'

/** What every view has around it: where one is, what is under way, undo, and what happened last. */
export function Frame({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const studio = useStudio()
  const [help, setHelp] = useState(false)
  const { undoable, project } = studio
  const { place } = studio.address.value
  useEffect(() => {
    const name = project.value?.name ?? 'studio'
    const kind = studio.report === null ? 'studio' : 'report'
    const isOfOne = place.view === 'image' || place.view === 'change'
    document.title = isOfOne ? `${place.id} – ${name}` : `${name} – ${kind}`
  }, [place, project.value?.name])
  useNoStrayFiles()
  const canUndo = undoable.value.length > 0
  useCommands([
    { key: '?', does: 'Show the keys', run: () => setHelp(true) },
    { key: 'u', does: 'Undo', run: () => void studio.undo() },
  ])
  return (
    <div class="frame">
      <header class="bar">
        <a class="home" href={studio.hrefOf({ view: 'wall' })}>
          {project.value?.name ?? 'Studio'}
        </a>
        <nav class="views" aria-label="Views">
          {studio.report === null ? (
            <>
              <ViewLink place={{ view: 'wall' }} name="Wall" />
              <ViewLink
                place={{ view: 'plan' }}
                name="Plan"
                count={attentionIn(project.value?.states)}
              />
              <ViewLink place={{ view: 'spend' }} name="Spend" />
              <ViewLink place={{ view: 'left-over', place: 'store' }} name="Left over" />
            </>
          ) : (
            <ViewLink
              place={{ view: 'wall' }}
              name={studio.report.changes === null ? 'Wall' : 'Changes'}
            />
          )}
        </nav>
        <RunState />
        <div class="bar-end">
          {studio.report === null && project.value !== null && project.value.writable !== true && (
            <ReadOnly />
          )}
          {studio.writable.value && (
            <button
              type="button"
              class="button button-quiet"
              disabled={!canUndo}
              aria-keyshortcuts="u"
              onClick={() => void studio.undo()}
            >
              Undo
            </button>
          )}
          <button
            type="button"
            class="button button-quiet"
            aria-keyshortcuts="?"
            onClick={() => setHelp(true)}
          >
            Keys
          </button>
        </div>
      </header>
      <LinkState />
      <main class="view">{children}</main>
      <Notices />
      {help && <KeyHelp onClose={() => setHelp(false)} />}
    </div>
  )
}

function attentionIn(states: Readonly<Record<string, number>> | undefined): number {
  if (states === undefined) return 0
  return Object.entries(states)
    .filter(([state]) => state !== 'current')
    .reduce((sum, [, count]) => sum + count, 0)
}

interface ViewLinkProps {
  readonly place: Place
  readonly name: string
  readonly count?: number
}

function ViewLink({ place, name, count = 0 }: ViewLinkProps): JSX.Element {
  const studio = useStudio()
  const isHere = studio.address.value.place.view === place.view
  return (
    <a href={studio.hrefOf(place)} aria-current={isHere ? 'page' : undefined}>
      {name}
      {count > 0 && <span class="count">{count.toLocaleString('en')}</span>}
    </a>
  )
}

function ReadOnly(): JSX.Element {
  const reason = useStudio().project.value?.writable
  return (
    <span class="chip">
      {reason === 'not-loopback' ? 'Read-only: not opened on its own machine' : 'Read-only'}
    </span>
  )
}

/** The run under way, small, wherever one is. */
function RunState(): JSX.Element | null {
  const studio = useStudio()
  const run = studio.run.value
  if (run === null || run.phase === 'done' || studio.address.value.place.view === 'plan')
    return null
  return (
    <a class="run-chip" href={studio.hrefOf({ view: 'plan' })}>
      <progress max={Math.max(1, run.total)} value={run.stored + run.failed} aria-hidden="true" />
      <span>
        {run.stored} of {run.total}
        {run.remaining !== null && `, ${durationOf(run.remaining)} left`}
      </span>
    </a>
  )
}

function LinkState(): JSX.Element | null {
  const studio = useStudio()
  const link = studio.link.value
  switch (link.at) {
    case 'connecting':
      return <ReadingProject reading={studio.reading.value} />
    case 'live':
      return null
    case 'lost':
      return <p class="banner">Connection lost. Trying again every second.</p>
    case 'ended':
      return (
        <p class="banner banner-strong">
          This address is no longer valid: the studio was started again, or ended. Open the address
          that it printed last.
        </p>
      )
    case 'failed':
      return <p class="banner banner-strong">{link.message}</p>
  }
}

/** What takes long in a project of thousands of manifests. */
function ReadingProject({ reading }: { readonly reading: Reading | null }): JSX.Element | null {
  if (reading === null) return null
  const { read, of } = reading
  const isRead = read === of
  return (
    <p class="banner banner-progress">
      <span>
        {isRead
          ? `${countOf(of, 'manifest')} read. Comparing them with the store …`
          : `Reading the project: ${read.toLocaleString('en')} of ${countOf(of, 'manifest')}`}
      </span>
      <progress max={of} value={isRead ? undefined : read} aria-label="Reading the project" />
    </p>
  )
}

/** The live region, which is also what one sees. */
function Notices(): JSX.Element {
  const { notice } = useStudio()
  return (
    <div class="notices">
      <div role="status" aria-live="polite">
        {notice.value !== null && (
          <p class={`notice notice-${notice.value.tone}`}>{notice.value.text}</p>
        )}
      </div>
      {notice.value !== null && (
        <button
          type="button"
          class="button button-quiet notice-close"
          aria-label="Dismiss"
          onClick={() => {
            notice.value = null
          }}
        >
          ×
        </button>
      )}
    </div>
  )
}
