import { expect, test } from 'vitest'
import { parseManifest } from '../../src/manifest/read/parse.ts'

test.each([
  ['bytes', 'prompt: x\nproviderOptions: { icon: !!binary aGVsbG8= }'],
  ['a date', 'prompt: x\nproviderOptions: { since: !!timestamp 2026-11-22 }'],
  ['a set', 'prompt: x\nproviderOptions: { words: !!set { a, b } }'],
  ['an ordered map', 'prompt: x\noutput: !!omap [ quality: 80 ]'],
  ['a set of images', 'images: !!set { a }'],
])('%s, which YAML supports and JSON does not, is refused', (_, text) => {
  expect(() => parseManifest(text, 'a.image.yaml')).toThrow(/a\.image\.yaml:\d+:\d+/)
})
