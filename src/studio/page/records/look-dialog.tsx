import type { JSX } from 'preact'
import type { LeftOver, LeftOverPlace } from '../../protocol-records.ts'
import { Dialog } from '../controls/dialog.tsx'
import { useStudio } from '../studio.ts'
import { bytesOf, moneyOf, ORIGIN_WORDS, timeOf } from '../words.ts'
import { GoBack } from './go-back.tsx'

interface LookDialogProps {
  readonly original: LeftOver
  readonly place: LeftOverPlace
  readonly isBusy: boolean
  readonly onStep: (by: 1 | -1) => void
  readonly onMove: () => void
  readonly onClose: () => void
}

/** An original that nothing asks for, large, with what it was and what can be done with it. */
export function LookDialog(props: LookDialogProps): JSX.Element {
  const { original, place, isBusy, onStep, onMove, onClose } = props
  const studio = useStudio()
  const { image, picture, name, prompt, time, key, sha256 } = original
  return (
    <Dialog title={name} cancel="Close" class="look" onClose={onClose}>
      <div
        class="look-body"
        onKeyDown={(event) => {
          if (event.key === 'ArrowRight') onStep(1)
          else if (event.key === 'ArrowLeft') onStep(-1)
        }}
      >
        <div class="look-picture">
          {picture === null ? (
            <span class="quiet">Its bytes are not here.</span>
          ) : (
            <img key={picture} src={studio.picture(picture)} alt={prompt ?? name} />
          )}
        </div>
        <div class="look-facts">
          {prompt !== null && <p class="history-prompt">{prompt}</p>}
          <dl class="facts">
            {factsOf(original).map(([fact, value]) => (
              <div key={fact}>
                <dt>{fact}</dt>
                <dd>{value}</dd>
              </div>
            ))}
            <div>
              <dt>Image</dt>
              <dd>
                {image === null ? (
                  <span class="quiet">{original.entry ?? name}, no longer there</span>
                ) : (
                  <a class="path" href={studio.hrefOf({ view: 'image', id: image.id })}>
                    {image.id}
                  </a>
                )}
              </dd>
            </div>
          </dl>
          {studio.writable.value && (
            <div class="look-actions">
              {image !== null && place === 'store' && (
                <GoBack
                  key={original.original}
                  id={image.id}
                  name={name}
                  digest={image.digest}
                  past={{ key, sha256 }}
                  label={`the picture of ${timeOf(time)}`}
                  onDone={onClose}
                />
              )}
              <button type="button" class="button" disabled={isBusy} onClick={onMove}>
                {place === 'store' ? 'Move to the trash' : 'Restore'}
              </button>
            </div>
          )}
        </div>
      </div>
    </Dialog>
  )
}

function factsOf(original: LeftOver): ReadonlyArray<readonly [name: string, value: string]> {
  const { time, usd, model, origin, seed, width, height, bytes } = original
  return [
    ['Time', timeOf(time)],
    ['Price', moneyOf(usd)],
    ['Model', model],
    ...(origin === 'provider' ? [] : [['Origin', ORIGIN_WORDS[origin]] as const]),
    ...(seed === null ? [] : [['Seed', String(seed)] as const]),
    ['Picture', `${width} × ${height}, ${bytesOf(bytes)}`],
  ]
}
