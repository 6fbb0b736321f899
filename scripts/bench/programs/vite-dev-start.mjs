/* Starts Vite's dev server in the working directory; says how long that took, and ends. */
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(path.join(process.cwd(), 'package.json'))
const vite = path.join(path.dirname(require.resolve('vite/package.json')), 'dist/node/index.js')
const { createServer } = await import(pathToFileURL(vite).href)
const server = await createServer({ logLevel: 'error', server: { host: '127.0.0.1', port: 0 } })
await server.listen()
// Since the process began.
console.log(performance.now() / 1000)
await server.close()
process.exit(0)
