import { describe, expect, it } from 'vitest'
import { paidFor as pictureWords, paidWords } from '../../src/studio/page/report/change-words.ts'
import { paidFor } from '../../src/studio/report/paid.ts'

function payments(...prices: Array<number | null>): Parameters<typeof paidFor>[0] {
  return prices.map((usd, index) => ({ key: String(index), entry: undefined, usd }))
}

describe('what a branch paid', () => {
  it('is the sum of its receipts, exactly', () => {
    const paid = paidFor(payments(0.0035, 0.0035, 0.0035, 0.1, 0.2))
    expect(paid).toEqual({ pictures: 5, usd: 0.3105, known: 0.3105, unpriced: 0 })
    expect([paidWords(paid), pictureWords(paid)]).toEqual(['0.3105 USD', '5 pictures'])
  })

  it('is shown to the millionth of a dollar, and never as 0', () => {
    expect(paidWords(paidFor(payments(0.00004)))).toBe('0.00004 USD')
  })

  it('is unknown, and not 0, if a price is', () => {
    const some = paidFor(payments(0.0035, null))
    expect(some).toEqual({ pictures: 2, usd: null, known: 0.0035, unpriced: 1 })
    expect(paidWords(some)).toBe('0.0035 USD and an unknown price')
    expect(pictureWords(some)).toBe('2 pictures, 1 without a price')
    const none = paidFor(payments(null))
    expect(none.usd).toBeNull()
    expect(paidWords(none)).toBe('unknown price')
  })

  it('is unknown as a whole without receipts in git', () => {
    const paid = paidFor(null)
    expect(paid).toMatchObject({ pictures: null, usd: null })
    expect([paidWords(paid), pictureWords(paid)]).toEqual([
      'unknown',
      'the receipts are not in git',
    ])
  })
})
