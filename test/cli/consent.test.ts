import { describe, expect, it } from 'vitest'
import { budgetFor, consentOf, refuseMode } from '../../src/cli/consent.ts'

const usd = undefined
const byDefault = { budget: { images: 20, usd }, budgetIsChosen: false }
const chosen = { budget: { images: 5, usd: 1 }, budgetIsChosen: true }

describe('the consent to spend', () => {
  it('is a flag, a number, or an answer in a terminal', () => {
    const nothing = { yes: false, budget: undefined }
    expect(consentOf({ yes: true, budget: undefined }, true)).toBe('given')
    expect(consentOf({ yes: false, budget: 0 }, false)).toBe('given')
    expect(consentOf(nothing, true)).toBe('ask')
    expect(() => consentOf(nothing, false)).toThrow('--yes')
  })

  it.each([
    ['asked, by default', 'ask', undefined, byDefault, Infinity],
    ['--yes, by default', 'given', undefined, byDefault, 20],
    ['--budget 50, by default', 'given', 50, byDefault, 50],
    ['asked, with a budget of 5', 'ask', undefined, chosen, 5],
    ['--yes, with a budget of 5', 'given', undefined, chosen, 5],
    ['--budget 50, with a budget of 5', 'given', 50, chosen, 5],
    ['--budget 3, with a budget of 5', 'given', 3, chosen, 3],
    ['--budget 0', 'given', 0, byDefault, 0],
  ] as const)('%s', (_, consent, named, options, images) => {
    expect(budgetFor(consent, named, options)).toEqual({ images, usd: options.budget.usd })
  })
})

describe('the mode', () => {
  it.each([
    ['frozen', 'environment', true],
    ['frozen', 'option', true],
    ['placeholder', 'option', true],
    ['frozen', 'ci', false],
    ['placeholder', 'test', false],
    ['generate', 'option', false],
  ] as const)('%s by %s: refused %s', (mode, modeSource, isRefused) => {
    const refuse = (): void => refuseMode({ mode, modeSource })
    if (isRefused) expect(refuse).toThrow(mode)
    else expect(refuse).not.toThrow()
  })
})
