import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import type { ResolvedOptions } from '../options.ts'
import { ImagegenError } from '../shared/errors.ts'

/** Who agreed to spend: a person who is asked, or the one who wrote the command line. */
export type Consent = 'ask' | 'given'

/** @throws ImagegenError with code `usage` where nobody agreed and nobody can be asked. */
export function consentOf(
  given: { readonly yes: boolean; readonly budget: number | undefined },
  isInteractive: boolean,
): Consent {
  if (given.yes || given.budget !== undefined) return 'given'
  if (isInteractive) return 'ask'
  throw new ImagegenError('usage', {
    message: '`imagegen generate` cannot ask here whether it may spend.',
    hint: 'Add `--yes` (the budget holds) or `--budget N`. `imagegen plan` shows the price.',
  })
}

/** A budget that the user configured binds always; the default one binds where nobody is asked and none is named. */
export function budgetFor(
  consent: Consent,
  named: number | undefined,
  { budget, budgetIsChosen }: Pick<ResolvedOptions, 'budget' | 'budgetIsChosen'>,
): ResolvedOptions['budget'] {
  const configured = budgetIsChosen ? budget.images : Infinity
  if (named !== undefined) return { ...budget, images: Math.min(named, configured) }
  return { ...budget, images: consent === 'ask' ? configured : budget.images }
}

/**
 * The default in CI does not bind a command that says `generate`; what somebody wrote does.
 *
 * @throws ImagegenError with code `frozen`.
 */
export function refuseMode({
  mode,
  modeSource,
}: Pick<ResolvedOptions, 'mode' | 'modeSource'>): void {
  const isWritten = modeSource === 'environment' || modeSource === 'option'
  if (mode === 'generate' || !isWritten) return
  throw new ImagegenError('frozen', {
    message: `The mode is \`${mode}\` (by ${modeSource === 'environment' ? 'IMAGEGEN_MODE' : 'the option `mode`'}), in which no provider is asked.`,
    hint: 'Run it with IMAGEGEN_MODE=generate.',
  })
}

/** Asks a person. Ctrl-C and the end of the input are a no. */
export async function isConfirmed(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  const unanswered = once(reader, 'close').then(() => '\n')
  const answered = reader.question(`${question} [y/N] `).catch(() => unanswered)
  const answer = await Promise.race([answered, unanswered])
  reader.close()
  if (answer === '\n') process.stderr.write(answer)
  return /^y(es)?$/i.test(answer.trim())
}
