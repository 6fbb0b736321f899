/**
 * Takes a lock and prints `waiting` and `held`. On standard input `fail` leaves a failure, and `release` or the end of
 * input releases the lock.
 */
import { createInterface } from 'node:readline'

const { BUILT_SOURCE, FOLDER, NAME } = process.env
const { acquireLock } = await import(`${BUILT_SOURCE}/store/locks/lock.js`)

const lock = await acquireLock({
  folder: FOLDER,
  name: NAME,
  signal: new AbortController().signal,
  onWait: () => console.log('waiting'),
})
console.log(`held ${JSON.stringify({ waited: lock.waited, failure: lock.failure })}`)

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  if (line === 'fail') {
    lock.fail({ code: '1026', message: 'refused', hint: null, stopsRun: false })
    console.log('failed')
  }
  if (line === 'release') lines.close()
})
lines.on('close', () => {
  lock.release()
  console.log('released')
})
