/**
 * Increments a counter again and again, which only the lock makes safe, and reports when another process was inside
 * too.
 */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const { BUILT_SOURCE, FOLDER, COUNTER, ROUNDS } = process.env
const { acquireLock } = await import(`${BUILT_SOURCE}/store/locks/lock.js`)

for (let round = 0; round < Number(ROUNDS); round++) {
  const lock = await acquireLock({
    folder: FOLDER,
    name: 'counter',
    signal: new AbortController().signal,
    pause: 4,
  })
  closeSync(openSync(`${COUNTER}.inside`, 'wx'))
  const value = Number(readFileSync(COUNTER, 'utf8'))
  await new Promise((resolve) => setImmediate(resolve))
  writeFileSync(COUNTER, String(value + 1))
  rmSync(`${COUNTER}.inside`)
  lock.release()
}
console.log('done')
