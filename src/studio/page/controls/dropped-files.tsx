import { useEffect, useRef } from 'preact/hooks'

/** What a view does with a file of the desktop that is dragged over it. */
export interface DropHandlers {
  /** @returns whether a file can be dropped there. */
  readonly over: (target: EventTarget | null) => boolean
  /** The file has left the page without being dropped. */
  readonly leave: () => void
  readonly drop: (file: File, target: EventTarget | null) => void
}

/** Takes files that are dropped anywhere on the page. */
export function useDroppedFiles(handlers: DropHandlers): void {
  const newest = useRef(handlers)
  newest.current = handlers
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (!holdsFiles(event) || !newest.current.over(event.target)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'copy'
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) newest.current.leave()
    }
    const drop = (event: DragEvent): void => {
      if (!holdsFiles(event)) return
      event.preventDefault()
      const isTaken = newest.current.over(event.target)
      newest.current.leave()
      const file = event.dataTransfer.files[0]
      if (isTaken && file !== undefined) newest.current.drop(file, event.target)
    }
    window.addEventListener('dragover', over)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
    return () => {
      window.removeEventListener('dragover', over)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', drop)
    }
  }, [])
}

/** A browser opens a file that is dropped where nothing takes it, and the page would be gone. */
export function useNoStrayFiles(): void {
  useEffect(() => {
    const refuse = (event: DragEvent): void => {
      if (!holdsFiles(event) || event.defaultPrevented) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'none'
    }
    window.addEventListener('dragover', refuse)
    window.addEventListener('drop', refuse)
    return () => {
      window.removeEventListener('dragover', refuse)
      window.removeEventListener('drop', refuse)
    }
  }, [])
}

function holdsFiles(event: DragEvent): event is DragEvent & { dataTransfer: DataTransfer } {
  return event.dataTransfer?.types.includes('Files') === true
}
