import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { PictureKey, TileState } from '../../protocol.ts'
import type { ImageDetail, ShownReference, ShownRendition } from '../../protocol-image.ts'
import { Problems } from '../controls/problems.tsx'
import { History } from '../records/history.tsx'
import { useStudio } from '../studio.ts'
import { useAnswer } from '../use-answer.ts'
import { bytesOf, moneyOf, ORIGIN_WORDS, STATE_WORDS, timeOf } from '../words.ts'

interface FactsProps {
  readonly image: ImageDetail
  /** The rendition beside the picture. */
  readonly beside: PictureKey | null
  readonly onBeside: (rendition: ShownRendition | null) => void
}

/** What there is to know of an image, besides its words. */
export function Facts({ image, beside, onBeside }: FactsProps): JSX.Element {
  const { report } = useStudio()
  const { tile, settings, receipt, references, referredBy, source, problems } = image
  return (
    <>
      {problems.length > 0 && (
        <section class="panel">
          <h2>Errors</h2>
          <Problems problems={problems} />
        </section>
      )}
      <section class="panel">
        <h2>Settings</h2>
        <List
          facts={[
            ...settings.map(({ name, value }) => [name, value] as const),
            ...(image.aspectRatio.value === null
              ? []
              : [['aspectRatio', image.aspectRatio.value] as const]),
            ...(image.size.value === null ? [] : [['size', image.size.value] as const]),
            ...(image.seed.value === null ? [] : [['seed', String(image.seed.value)] as const]),
          ]}
        />
      </section>
      {references.length > 0 && (
        <section class="panel">
          <h2>Refers to</h2>
          <ul class="links">
            {references.map((reference) => (
              <li key={keyOf(reference)}>
                <Reference reference={reference} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {referredBy.length > 0 && (
        <section class="panel">
          <h2>Referred to by</h2>
          <ul class="links">
            {referredBy.map(({ id, name, state, thumbnail }) => (
              <li key={id}>
                <ImageLink id={id} name={name} state={state} thumbnail={thumbnail} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {report === null && (
        <>
          <HistoryFold image={image} beside={beside} onBeside={onBeside} />
          <Renditions id={tile.id} picture={image.picture} beside={beside} onBeside={onBeside} />
        </>
      )}
      {receipt !== null && (
        <Fold title="Receipt">
          <List
            facts={[
              ['Time', timeOf(receipt.time)],
              ['Price', moneyOf(receipt.usd)],
              ['Model', `${receipt.provider} ${receipt.model}`],
              ['Origin', tile.origin === null ? 'unknown' : ORIGIN_WORDS[tile.origin]],
              ...(receipt.seed === null ? [] : [['Seed', String(receipt.seed)] as const]),
              ...(receipt.responseId === null ? [] : [['Response', receipt.responseId] as const]),
              ['SHA-256', receipt.sha256],
              ['Key', receipt.key],
              ['File', receipt.file],
            ]}
          />
        </Fold>
      )}
      <Fold title="Manifest">
        <pre
          class="source"
          tabIndex={0}
          aria-label={`Lines of ${tile.manifest} from ${source.firstLine}`}
        >
          {source.text}
        </pre>
      </Fold>
    </>
  )
}

/** Shown when asked for. */
function Fold({
  title,
  onOpen,
  children,
}: {
  readonly title: string
  readonly onOpen?: () => void
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <details
      class="panel"
      onToggle={({ currentTarget }) => {
        if (currentTarget.open) onOpen?.()
      }}
    >
      <summary>
        <h2>{title}</h2>
      </summary>
      {children}
    </details>
  )
}

function List({
  facts,
}: {
  readonly facts: ReadonlyArray<readonly [name: string, value: string]>
}): JSX.Element {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function keyOf(reference: ShownReference): string {
  switch (reference.kind) {
    case 'image':
      return reference.id
    case 'file':
      return reference.file
    case 'url':
      return reference.url
  }
}

function Reference({ reference }: { readonly reference: ShownReference }): JSX.Element {
  switch (reference.kind) {
    case 'image':
      return (
        <ImageLink
          id={reference.id}
          name={reference.type === null ? reference.name : `${reference.name} (${reference.type})`}
          state={reference.state}
          thumbnail={reference.thumbnail}
        />
      )
    case 'file':
    case 'url':
      return (
        <span class="link">
          <Thumbnail thumbnail={reference.thumbnail} />
          <span class="path">{reference.kind === 'file' ? reference.file : reference.url}</span>
        </span>
      )
  }
}

interface ImageLinkProps {
  readonly id: string
  readonly name: string
  readonly state: TileState
  readonly thumbnail: PictureKey | null
}

function ImageLink({ id, name, state, thumbnail }: ImageLinkProps): JSX.Element {
  const studio = useStudio()
  // A report of a branch has only the images that changed.
  if (studio.report !== null && studio.report.images[id] === undefined) {
    return (
      <span class="link" title={id}>
        <Thumbnail thumbnail={thumbnail} />
        <span>{name}</span>
      </span>
    )
  }
  return (
    <a class="link" href={studio.hrefOf({ view: 'image', id })} title={id}>
      <Thumbnail thumbnail={thumbnail} />
      <span>{name}</span>
      {state !== 'current' && <span class="quiet small">{STATE_WORDS[state]}</span>}
    </a>
  )
}

function Thumbnail({ thumbnail }: { readonly thumbnail: PictureKey | null }): JSX.Element {
  const studio = useStudio()
  return (
    <span class="link-picture">
      {thumbnail !== null && <img src={studio.picture(thumbnail)} alt="" loading="lazy" />}
    </span>
  )
}

function HistoryFold(props: FactsProps): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  return (
    <Fold title="History" onOpen={() => setOpen(true)}>
      <History {...props} isOpen={isOpen} />
    </Fold>
  )
}

interface RenditionsProps {
  readonly id: string
  readonly picture: PictureKey | null
  readonly beside: PictureKey | null
  readonly onBeside: (rendition: ShownRendition | null) => void
}

/** The finished files. They are rendered where they are not here yet, so they are asked for when looked at. */
function Renditions({ id, picture, beside, onBeside }: RenditionsProps): JSX.Element {
  const studio = useStudio()
  const { connection } = studio
  const [isOpen, setOpen] = useState(false)
  const { value: list, problem } = useAnswer(
    () => connection.renditions(id),
    [connection, id, picture],
    isOpen,
  )
  return (
    <Fold title="Renditions" onOpen={() => setOpen(true)}>
      {list === null && problem === null && <p class="quiet small">Rendering …</p>}
      {problem !== null && <p class="problem">{problem}</p>}
      {list?.problem !== undefined && list.problem !== null && (
        <Problems problems={[list.problem]} />
      )}
      {list !== null && list.renditions.length > 0 && (
        <RenditionList renditions={list.renditions} beside={beside} onBeside={onBeside} />
      )}
      {list?.media.map(({ media, image, renditions }) => (
        <div key={media}>
          <h3 class="medium">
            <code>{media}</code>
            {image !== null && <a href={studio.hrefOf({ view: 'image', id: image })}>{image}</a>}
          </h3>
          <RenditionList renditions={renditions} beside={beside} onBeside={onBeside} />
        </div>
      ))}
    </Fold>
  )
}

function RenditionList({
  renditions,
  beside,
  onBeside,
}: Pick<RenditionsProps, 'beside' | 'onBeside'> & {
  readonly renditions: readonly ShownRendition[]
}): JSX.Element {
  return (
    <ul class="renditions">
      {renditions.map((rendition) => {
        const isBeside = rendition.picture === beside
        return (
          <li key={rendition.picture}>
            <button
              type="button"
              class="rendition"
              aria-pressed={isBeside}
              onClick={() => onBeside(isBeside ? null : rendition)}
            >
              <span>{rendition.format}</span>
              <span>
                {rendition.width} × {rendition.height}
              </span>
              <span>{bytesOf(rendition.bytes)}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
