import type { Output } from './terminal/output.ts'

const CELLS = 24

/** @returns what draws how far something is, at the bottom of a terminal. */
export function createBar(output: Output): (done: number, total: number) => void {
  return (done, total) => {
    const filled = Math.round((done / total) * CELLS)
    output.status(`${'█'.repeat(filled)}${'░'.repeat(CELLS - filled)} ${done}/${total}`)
  }
}
