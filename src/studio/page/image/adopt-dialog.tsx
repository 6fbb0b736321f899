import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { AdoptHow } from '../../protocol-actions.ts'
import type { Tile } from '../../protocol.ts'
import { Dialog } from '../controls/dialog.tsx'
import { useStudio, wordsOf } from '../studio.ts'
import { bytesOf } from '../words.ts'

interface AdoptDialogProps {
  readonly tile: Tile
  /** Of the manifest as the page saw it; `null`: not known yet. */
  readonly digest: string | null
  readonly file: File
  readonly onClose: () => void
}

interface Way {
  readonly how: AdoptHow
  readonly name: string
  readonly means: string
}

const IN_PLACE: Way = {
  how: 'source',
  name: 'In place of generating',
  means:
    'The file is copied beside the manifest, which names it as its source. Nothing is generated any more.',
}

const KEEPING: readonly Way[] = [
  {
    how: 'candidate',
    name: 'Keep the prompt',
    means: 'The file becomes one more candidate of the same prompt, and is picked.',
  },
  {
    how: 'edited',
    name: 'Keep the prompt: the picture, touched up',
    means: 'As above, for a generated picture that was edited by hand.',
  },
]

/** Asks how a file that was dropped or chosen is to be used. */
export function AdoptDialog({ tile, digest, file, onClose }: AdoptDialogProps): JSX.Element {
  const studio = useStudio()
  const ways = tile.prompt === null ? [IN_PLACE] : [...KEEPING, IN_PLACE]
  const [how, setHow] = useState<AdoptHow>(ways[0]?.how ?? 'source')
  const [problem, setProblem] = useState<string | null>(null)
  const [isAsked, setAsked] = useState(false)
  const largest = studio.project.value?.largestUpload ?? Infinity
  const isTooLarge = file.size > largest

  const adopt = async (): Promise<void> => {
    if (digest === null) return
    setAsked(true)
    setProblem(null)
    try {
      const query = { id: tile.id, digest, how, name: file.name }
      studio.written(await studio.connection.adopt(query, file))
      onClose()
    } catch (error) {
      setAsked(false)
      setProblem(wordsOf(error))
    }
  }

  return (
    <Dialog
      title={`Adopt ${file.name} for ${tile.name}?`}
      confirm="Adopt"
      canConfirm={digest !== null && !isTooLarge && !isAsked}
      onConfirm={() => void adopt()}
      onClose={onClose}
    >
      <FilePreview file={file} />
      <fieldset class="ways">
        <legend class="hidden">How the file is used</legend>
        {ways.map((way) => (
          <label key={way.how} class="way">
            <input
              type="radio"
              name="how"
              checked={how === way.how}
              onChange={() => setHow(way.how)}
            />
            <span>
              {way.name}
              <span class="quiet small">{way.means}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {isTooLarge && (
        <p class="problem" role="alert">
          The file has {bytesOf(file.size)}; the most is {bytesOf(largest)}.
        </p>
      )}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </Dialog>
  )
}

/** Drawn on a canvas: the page may load no pictures but the studio's own. */
function FilePreview({ file }: { readonly file: File }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [facts, setFacts] = useState(bytesOf(file.size))
  useEffect(() => {
    const draw = async (): Promise<void> => {
      const drawing = canvas.current
      const picture = await readPicture(file)
      if (picture === null || drawing === null) return setFacts(`${bytesOf(file.size)}, no preview`)
      const { width, height } = picture
      const scale = Math.min(1, 320 / Math.max(width, height))
      drawing.width = Math.round(width * scale)
      drawing.height = Math.round(height * scale)
      drawing.getContext('2d')?.drawImage(picture, 0, 0, drawing.width, drawing.height)
      setFacts(`${width} × ${height}, ${bytesOf(file.size)}`)
    }
    void draw()
  }, [file])
  return (
    <figure class="file-preview">
      <canvas ref={canvas} width={0} height={0} role="img" aria-label={file.name} />
      <figcaption class="quiet small">{facts}</figcaption>
    </figure>
  )
}

/** @returns `null` for the formats that can be adopted and not be drawn by this browser. */
async function readPicture(file: File): Promise<ImageBitmap | null> {
  try {
    return await createImageBitmap(file)
  } catch {
    return null
  }
}
