import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startChild } from './child.ts'
import {
  KEY,
  filesIn,
  jpeg,
  keep,
  responseOf,
  rootFiles,
  temporaryFolder,
  temporaryStore,
} from './samples.ts'

test('the next process completes the work of one killed before any change to the file system', async () => {
  const folder = temporaryFolder()
  const picture = await jpeg('teal')
  const RESPONSE = path.join(folder, 'response.json')
  const response = responseOf([picture, Buffer.from('<html>no picture</html>')])
  writeFileSync(RESPONSE, JSON.stringify(response))

  const child = await startChild('crash', { FOLDER: folder, RESPONSE })
  const steps = Number(await child.line()) - 1
  child.process.kill('SIGKILL')
  expect(await child.ended).toBe('SIGKILL')
  expect(steps).toBeGreaterThan(15)
  const whole = path.join(folder, `step-${steps + 1}`)
  const expected = rootFiles(whole)
  // The original, its receipt, and the marker of the picture that cannot be used.
  expect(expected).toHaveLength(3)

  const kept: boolean[] = []
  for (let step = 1; step <= steps; step++) {
    const dir = path.join(folder, `step-${step}`)
    const { store, warnings } = temporaryStore(dir)
    const hadArrived = filesIn(dir, 'pending').length > 0
    const before = (await store.read([KEY])).lookup(KEY)
    // Arrived responses are known as such, also with purpose `look`.
    if (hadArrived) expect(before.problems.map(({ kind }) => kind)).toContain('response-pending')

    await store.recover()
    const { candidates, problems } = (await store.read([KEY])).lookup(KEY)
    expect(problems).toEqual([])
    expect(warnings).toEqual([])
    expect(filesIn(dir, 'pending')).toEqual([])
    kept.push(candidates.length === 1)
    if (candidates.length === 0) {
      expect(hadArrived).toBe(false)
      continue
    }
    expect(rootFiles(dir)).toEqual(expected)
    for (const file of expected) {
      expect(readFileSync(path.join(dir, file))).toEqual(readFileSync(path.join(whole, file)))
    }
    expect(await store.readOriginal(candidates[0]!)).toEqual(picture)
    expect(filesIn(dir, 'quarantine')).toHaveLength(2)
    expect((await store.verify()).problems).toEqual([])
  }
  // Before the response was on the disk there was nothing, and afterwards everything.
  const first = kept.indexOf(true)
  expect(first).toBeGreaterThan(0)
  expect(kept.slice(first)).not.toContain(false)
})

test('unfinished files of a running process are left alone', async () => {
  const { store, dir } = temporaryStore()
  await keep(store, responseOf([await jpeg('teal')]))
  const [own] = readdirSync(path.join(dir, 'pending'))
  const begun = path.join(dir, 'pending', own!, 'begun.tmp')
  writeFileSync(begun, 'half of')
  await store.recover()
  expect(readFileSync(begun, 'utf8')).toBe('half of')
})

test('unfinished files of another machine are left alone for a day', async () => {
  const { store, dir } = temporaryStore()
  const elsewhere = path.join(dir, 'pending', '0123456789ab-1-1.tmp')
  mkdirSync(elsewhere, { recursive: true })
  await store.recover()
  expect(existsSync(elsewhere)).toBe(true)

  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000)
  utimesSync(elsewhere, twoDaysAgo, twoDaysAgo)
  await store.recover()
  expect(existsSync(elsewhere)).toBe(false)
})
