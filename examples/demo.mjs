/**
 * The examples built in front of your eyes: what each build asks the provider for, counted, and held against what it
 * should ask for.
 *
 *     npm run demo                   through the emulator, for nothing; through MiniMax where MINIMAX_API_KEY is set
 *     npm run demo -- --serve        shows what each step cost, the built pages and the studio, until Ctrl-C
 *     npm run demo -- --folder DIR   builds in DIR, which must be empty or missing
 */
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { copyExamples, DemoError } from './demo/projects.mjs'
import { openProvider } from './demo/provider.mjs'
import { openStudio } from './demo/studio.mjs'
import { writeStory } from './demo/story.mjs'
import { isAsExpected, steps, take } from './demo/steps.mjs'
import { tableHead, tableRow } from './demo/table.mjs'

/**
 * @import { Projects } from './demo/projects.mjs'
 * @import { Provider } from './demo/provider.mjs'
 */

const hosts = ['vite', 'webpack']
const home = fileURLToPath(new URL('.demo', import.meta.url))
const stopping = new AbortController()
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => stopping.abort(new DemoError('Interrupted.')))
}

try {
  process.exitCode = await demo(readArguments())
} catch (error) {
  process.exitCode = stopping.signal.aborted ? 130 : 1
  if (!(error instanceof DemoError)) throw error
  console.error(`\n${error.message}`)
}

/** @param {{ serve: boolean, folder: string | undefined }} options */
async function demo({ serve, folder }) {
  const where = await emptyFolder(folder)
  const provider = await openProvider()
  try {
    const isFine = await buildEverything(where, provider)
    if (serve) await show(where, provider)
    else console.log('\n`npm run demo -- --serve` shows them.')
    return isFine ? 0 : 1
  } finally {
    await provider.close()
  }
}

/**
 * @param {string} where
 * @param {Provider} provider
 */
async function buildEverything(where, provider) {
  const projects = await copyExamples(where, provider.env, stopping.signal)
  const countRequests = provider.countRequests ?? (async () => (await projects.made()).length)
  console.log(`\n${provider.about}`)
  if (provider.isPaid) console.log(await bill(projects))
  console.log(`\n${tableHead(steps)}`)

  const outcomes = []
  for (const step of steps) {
    const outcome = await take(step, projects, countRequests)
    console.log(tableRow(steps, outcome))
    outcomes.push(outcome)
  }
  await writeStory(projects, outcomes, provider)
  const isFine = outcomes.every(isAsExpected)

  console.log(`\n${isFine ? 'All as expected.' : 'Not as expected.'} The built pages:\n`)
  for (const host of hosts) {
    console.log(labelled(host, path.relative('', path.join(where, host, 'dist/index.html'))))
  }
  return isFine
}

/** @param {Projects} projects */
async function bill(projects) {
  const { pictures, usd } = await projects.plan()
  const most = steps.flatMap(({ expected }) => expected).length
  return `${most} pictures, ${((usd / pictures) * most).toFixed(4)} USD. They are kept in ${projects.folder}.`
}

/** @param {string | undefined} wanted */
async function emptyFolder(wanted) {
  if (wanted !== undefined) {
    const folder = path.resolve(wanted)
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      throw new DemoError(`${folder} is not empty.`)
    }
    return folder
  }
  // What was paid for is never removed; what the emulator drew can be drawn again.
  if (process.env['MINIMAX_API_KEY']) {
    return path.join(home, `minimax-${new Date().toISOString().replaceAll(/\W/g, '-')}`)
  }
  const folder = path.join(home, 'emulator')
  await rm(folder, { recursive: true, force: true })
  return folder
}

/**
 * @param {string} where the built projects are
 * @param {Provider} provider
 */
async function show(where, provider) {
  const { preview } = await import('vite')
  const pages = ['story', ...hosts]
  const servers = await Promise.all(
    pages.map((page) =>
      preview({
        root: path.join(where, page),
        configFile: false,
        logLevel: 'silent',
        preview: { host: '127.0.0.1', port: 0 },
      }),
    ),
  )
  console.log(`\nServed until Ctrl-C:\n`)
  for (const [index, page] of pages.entries()) {
    console.log(labelled(page, servers[index]?.resolvedUrls?.local[0] ?? ''))
  }
  const studio = await openStudio(path.join(where, 'vite'), provider.env)
  console.log(labelled('studio', studio.address))
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
  await Promise.all([studio.close(), ...servers.map((server) => server.close())])
}

/**
 * @param {string} host
 * @param {string} place
 */
function labelled(host, place) {
  return `  ${host.padEnd(8)} ${place}`
}

function readArguments() {
  try {
    const options = /** @type {const} */ ({
      serve: { type: 'boolean', default: false },
      folder: { type: 'string' },
    })
    const { serve, folder } = parseArgs({ options }).values
    return { serve, folder }
  } catch (error) {
    throw new DemoError(error instanceof Error ? error.message : String(error))
  }
}
