import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'

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
