import type { RetryAdvice } from '../image-model.ts'

/** The meaning of a code in an answer, and what to do about it. */
export interface CodeFacts {
  readonly meaning: string
  /** What to do now. `{host}` is replaced by the host that was asked. */
  readonly advice: string
  readonly retry: RetryAdvice
  /** No other request can succeed either. */
  readonly stopsRun: boolean
  /** Whether a picture may have been drawn before the request failed; no source says that such ones are free. */
  readonly maybeBilled: boolean
}

const AGAIN = 'It is worth another try; if it goes on, MiniMax has trouble.'
const CHECK_KEY =
  'Check MINIMAX_API_KEY. The host was {host}, and a key is bound to its region: keys of platform.minimax.io go with https://api.minimax.io, Chinese ones with https://api.minimax.cn (MINIMAX_API_HOST).'

/** All known codes inside answers. A request that is answered with another code is not retried. */
const CODES: Readonly<Record<string, CodeFacts>> = {
  1000: failure('unknown error', AGAIN),
  1001: failure('timeout at MiniMax', AGAIN),
  1024: failure('internal error', AGAIN),
  1033: failure('downstream error', AGAIN),
  1002: refusal(
    'rate limit passed',
    'The run slows down. If other programs use the key, lower `rpm`.',
    {
      retry: 'rate-limit',
    },
  ),
  1041: refusal(
    'too many connections',
    'The run slows down. If other programs use the key, wait for them.',
    {
      retry: 'rate-limit',
    },
  ),
  2045: refusal('requests grew too fast', 'The run slows down.', { retry: 'rate-limit' }),
  1039: refusal('token limit passed', 'It is worth another try; a shorter prompt may help.', {
    retry: 'backoff',
  }),
  1004: refusal('not authorised', CHECK_KEY, { stopsRun: true }),
  2049: refusal('invalid API key', CHECK_KEY, { stopsRun: true }),
  1008: refusal(
    'insufficient balance',
    'Top up the account, then run again: what is there is kept.',
    {
      stopsRun: true,
    },
  ),
  2056: refusal(
    'usage limit of the plan reached',
    'It is counted over 5 hours. Run again later: what is there is kept.',
    { stopsRun: true },
  ),
  2061: refusal(
    'the plan does not include this model',
    'Use another model, or a plan that includes it.',
    { stopsRun: true },
  ),
  1026: refusal('the prompt is sensitive', 'Reword the prompt: unchanged it is refused again.'),
  1027: {
    ...refusal(
      'the picture came out sensitive',
      'Try another seed or revision, or reword the prompt.',
    ),
    maybeBilled: true,
  },
  1042: refusal(
    'more than 10 % of the prompt are invisible characters',
    'Remove control and zero-width characters from the prompt.',
  ),
  2013: refusal('invalid parameters', 'Change the setting that the message names.'),
}

/** The facts about a code; `undefined` for an unknown one. */
export function factsOfCode(code: string): CodeFacts | undefined {
  return Object.hasOwn(CODES, code) ? CODES[code] : undefined
}

function failure(meaning: string, advice: string): CodeFacts {
  return { meaning, advice, retry: 'backoff', stopsRun: false, maybeBilled: true }
}

function refusal(
  meaning: string,
  advice: string,
  exceptions: Partial<Pick<CodeFacts, 'retry' | 'stopsRun'>> = {},
): CodeFacts {
  return { meaning, advice, retry: 'never', stopsRun: false, maybeBilled: false, ...exceptions }
}
