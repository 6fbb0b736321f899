import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Change } from '../../protocol-actions.ts'
import type { Candidate, ImageDetail, ShownRendition } from '../../protocol-image.ts'
import type { Tile } from '../../protocol.ts'
import { modeAmong, modesFor } from '../compare/compare.tsx'
import { Stage, type ComparedPicture } from '../compare/stage.tsx'
import { useCommands } from '../controls/commands.tsx'
import { useDroppedFiles } from '../controls/dropped-files.tsx'
import { GenerateDialog } from '../plan/generate-dialog.tsx'
import { useStudio } from '../studio.ts'
import { bytesOf, moneyOf, STATE_WORDS } from '../words.ts'
import { AdoptDialog } from './adopt-dialog.tsx'
import { Candidates } from './candidates.tsx'
import { Editor } from './editor.tsx'
import { Facts } from './facts.tsx'
import { RerollDialog } from './reroll-dialog.tsx'

type Question = 'generate' | 'again' | 'reroll' | { readonly adopt: File }

interface OpenedImageProps {
  readonly image: ImageDetail
  readonly reload: () => void
}

/** An image of which everything is here. */
export function OpenedImage({ image, reload }: OpenedImageProps): JSX.Element {
  const studio = useStudio()
  const { tile, candidates } = image
  const picked = candidates.find((candidate) => candidate.picked)
  const [looked, setLooked] = useState<string | null>(null)
  const [isEditing, setEditing] = useState(false)
  const [question, setQuestion] = useState<Question | null>(null)
  const [beside, setBeside] = useState<ShownRendition | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [isOver, setOver] = useState(false)
  const chooser = useRef<HTMLInputElement>(null)

  const shown = candidates.find(({ sha256 }) => sha256 === looked) ?? picked
  const other = shown === picked ? candidates.find((candidate) => candidate !== picked) : picked
  const stage = stageOf(image, { shown, other, beside }, (key) => studio.picture(key))
  const canCompare = stage.reference !== null
  const isComparing = canCompare && (beside !== null || studio.isComparing.value)
  const modes = isComparing ? modesFor(stage.pictures.length) : []
  const { writable } = studio
  const isGenerated = tile.prompt !== null
  const canPick = shown !== undefined && !shown.picked
  const price = tile.usd === 0 ? null : moneyOf(tile.usd)
  const isOutdated = tile.state === 'outdated'
  const isLost = tile.state === 'unavailable' || tile.state === 'unusable'
  const canGenerate = price !== null || isOutdated

  // A finished file of another picture says nothing of this one.
  useEffect(() => setBeside(null), [image.picture])

  useDroppedFiles({
    over() {
      if (writable.value) setOver(true)
      return writable.value
    },
    leave: () => setOver(false),
    drop: (file) => setQuestion({ adopt: file }),
  })

  const change = async (wanted: Change): Promise<void> => {
    if (isBusy) return
    setBusy(true)
    try {
      const request = { id: tile.id, digest: image.digest, change: wanted }
      studio.written(await studio.connection.change(request))
    } catch (error) {
      studio.refused(error)
    } finally {
      setBusy(false)
      reload()
    }
  }
  const pick = (candidate: Candidate | undefined): void => {
    if (candidate === undefined) return
    setLooked(candidate.sha256)
    if (!candidate.picked) void change({ kind: 'pick', sha256: candidate.sha256 })
  }
  const show = (step: 1 | -1): void => {
    const at = candidates.findIndex((candidate) => candidate === shown)
    const next = candidates[at + step]
    if (next !== undefined) setLooked(next.sha256)
  }
  const toggleCompare = (): void => {
    setBeside(null)
    studio.isComparing.value = !isComparing
  }
  const adopt = (file: File | undefined): void => {
    if (file !== undefined) setQuestion({ adopt: file })
  }

  useCommands([
    ...(candidates.length > 1
      ? [
          { key: 'ArrowLeft', does: 'Candidate before', run: () => show(-1) },
          { key: 'ArrowRight', does: 'Next candidate', run: () => show(1) },
        ]
      : []),
    ...(canCompare ? [{ key: 'c', does: 'Compare', run: toggleCompare }] : []),
    ...(writable.value
      ? [
          ...candidates.slice(0, 9).map((candidate, index) => ({
            key: String(index + 1),
            does: 'Pick the candidate of this number',
            run: () => pick(candidate),
          })),
          { key: 'e', does: 'Edit', run: () => setEditing(true) },
          ...(isGenerated ? [{ key: 'R', does: 'Reroll', run: () => setQuestion('reroll') }] : []),
          ...(canGenerate
            ? [{ key: 'G', does: 'Generate', run: () => setQuestion('generate') }]
            : []),
        ]
      : []),
  ])

  return (
    <div class="image-body">
      <div class="image-main">
        <Stage
          {...stage}
          mode={isComparing ? modeAmong(modes, studio.viewing.mode.value) : 'alone'}
          modes={modes}
          viewing={studio.viewing}
          onChoose={(index) => {
            const chosen = candidates.find(({ sha256 }) => sha256 === stage.keys[index])
            if (chosen !== undefined) setLooked(chosen.sha256)
          }}
          tools={
            canCompare && (
              <button
                type="button"
                class="button button-quiet"
                aria-keyshortcuts="c"
                aria-pressed={isComparing}
                onClick={toggleCompare}
              >
                Compare
              </button>
            )
          }
        >
          <p class="stage-empty">{shown?.absent ?? emptyWords(tile)}</p>
        </Stage>
        {candidates.length > 0 && (
          <Candidates candidates={candidates} shown={shown?.sha256 ?? null} onShow={setLooked} />
        )}
        {writable.value && (
          <div class="actions">
            {candidates.length > 0 && (
              <button
                type="button"
                class="button"
                disabled={!canPick || isBusy}
                onClick={() => pick(shown)}
              >
                Pick
              </button>
            )}
            {isGenerated && (
              <>
                <button
                  type="button"
                  class="button"
                  disabled={isBusy}
                  onClick={() => void change({ kind: 'more', count: 1 })}
                >
                  Ask for more
                </button>
                <button
                  type="button"
                  class="button"
                  aria-keyshortcuts="Shift+R"
                  onClick={() => setQuestion('reroll')}
                >
                  Reroll
                </button>
              </>
            )}
            <button
              type="button"
              class="button"
              aria-keyshortcuts="e"
              disabled={isEditing}
              onClick={() => setEditing(true)}
            >
              Edit
            </button>
            <button type="button" class="button" onClick={() => chooser.current?.click()}>
              Adopt
            </button>
            <input
              ref={chooser}
              class="hidden"
              type="file"
              accept="image/*"
              tabIndex={-1}
              aria-label="A picture file"
              onChange={({ currentTarget }) => {
                adopt(currentTarget.files?.[0])
                currentTarget.value = ''
              }}
            />
            {canPick && image.referredBy.length > 0 && (
              <span class="quiet small">
                Picking another makes {namesOf(image.referredBy)} missing
              </span>
            )}
            {isLost && isGenerated && (
              <button type="button" class="button" onClick={() => setQuestion('again')}>
                Pay again
              </button>
            )}
            {canGenerate && (
              <span class="actions-end">
                <span class="quiet">{price}</span>
                <button
                  type="button"
                  class="button button-primary"
                  aria-keyshortcuts="Shift+G"
                  onClick={() => setQuestion('generate')}
                >
                  Generate
                </button>
              </span>
            )}
          </div>
        )}
      </div>
      <aside class="image-side" aria-label="Details">
        <Editor
          image={image}
          isEditing={isEditing}
          onDone={() => setEditing(false)}
          onReload={reload}
        />
        <Facts image={image} beside={beside?.picture ?? null} onBeside={setBeside} />
      </aside>
      {isOver && <p class="drop">Drop a picture to adopt it</p>}
      {question === 'generate' && (
        <GenerateDialog
          request={{ ids: [tile.id], ...(isOutdated && { outdated: true }) }}
          onClose={() => setQuestion(null)}
        />
      )}
      {question === 'again' && (
        <GenerateDialog
          request={{ ids: [tile.id], replace: true }}
          onClose={() => setQuestion(null)}
        />
      )}
      {question === 'reroll' && <RerollDialog image={image} onClose={() => setQuestion(null)} />}
      {typeof question === 'object' && question !== null && (
        <AdoptDialog
          tile={tile}
          digest={image.digest}
          file={question.adopt}
          onClose={() => setQuestion(null)}
        />
      )}
    </div>
  )
}

