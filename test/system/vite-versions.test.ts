import { build as build6, createServer as createServer6 } from 'vite-6'
import { build as build7, createServer as createServer7 } from 'vite-7'
import { describe, test } from 'vitest'
import { expectRefusals, type Build } from '../bundlers/published-manifests.ts'
import { expectUpdates, type Create } from '../bundlers/renamed-images.ts'

/** They differ in types alone, as far as this goes. */
const VERSIONS = [
  { version: 6, create: createServer6 as unknown as Create, build: build6 as unknown as Build },
  { version: 7, create: createServer7 as unknown as Create, build: build7 as unknown as Build },
]

describe.each(VERSIONS)('Vite $version', ({ create, build }) => {
  test('after images were renamed, removed, added and brought back, edits still update the page', () =>
    expectUpdates(create))

  test('refuses to publish a manifest, however a page names it', () =>
    expectRefusals(build, [1_000_000]))
})
