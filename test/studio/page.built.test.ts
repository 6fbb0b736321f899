import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const page = path.join(import.meta.dirname, '../../dist/studio/page.html')

test('the page is one file of at most 200 kB, 60 kB gzipped', () => {
  const bytes = readFileSync(page)
  expect(bytes.length).toBeLessThanOrEqual(200_000)
  expect(gzipSync(bytes).length).toBeLessThanOrEqual(60_000)
})

test('the page loads nothing: its only style and its only script are inside', () => {
  const html = readFileSync(page, 'utf8')
  const [head = '', ...rest] = html.split(/<style>[^]*<\/style>/)
  const outside = [head, ...rest].join('').replace(/<script type="module">[^]*<\/script>/, '')
  expect(html.match(/<style>/g)).toHaveLength(1)
  expect(html.match(/<script type="module">/g)).toHaveLength(1)
  expect(outside).not.toMatch(/\s(?:src|href|style|on\w+)="(?!data:)/)
  // Named one by one, so that a failure does not print the whole page.
  const forbidden = ['@import', 'url(', 'localStorage', 'sessionStorage', 'document.cookie']
  expect(forbidden.filter((text) => html.includes(text))).toEqual([])
})
