import { afterAll, beforeAll, test } from 'vitest'
import { HOSTS } from '../bundlers/hosts/all.ts'
import {
  expectCacheToSeeStyles,
  expectNoImportOfStyles,
  expectStylesToBeWatched,
  styledStore,
} from '../bundlers/styles.ts'

let filled: Awaited<ReturnType<typeof styledStore>>

beforeAll(async () => {
  filled = await styledStore()
})
afterAll(() => filled.dispose())

test.each(HOSTS)('$name with a warm cache sees an edited style', (host) =>
  expectCacheToSeeStyles(host, filled.store),
)

test.each(HOSTS)('$name watches the styles of what it builds', (host) =>
  expectStylesToBeWatched(host, filled.store),
)

test.each(HOSTS)('$name refuses code that imports a style', (host) =>
  expectNoImportOfStyles(host, filled.store),
)
