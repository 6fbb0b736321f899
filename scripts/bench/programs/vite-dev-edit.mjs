/*
 * A dev server on which one manifest is edited again and again: from the moment in which the watcher says so to the
 * moment in which Vite has the new code of an image's module. Ends with all times, in seconds.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [manifest = '', image = '', edits = '1'] = process.argv.slice(2)
const require = createRequire(path.join(process.cwd(), 'package.json'))
const vite = path.join(path.dirname(require.resolve('vite/package.json')), 'dist/node/index.js')
const { createServer } = await import(pathToFileURL(vite).href)

/**
 * Told when Vite has heard of an edit, and all plugins before this one.
 *
 * @type {() => void}
 */
let heard = () => undefined
const listener = { name: 'listener', hotUpdate: { order: 'post', handler: () => heard() } }
const server = await createServer({
  logLevel: 'error',
  server: { host: '127.0.0.1', port: 0 },
  plugins: [listener],
})
await server.listen()

/** The code of the image's module, as a page that asks for it now is given it. */
const load = async () => (await server.transformRequest(`/${manifest}?image=${image}`))?.code ?? ''
await server.transformRequest(`/${manifest}`)
await load()

const times = []
for (let edit = 1; edit <= Number(edits); edit++) {
  const alt = `Seen for the ${edit}. time`
  // A watcher takes two changes that follow each other within milliseconds for one.
  await new Promise((resolve) => setTimeout(resolve, 200))
  const noticed = new Promise((resolve) => {
    server.watcher.once('change', () => resolve(performance.now()))
  })
  const told = new Promise((resolve) => (heard = () => resolve(undefined)))
  const text = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, text.replace(/alt: [^\n]*/, `alt: ${alt}`))
  const start = await noticed
  await told
  // Plugins are told before the old code is forgotten.
  while (!(await load()).includes(alt)) await new Promise((resolve) => setImmediate(resolve))
  times.push((performance.now() - start) / 1000)
}
console.log(JSON.stringify(times))
process.exit(0)
