/** Serves the folder `game` on this machine: a browser does not fetch from `file:` pages. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const game = fileURLToPath(new URL('game', import.meta.url))
const TYPES = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
}

async function answer(request, response) {
  try {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const file = path.join(game, decodeURI(pathname === '/' ? '/index.html' : pathname))
    if (!file.startsWith(game + path.sep)) throw new Error(`${file} is outside`)
    const bytes = await readFile(file)
    const type = TYPES[path.extname(file)] ?? 'text/plain'
    response.writeHead(200, { 'content-type': type }).end(bytes)
  } catch {
    response.writeHead(404).end('There is nothing here.')
  }
}

const server = createServer((request, response) => void answer(request, response))
server.listen(Number(process.env.PORT ?? 4020), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
