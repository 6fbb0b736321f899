import { useEffect, useState } from 'preact/hooks'
import type { ImageId } from '../../protocol.ts'
import type { ImageDetail } from '../../protocol-image.ts'
import { useStudio, wordsOf } from '../studio.ts'

/** Everything about an image, loaded again whenever something in the project changed. */
export type Detail =
  | { readonly at: 'loading' }
  | { readonly at: 'here'; readonly image: ImageDetail }
  | { readonly at: 'failed'; readonly message: string }

/** @returns also what loads it again at once. */
export function useDetail(id: ImageId): readonly [detail: Detail, reload: () => void] {
  const { connection, revision, link } = useStudio()
  const [detail, setDetail] = useState<Detail>({ at: 'loading' })
  const [asked, setAsked] = useState(0)
  const isLive = link.value.at === 'live'
  useEffect(() => {
    let isOld = false
    connection.image(id).then(
      (image) => {
        if (!isOld) setDetail({ at: 'here', image })
      },
      (error: unknown) => {
        if (isOld) return
        // What is on the screen stays; the frame says that the connection is lost.
        setDetail((before) =>
          before.at === 'here' && !isLive ? before : { at: 'failed', message: wordsOf(error) },
        )
      },
    )
    return () => {
      isOld = true
    }
  }, [connection, id, revision.value, asked])
  return [detail, () => setAsked((before) => before + 1)]
}
