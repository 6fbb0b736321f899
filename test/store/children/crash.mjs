/**
 * Stores one response in many stores, and stops in each one step later than in the one before: right before the first
 * change to the file system, before the second, … Then it waits to be killed. The file system is the real one; only the
 * start of a step is delayed. The last line states how many stores stopped; the next one is complete.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import path from 'node:path'

const { BUILT_SOURCE, FOLDER, RESPONSE } = process.env
const response = JSON.parse(fs.readFileSync(RESPONSE, 'utf8'))

let stopAt = 0
let stopped = () => {}
for (const name of ['open', 'rename', 'rm']) {
  const original = fs.promises[name]
  fs.promises[name] = async (...given) => {
    stopAt--
    if (stopAt === 0) {
      stopped()
      await new Promise(() => {})
    }
    return await original(...given)
  }
}
syncBuiltinESMExports()

const { openStore } = await import(`${BUILT_SOURCE}/store/store.js`)
const logger = { info() {}, warn() {}, error() {} }

async function keep(dir) {
  const store = openStore({ dir, logger })
  await store.settle(await store.savePending(response))
  return 'whole'
}

for (let step = 1; ; step++) {
  const stop = new Promise((resolve) => {
    stopped = resolve
  })
  stopAt = step
  if ((await Promise.race([keep(path.join(FOLDER, `step-${step}`)), stop])) === 'whole') {
    console.log(step)
    break
  }
}
setInterval(() => {}, 1000)
