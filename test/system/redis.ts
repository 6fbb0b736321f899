import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'

/** A Redis of its own, with a folder of its own, on loopback. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Ends it at once; what was written is in the append-only file. */
  kill(): Promise<void>
  /** Lets it forget everything. */
  flush(): Promise<void>
  /** Starts it again, where it was and with what it had. */
  start(): Promise<void>
}

export async function startRedis({ password }: { password?: string } = {}): Promise<RedisServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'imagegen-redis-'))
  const port = await freePort()
  let running: ChildProcess | undefined
  const server: RedisServer = {
    port,
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    async kill() {
      if (running === undefined) return
      const ended = once(running, 'close')
      running.kill('SIGKILL')
      running = undefined
      await ended
    },
    async start() {
      running = await launch(folder, port, password)
    },
    async flush() {
      const client = new Redis(server.url)
      await client.flushall()
      client.disconnect()
    },
    async [Symbol.asyncDispose]() {
      await server.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

async function launch(
  folder: string,
  port: number,
  password: string | undefined,
): Promise<ChildProcess> {
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder]
  const secret = password === undefined ? [] : ['--requirepass', password]
  const child = spawn('redis-server', [...place, ...secret, '--save', '', '--appendonly', 'yes'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const failed = once(child, 'exit').then(() => {
    throw new Error(`redis-server ended on port ${port}.`)
  })
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('Ready to accept connections')) return
    }
  })()
  try {
    await Promise.race([ready, failed])
  } catch (error) {
    if (child.pid !== undefined) throw error
    throw new Error('redis-server is missing: apt-get install redis-server', { cause: error })
  }
  // Its log is of no interest any more, and must not fill the pipe.
  child.stdout.resume()
  failed.catch(() => undefined)
  return child
}
