import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface DialogProps {
  readonly title: string
  /** Repeats the verb of the question; without it there is nothing to confirm. */
  readonly confirm?: string | undefined
  readonly canConfirm?: boolean
  readonly onConfirm?: () => void
  readonly onClose: () => void
  /** Of the button that leaves everything as it is, which has the focus. */
  readonly cancel?: string
  readonly class?: string
  readonly children: ComponentChildren
}

/** A question, or something to read, over the page. Enter and Escape both leave things as they are. */
export function Dialog({
  title,
  confirm,
  canConfirm = true,
  onConfirm,
  onClose,
  cancel = 'Cancel',
  class: name = '',
  children,
}: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const leave = useRef<HTMLButtonElement>(null)
  const titleId = useId()
  useEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    leave.current?.focus()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={`dialog ${name}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div class="dialog-body">
        <h2 id={titleId}>{title}</h2>
        {children}
        <div class="dialog-actions">
          <button type="button" class="button" ref={leave} onClick={onClose}>
            {cancel}
          </button>
          {confirm !== undefined && (
            <button
              type="button"
              class="button button-primary"
              disabled={!canConfirm}
              onClick={onConfirm}
            >
              {confirm}
            </button>
          )}
        </div>
      </div>
    </dialog>
  )
}
