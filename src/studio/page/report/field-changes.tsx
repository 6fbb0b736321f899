import type { JSX } from 'preact'
import type { FieldChange } from '../../protocol-report.ts'
import type { PromptPart } from '../../protocol-records.ts'

/** Words and settings that differ, the words with what changed in them marked. */
export function FieldChanges({ fields }: { readonly fields: readonly FieldChange[] }): JSX.Element {
  return (
    <dl class="field-changes">
      {fields.map((field) => (
        <div key={field.name}>
          <dt>{field.name}</dt>
          <dd>
            <Value field={field} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Value({ field: { before, after, parts } }: { readonly field: FieldChange }): JSX.Element {
  if (parts !== null) {
    return (
      <>
        {parts.map((part, index) => (
          // A part has no name of its own, and the list never changes.
          <Part key={`${index} ${part.is}`} {...part} />
        ))}
      </>
    )
  }
  return (
    <>
      {before !== null && <del>{before === '' ? '(empty)' : before}</del>}
      {before !== null && after !== null && ' '}
      {after !== null && <ins>{after === '' ? '(empty)' : after}</ins>}
    </>
  )
}

function Part({ text, is }: PromptPart): JSX.Element {
  switch (is) {
    case 'same':
      return <>{text}</>
    case 'added':
      return <ins>{text}</ins>
    case 'removed':
      return <del>{text}</del>
  }
}
