import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { ChangeCheck, CheckedProblem, EditedFields } from '../../protocol-actions.ts'
import type { ImageDetail } from '../../protocol-image.ts'
import { RefusedError } from '../connection.ts'
import { useStudio, wordsOf } from '../studio.ts'
import { countOf, moneyOf, STATE_WORDS } from '../words.ts'
import { draftOf, fieldsOf, rebase, seedProblem, type Draft } from './draft.ts'

interface EditorProps {
  readonly image: ImageDetail
  readonly isEditing: boolean
  /** Ends the edit; the image is loaded again by itself. */
  readonly onDone: () => void
  readonly onReload: () => void
}

/** After the last key, before the server is asked, in milliseconds. */
const STILL = 150

/** The words of an image. While they are edited, the manifest's own validation says what is wrong and what it costs. */
export function Editor({ image, isEditing, onDone, onReload }: EditorProps): JSX.Element {
  return isEditing ? (
    <EditForm image={image} onDone={onDone} onReload={onReload} />
  ) : (
    <Words image={image} />
  )
}

function Words({ image }: { readonly image: ImageDetail }): JSX.Element {
  const { alt, prompt } = image
  return (
    <div class="words">
      {prompt.value !== null && (
        <Field label="Prompt">
          {(props) => <textarea {...props} class="prompt" readOnly value={prompt.value ?? ''} />}
        </Field>
      )}
      <dl class="facts">
        <div>
          <dt>Alt</dt>
          <dd>
            {alt.value === null && <span class="warn">Not written</span>}
            {alt.value === '' && <span class="quiet">Decoration</span>}
            {alt.value}
          </dd>
        </div>
      </dl>
    </div>
  )
}

type FormProps = Omit<EditorProps, 'isEditing'>

function EditForm({ image: newest, onDone, onReload }: FormProps): JSX.Element {
  const studio = useStudio()
  // What the person began with: whatever changes meanwhile is a conflict, which the server finds by the digest.
  const [image, setImage] = useState(newest)
  const [draft, setDraft] = useState(draftOf(newest))
  const [check, setCheck] = useState<ChangeCheck | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isConflict, setConflict] = useState(false)
  const [isAsked, setAsked] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const stopCheck = useRef((): void => undefined)
  const fields = fieldsOf(image, draft)
  const isChanged = Object.keys(fields).length > 0
  const seedIs = seedProblem(draft.seed)
  const { id } = image.tile
  const request = { id, digest: image.digest, change: { kind: 'edit', fields } } as const

  useEffect(() => {
    const field = form.current?.querySelector<HTMLElement>('textarea, input')
    field?.focus()
  }, [])

  useEffect(() => {
    setProblem(null)
    if (!isChanged || seedIs !== null || isConflict) {
      setCheck(null)
      return undefined
    }
    const left = new AbortController()
    const timer = setTimeout(() => {
      studio.connection.check(request, left.signal).then(setCheck, (error: unknown) => {
        if (!left.signal.aborted) fail(error)
      })
    }, STILL)
    stopCheck.current = () => {
      clearTimeout(timer)
      left.abort()
    }
    return stopCheck.current
  }, [draft, image, isConflict])

  const fail = (error: unknown): void => {
    if (error instanceof RefusedError && error.refusal.code === 'changed') {
      setConflict(true)
      onReload()
    } else if (error instanceof RefusedError && error.refusal.problems.length > 0) {
      const problems = error.refusal.problems.map((one) => ({ ...one, field: null }))
      setCheck({ problems, after: null })
    } else setProblem(wordsOf(error))
  }

  const problems = check?.problems ?? []
  const canSave = isChanged && seedIs === null && problems.length === 0 && !isAsked && !isConflict
  const save = async (): Promise<void> => {
    setAsked(true)
    // What is checked would be found to have changed, once this is written.
    stopCheck.current()
    try {
      studio.written(await studio.connection.change(request))
      onDone()
    } catch (error) {
      setAsked(false)
      fail(error)
    }
  }

  const type = (field: keyof Draft) => (event: { currentTarget: { value: string } }) =>
    setDraft({ ...draft, [field]: event.currentTarget.value })
  const of = (field: keyof EditedFields): readonly CheckedProblem[] =>
    problems.filter((one) => one.field === field)
  const seedProblems = seedIs === null ? of('seed') : [{ message: seedIs }]

  return (
    <form
      class="edit"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault()
        if (canSave) void save()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.preventDefault()
          event.stopPropagation()
          onDone()
        } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && canSave) void save()
      }}
    >
      {image.prompt.editable && (
        <Field label="Prompt" problems={of('prompt')}>
          {(props) => (
            <textarea {...props} class="prompt" value={draft.prompt} onInput={type('prompt')} />
          )}
        </Field>
      )}
      {image.alt.editable && (
        <Field label="Alt" problems={of('alt')}>
          {(props) => <input {...props} value={draft.alt} onInput={type('alt')} />}
        </Field>
      )}
      <div class="edit-row">
        {image.aspectRatio.editable && (
          <Field label="Aspect ratio" problems={of('aspectRatio')}>
            {(props) => (
              <input
                {...props}
                value={draft.aspectRatio}
                placeholder={image.aspectRatio.value ?? '1:1'}
                onInput={type('aspectRatio')}
              />
            )}
          </Field>
        )}
        {image.size.editable && (
          <Field label="Size" problems={of('size')}>
            {(props) => (
              <input
                {...props}
                value={draft.size}
                placeholder={image.size.value ?? '1024x1024'}
                onInput={type('size')}
              />
            )}
          </Field>
        )}
        {image.seed.editable && (
          <Field label="Seed" problems={seedProblems}>
            {(props) => (
              <input
                {...props}
                inputMode="numeric"
                value={draft.seed}
                placeholder="derived"
                onInput={type('seed')}
              />
            )}
          </Field>
        )}
      </div>
      <Shared image={image} />
      <OtherProblems problems={problems} />
      {isConflict && (
        <div class="problem" role="alert">
          <p>
            {image.tile.manifest} has changed since you began. Nothing was written. Your words are
            still here.
          </p>
          <button
            type="button"
            class="button"
            disabled={newest.digest === image.digest}
            onClick={() => {
              setDraft(rebase(draft, image, newest))
              setImage(newest)
              setConflict(false)
            }}
          >
            Keep my words, take the rest from the file
          </button>
        </div>
      )}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <p class="after small" aria-live="polite">
        {check?.after !== undefined && check.after !== null && <After after={check.after} />}
      </p>
      <div class="edit-actions">
        <button type="submit" class="button button-primary" disabled={!canSave}>
          Save
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  )
}

