import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import type { ResolvedOptions } from '../options.ts'
import { ImagegenError } from '../shared/errors.ts'

/** How the user agrees to spend money: by answering a question, or with an option of the command. */
export type Consent = 'ask' | 'given'

/**
 * Determines how the user agrees to spend money.
 *
 * @throws ImagegenError with code `usage` if no option agrees and the terminal is not interactive.
 */
export function consentOf(
  given: { readonly yes: boolean; readonly budget: number | undefined },
  isInteractive: boolean,
): Consent {
  if (given.yes || given.budget !== undefined) return 'given'
  if (isInteractive) return 'ask'
  throw new ImagegenError('usage', {
    message:
      '`imagegen generate` cannot ask for permission to spend: the terminal is not interactive.',
    hint: 'Add `--yes` (the budget still applies) or `--budget N`. `imagegen plan` shows the price.',
  })
}

/** A configured budget always applies. The default budget applies only if the user is not asked and names none. */
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
 * Refuses to generate in a mode that the user set. CI's default mode does not apply to an explicit `generate`.
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
    message: `The mode is \`${mode}\` (by ${modeSource === 'environment' ? 'IMAGEGEN_MODE' : 'the option `mode`'}), in which no provider is called.`,
    hint: 'Run the command with IMAGEGEN_MODE=generate.',
  })
}

/** Asks the user a yes-or-no question. Ctrl-C and the end of the input mean no. */
export async function isConfirmed(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  const unanswered = once(reader, 'close').then(() => '\n')
  const answered = reader.question(`${question} [y/N] `).catch(() => unanswered)
  const answer = await Promise.race([answered, unanswered])
  reader.close()
  if (answer === '\n') process.stderr.write(answer)
  return /^y(es)?$/i.test(answer.trim())
}
