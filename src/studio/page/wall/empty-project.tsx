import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useStudio } from '../studio.ts'

const EXAMPLE = `images:
  lighthouse:
    prompt: A lighthouse at dusk, gouache
    alt: A lighthouse at dusk
    aspectRatio: 16:9`

/** How to begin. */
export function EmptyProject(): JSX.Element {
  const studio = useStudio()
  const [isAsked, setAsked] = useState(false)
  const create = async (): Promise<void> => {
    setAsked(true)
    try {
      const { manifest, ids } = await studio.connection.firstManifest()
      studio.notice.value = { text: `${manifest} is written.`, tone: 'done' }
      const [id] = ids
      if (id !== undefined) studio.goTo({ view: 'image', id })
    } catch (error) {
      studio.refused(error)
    } finally {
      setAsked(false)
    }
  }
  return (
    <section class="empty">
      <h1>No pictures yet</h1>
      <p>
        A picture begins as text: write what it shows into a file that ends in{' '}
        <code>.image.yaml</code>, and it appears here.
      </p>
      <pre tabIndex={0} aria-label="An example of a manifest">
        {EXAMPLE}
      </pre>
      {studio.writable.value && (
        <p>
          <button
            type="button"
            class="button button-primary"
            disabled={isAsked}
            onClick={() => void create()}
          >
            Create the first manifest
          </button>
        </p>
      )}
      <p class="quiet">Writing it costs nothing. Pictures are asked for when you say so.</p>
    </section>
  )
}
