/* One build with Vite of the project in the working directory. */
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

// The project's Vite, as its own scripts would find it.
const require = createRequire(path.join(process.cwd(), 'package.json'))
const vite = path.join(path.dirname(require.resolve('vite/package.json')), 'dist/node/index.js')
const { build } = await import(pathToFileURL(vite).href)
await build({ logLevel: 'error' })
