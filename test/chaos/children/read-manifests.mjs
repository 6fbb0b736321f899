/**
 * Reads, resolves and plans manifests, one after the other. Prints a line before each, and one after it with the result
 * and its duration. Node's permission model allows writing only to its own folder.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const [modules, folder, casesFile, first] = process.argv.slice(2)
const load = (module) => import(path.join(modules, module))
const { loadManifest, understandManifest } = await load('manifest/read/read.js')
const { resolveManifests } = await load('manifest/resolve/resolve.js')
const { createPlanner } = await load('plan/plan.js')
const { minimax } = await load('model/minimax/minimax.js')
const { resolveModel } = await load('model/resolved-model.js')
const { ImagegenError } = await load('shared/errors.js')

const models = new Map()
for (const name of ['image-01', 'image-01-live']) {
  models.set(name, await resolveModel(name, minimax(name)))
}
const project = { root: folder, defaults: {}, vars: new Map(), allow: [folder] }
const forgetful = { get: () => undefined, set: () => undefined }
const emptyStore = {
  lookup: () => ({ candidates: [], problems: [] }),
  earlierRecipes: () => [],
}

const LONG = 500
const TRIES = 3

const cases = readFileSync(casesFile, 'utf8').split('\n')
for (let index = Number(first); index < cases.length; index++) {
  process.stdout.write(`${JSON.stringify({ index })}\n`)
  const name = 'case.image.yaml'
  const file = path.join(folder, name)
  writeFileSync(file, Buffer.from(cases[index], 'base64'))
  const { outcome, entries, broken, milliseconds } = timed(file, name)
  const megabytes = Math.round(process.memoryUsage.rss() / 1024 / 1024)
  process.stdout.write(
    `${JSON.stringify({ number: index, outcome, entries, milliseconds, megabytes, broken })}\n`,
  )
}

/** Other processes can only add time, so a slow case is tried again and the shortest time counts. */
function timed(file, name) {
  let least = Infinity
  for (let tries = 1; ; tries++) {
    const start = [performance.now(), process.cpuUsage()]
    const result = readOne(file, name)
    const { user, system } = process.cpuUsage(start[1])
    // A busy machine is slow, and the garbage collector runs in between: the lower figure is the cost.
    least = Math.min(least, performance.now() - start[0], (user + system) / 1000)
    if (least < LONG || tries === TRIES) return { ...result, milliseconds: least }
  }
}

function readOne(file, name) {
  try {
    const manifest = understandManifest(loadManifest(file, name), forgetful)
    const { entries, problems } = resolveManifests([manifest], new Set(), project)
    const plan = createPlanner(models).plan(entries, emptyStore)
    const all = [...problems.values(), ...plan.problems.values()].flat()
    return {
      outcome: all.length === 0 ? 'resolved' : 'refused',
      entries: entries.length,
      broken: unlocated(all, name),
    }
  } catch (error) {
    if (error instanceof ImagegenError && error.code === 'manifest') {
      return { outcome: 'refused', entries: 0, broken: unlocated(error.problems, name) }
    }
    return { outcome: 'failed', entries: 0, broken: String(error?.stack ?? error) }
  }
}

/** An error without a place or a text does not help. */
function unlocated(problems, name) {
  const bad = problems.find(
    ({ message, place }) =>
      message === '' || place?.file !== name || !(place.line >= 1) || !(place.column >= 1),
  )
  return bad === undefined ? null : `not located: ${JSON.stringify(bad).slice(0, 300)}`
}
