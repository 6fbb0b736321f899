import type { JSX } from 'preact'
import type { ImageDetail } from '../../protocol-image.ts'
import { PaidChangeDialog } from './paid-change-dialog.tsx'

interface RerollDialogProps {
  readonly image: ImageDetail
  readonly onClose: () => void
}

/** Asks before another picture of the same words is paid for. */
export function RerollDialog({ image, onClose }: RerollDialogProps): JSX.Element {
  return (
    <PaidChangeDialog
      id={image.tile.id}
      digest={image.digest}
      change={{ kind: 'reroll' }}
      verb="Reroll"
      what={image.tile.name}
      onClose={onClose}
    >
      {() => (
        <p>
          The model draws the same words again. The pictures that are here stay in the store, and
          Undo brings them back into use.
        </p>
      )}
    </PaidChangeDialog>
  )
}
