import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Candidate, ImageDetail } from '../../protocol-image.ts'
import type { ComparedImage } from '../address.ts'
import { useCommands } from '../controls/commands.tsx'
import { useStudio } from '../studio.ts'
import { useAnswer } from '../use-answer.ts'
import { Compare } from './compare.tsx'
import type { ComparedPicture } from './stage.tsx'

/** The pictures of several images, or all candidates of one. */
export function CompareView({
  images,
}: {
  readonly images: readonly ComparedImage[]
}): JSX.Element {
  const studio = useStudio()
  const { connection, revision, project } = studio
  const [asked, setAsked] = useState(0)
  const heading = useRef<HTMLHeadingElement>(null)
  const { value: details, problem } = useAnswer(
    () => Promise.all(images.map(({ id }) => connection.image(id))),
    [connection, revision.value, asked],
  )
  useCommands([
    { key: 'Escape', does: 'Back to the wall', run: () => studio.goTo({ view: 'wall' }) },
  ])
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  const choose = (id: string, candidate: string): void =>
    studio.adjust({
      place: {
        view: 'compare',
        images: images.map((image) => (image.id === id ? { id, candidate } : image)),
      },
    })

  const chosen = (details ?? []).map((image, at) => ({
    image,
    candidate: candidateOf(image, images[at]?.candidate ?? null),
  }))
  const [only] = chosen
  const ofOne = chosen.length === 1 && only !== undefined
  const pictures =
    project.value === null
      ? []
      : ofOne
        ? candidatesOf(only.image, (key) => studio.picture(key))
        : chosen.flatMap(({ image, candidate }) =>
            pictureOf(image, candidate, (key) => studio.picture(key)),
          )
  const without = ofOne
    ? []
    : chosen.filter(({ image, candidate }) => keyOf(image, candidate) === null)
  return (
    <article class="compare-view">
      <header class="compare-view-head">
        <h1 ref={heading} tabIndex={-1}>
          Compare
        </h1>
        <ul class="compared">
          {chosen.map(({ image, candidate }) => (
            <Compared
              key={image.tile.id}
              image={image}
              candidate={candidate}
              onChoose={(sha256) => choose(image.tile.id, sha256)}
              onWritten={() => setAsked(asked + 1)}
              isOfOne={ofOne}
            />
          ))}
        </ul>
      </header>
      {problem !== null && (
        <p class="problem image-problem" role="alert">
          {problem}
        </p>
      )}
      {without.map(({ image: { tile } }) => (
        <p key={tile.id} class="quiet compare-without">
          {tile.name} has no picture here: {tile.reason}.
        </p>
      ))}
      {details === null && problem === null && <p class="quiet compare-without">Loading …</p>}
      {pictures.length > 0 && (
        <Compare steps={[{ name: 'Compare', pictures }]} viewing={studio.viewing} />
      )}
    </article>
  )
}

interface ComparedProps {
  readonly image: ImageDetail
  readonly candidate: Candidate | undefined
  readonly onChoose: (candidate: string) => void
  readonly onWritten: () => void
  readonly isOfOne: boolean
}

/** One of the images: a link to it, and which of its candidates is shown. */
function Compared({
  image: { tile, candidates, digest },
  candidate,
  onChoose,
  onWritten,
  isOfOne,
}: ComparedProps): JSX.Element {
  const studio = useStudio()
  const pick = async (): Promise<void> => {
    if (candidate === undefined) return
    const { sha256 } = candidate
    try {
      studio.written(
        await studio.connection.change({ id: tile.id, digest, change: { kind: 'pick', sha256 } }),
      )
    } catch (error) {
      studio.refused(error)
    } finally {
      onWritten()
    }
  }
  return (
    <li>
      <a href={studio.hrefOf({ view: 'image', id: tile.id })} title={tile.id}>
        {tile.name}
      </a>
      {!isOfOne && candidate !== undefined && candidates.length > 1 && (
        <>
          <select
            aria-label={`Candidate of ${tile.name}`}
            value={candidate.sha256}
            onChange={({ currentTarget }) => onChoose(currentTarget.value.slice(0, 8))}
          >
            {candidates.map(({ number, sha256, picked, picture }) => (
              <option key={sha256} value={sha256} disabled={picture === null}>
                {number}
                {picked ? ', in use' : ''}
              </option>
            ))}
          </select>
          {studio.writable.value && (
            <button
              type="button"
              class="button"
              aria-label={`Pick for ${tile.name}`}
              disabled={candidate.picked}
              onClick={() => void pick()}
            >
              Pick
            </button>
          )}
        </>
      )}
    </li>
  )
}

function candidateOf({ candidates }: ImageDetail, wanted: string | null): Candidate | undefined {
  const chosen = candidates.find(({ sha256 }) => wanted !== null && sha256.startsWith(wanted))
  return chosen ?? candidates.find(({ picked }) => picked)
}

function keyOf({ picture }: ImageDetail, candidate: Candidate | undefined): string | null {
  return candidate === undefined ? picture : candidate.picture
}

type UrlOf = (key: string) => string

function pictureOf(
  image: ImageDetail,
  candidate: Candidate | undefined,
  urlOf: UrlOf,
): readonly ComparedPicture[] {
  const { tile } = image
  const key = keyOf(image, candidate)
  if (key === null) return []
  return [
    {
      label: tile.name,
      url: urlOf(key),
      width: candidate?.width ?? tile.width ?? 0,
      height: candidate?.height ?? tile.height ?? 0,
      alt: tile.alt ?? '',
      ...thumbnailOf(candidate === undefined ? tile.thumbnail : candidate.thumbnail, urlOf),
      ...(candidate !== undefined &&
        image.candidates.length > 1 && { details: `candidate ${candidate.number}` }),
    },
  ]
}

function candidatesOf({ tile, candidates }: ImageDetail, urlOf: UrlOf): readonly ComparedPicture[] {
  return candidates.flatMap(({ number, picked, picture, thumbnail, width, height }) =>
    picture === null
      ? []
      : [
          {
            label: `Candidate ${number}${picked ? ', in use' : ''}`,
            url: urlOf(picture),
            width,
            height,
            alt: tile.alt ?? '',
            ...thumbnailOf(thumbnail, urlOf),
          },
        ],
  )
}

function thumbnailOf(key: string | null, urlOf: UrlOf): Pick<ComparedPicture, 'thumbnail'> {
  return key === null ? {} : { thumbnail: urlOf(key) }
}
