import { ModelError } from '../image-model.ts'
import { plainText } from '../../shared/plain-text.ts'
import { retryAfter, trace, type RawAnswer } from '../http/answer-error.ts'
import { factsOfCode } from './codes.ts'

/**
 * The error for a code in the body.
 *
 * @param said MiniMax's own words.
 * @param pictures the body, where it holds pictures all the same: they may have been paid for.
 */
export function codeError(
  raw: RawAnswer,
  code: string,
  said: string | undefined,
  pictures: string | undefined,
): ModelError {
  const facts = factsOfCode(code)
  const quote = said === undefined || said === '' ? '' : ` ("${plainText(said)}")`
  const meaning = facts?.meaning ?? 'a code that is not known'
  const advice =
    facts?.advice.replace('{host}', () => raw.host) ?? 'Look it up in the documentation of MiniMax.'
  return new ModelError(`MiniMax ${code}: ${meaning}${quote}. ${advice}${trace(raw)}`, {
    code,
    retry: facts?.retry ?? 'never',
    stopsRun: facts?.stopsRun ?? false,
    maybeBilled: facts?.maybeBilled ?? true,
    retryAfter: retryAfter(raw.headers),
    responseBody: pictures,
  })
}

/**
 * The error for an answer whose pictures were all refused by the safety filter. They were drawn, and no source says that
 * refused pictures are free.
 */
export function emptyError(raw: RawAnswer, refused: number | undefined): ModelError {
  const count = refused === undefined ? '' : ` (failed: ${refused})`
  return new ModelError(
    `MiniMax answered without a picture${count}: its safety filter refused them all. ` +
      `Reword the prompt, or try another seed or revision.${trace(raw)}`,
    { code: 'empty', retry: 'never', maybeBilled: true },
  )
}