interface StagedPictures {
  readonly pictures: readonly ComparedPicture[]
  /** Of the candidates among them, by which they are chosen. */
  readonly keys: readonly string[]
  readonly shown: number
  readonly reference: number | null
}

interface Looked {
  readonly shown: Candidate | undefined
  readonly other: Candidate | undefined
  readonly beside: ShownRendition | null
}

/** All candidates, or the hand-made file; or the picture in use with a finished file. */
function stageOf(
  image: ImageDetail,
  { shown, other, beside }: Looked,
  urlOf: (key: string) => string,
): StagedPictures {
  const { tile, candidates, picture } = image
  const alt = tile.alt ?? ''
  if (beside !== null && picture !== null) {
    const { width, height } = tile
    const original = {
      label: 'Original',
      url: urlOf(picture),
      width: width ?? 0,
      height: height ?? 0,
      alt,
    }
    return { pictures: [original, renditionOf(beside, urlOf)], keys: [], shown: 1, reference: 0 }
  }
  const here = candidates.flatMap((candidate) =>
    candidate.picture === null ? [] : [{ candidate, picture: candidate.picture }],
  )
  if (candidates.length === 0 && picture !== null) {
    const { name, width, height } = tile
    const own = { label: name, url: urlOf(picture), width: width ?? 0, height: height ?? 0, alt }
    return { pictures: [own], keys: [], shown: 0, reference: null }
  }
  const keys = here.map(({ candidate }) => candidate.sha256)
  const at = keys.indexOf(shown?.sha256 ?? '')
  const reference = keys.indexOf(other?.sha256 ?? '')
  // Of a candidate that is not here the page says why, in place of a picture.
  if (at < 0) return { pictures: [], keys: [], shown: 0, reference: null }
  return {
    pictures: here.map(({ candidate: { number, picked, width, height }, picture }) => ({
      label: `Candidate ${number}${picked ? ', in use' : ''}`,
      url: urlOf(picture),
      width,
      height,
      alt,
    })),
    keys,
    shown: at,
    reference: reference < 0 ? null : reference,
  }
}

function renditionOf(
  { format, width, height, bytes, picture }: ShownRendition,
  urlOf: (key: string) => string,
): ComparedPicture {
  return { label: format, url: urlOf(picture), width, height, details: bytesOf(bytes) }
}

/** The first few by name. */
function namesOf(images: ReadonlyArray<{ readonly name: string }>): string {
  const names = images.slice(0, 3).map(({ name }) => name)
  const rest = images.length - names.length
  return rest > 0 ? `${names.join(', ')} and ${rest} more` : names.join(', ')
}

function emptyWords({ state, reason }: Tile): string {
  return state === 'missing' ? 'No picture yet' : `${STATE_WORDS[state]}: ${reason}`
}
