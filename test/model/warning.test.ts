import { expect, test } from 'vitest'
import { describeWarning } from '../../src/model/warning.ts'

test.each<[unknown, string]>([
  [
    { type: 'unsupported-setting', setting: 'seed' },
    'the model does not take `seed` and ignored it',
  ],
  [
    { type: 'unsupported', feature: 'aspectRatio', details: 'Use `size` instead.' },
    'the model does not take `aspectRatio` and ignored it: Use `size` instead.',
  ],
  [
    { type: 'compatibility', feature: 'files' },
    'the model takes `files` in a compatibility mode only',
  ],
  [
    { type: 'deprecated', setting: 'style', message: 'Use quality.' },
    '`style` is deprecated: Use quality.',
  ],
  [{ type: 'other', message: 'slow today' }, 'slow today'],
  [{ type: 'brand-new', message: 'hello' }, 'hello'],
  [{ type: 'brand-new', feature: 'x' }, '{"type":"brand-new","feature":"x"}'],
  ['just text', 'just text'],
  [undefined, 'undefined'],
  [{ type: 'other', message: '\u001b[2Jgone\u202e' }, '[2Jgone'],
])('%o', (warning, text) => {
  expect(describeWarning(warning)).toBe(text)
})

test('a long warning is cut', () => {
  expect(describeWarning({ type: 'other', message: 'x'.repeat(10_000) })).toHaveLength(300)
})