/** Problems that belong to no field. */
function OtherProblems({
  problems,
}: {
  readonly problems: readonly CheckedProblem[]
}): JSX.Element {
  return (
    <>
      {problems
        .filter(({ field }) => field === null)
        .map(({ message, hint }) => (
          <p key={message} class="problem" role="alert">
            {message} {hint}
          </p>
        ))}
    </>
  )
}

function After({ after }: { readonly after: NonNullable<ChangeCheck['after']> }): JSX.Element {
  const { bill, alsoMissing, state } = after
  if (!after.changes) return <>Nothing in the manifest changes.</>
  const price =
    bill.pictures === 0
      ? 'it costs nothing'
      : `${countOf(bill.pictures, 'picture')} for ${moneyOf(bill.usd)}, when you generate`
  return (
    <>
      After saving: {STATE_WORDS[state].toLowerCase()}; {price}.
      {alsoMissing.length > 0 &&
        ` ${countOf(alsoMissing.length, 'other image')} become missing: ${alsoMissing.slice(0, 3).join(', ')}${alsoMissing.length > 3 ? ' …' : ''}`}
    </>
  )
}

/** Whom an edit reaches, where that is not only this image. */
function Shared({ image }: { readonly image: ImageDetail }): JSX.Element | null {
  if (image.combination === null) return null
  const combination = Object.entries(image.combination)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')
  return (
    <p class="quiet small">
      {countOf(image.sharing, 'image')} share these lines. Saving writes an override for{' '}
      {combination}.
    </p>
  )
}

interface FieldProps {
  readonly label: string
  readonly problems?: ReadonlyArray<{ readonly message: string; readonly hint?: string }>
  readonly children: (props: {
    id: string
    'aria-invalid': boolean
    'aria-describedby': string | undefined
  }) => ComponentChildren
}

function Field({ label, problems = [], children }: FieldProps): JSX.Element {
  const id = useId()
  const isWrong = problems.length > 0
  const words = problems.map(({ message, hint }) => [message, hint].filter(Boolean).join(' '))
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        'aria-invalid': isWrong,
        'aria-describedby': isWrong ? `${id}-problem` : undefined,
      })}
      {isWrong && (
        <p id={`${id}-problem`} class="field-problem">
          {words.join(' ')}
        </p>
      )}
    </div>
  )
}
