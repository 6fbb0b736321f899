import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'

/** One promise and the observations about it: a row of the table at the end. */
export interface Finding {
  readonly scenario: string
  readonly promised: string
  readonly measured: string
  /** Violations of the promise, each with its round. */
  readonly broken: readonly string[]
}

const SHOWN = 20

/** Records the findings for the table at the end, then fails where a promise was broken. */
export function conclude(findings: readonly Finding[]): void {
  const file = process.env['CHAOS_FINDINGS']
  if (file !== undefined) {
    for (const finding of findings) appendFileSync(file, `${JSON.stringify(finding)}\n`)
  }
  const broken = findings
    .filter((finding) => finding.broken.length > 0)
    .map(({ promised, broken }) => ({ promised, broken: broken.slice(0, SHOWN) }))
  expect(broken).toEqual([])
}
