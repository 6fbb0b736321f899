import { spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '..')

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imagegen-counts-'))
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  const reporter = path.join(root, 'test/counting-reporter.ts')
  writeFileSync(
    path.join(folder, 'vitest.config.ts'),
    `import { reporters } from ${JSON.stringify(reporter)}
     export default { test: { reporters: reporters() } }`,
  )
})

afterEach(() => rm(folder, { recursive: true, force: true }))

it('adds up what every run found, and names what fails, outside of tests too', () => {
  const passing = "import { it } from 'vitest'; it('a', () => {}); it('b', () => {})"
  expect(countsAfter(passing)).toEqual({ passed: 2, failed: 0, skipped: 0, failures: [] })
  const missing = expect.stringMatching(/^one\.test\.ts: .*not-there/)
  expect(countsAfter("import './not-there.ts'")).toEqual({
    passed: 2,
    failed: 1,
    skipped: 0,
    failures: [missing],
  })
  expect(
    countsAfter(`
      import { beforeAll, describe, it } from 'vitest'
      describe('a hook', () => {
        beforeAll(() => { throw new Error('hook') })
        it('is never reached', () => {})
      })
      it('fails', () => { throw new Error('test') })
      it('passes and leaves a rejection', () => void Promise.reject(new Error('unhandled')))
    `),
  ).toEqual({
    passed: 3,
    failed: 4,
    skipped: 1,
    failures: [
      missing,
      'outside of tests: unhandled',
      'one.test.ts > a hook: hook',
      'one.test.ts > fails: test',
    ],
  })
})

function countsAfter(test: string): unknown {
  writeFileSync(path.join(folder, 'one.test.ts'), test)
  const file = path.join(folder, 'counts.json')
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs')
  spawnSync(process.execPath, [vitest, 'run', '--root', folder], {
    env: { ...process.env, TEST_COUNTS: file },
    stdio: 'ignore',
  })
  return JSON.parse(readFileSync(file, 'utf8'))
}
