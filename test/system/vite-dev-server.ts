import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { cleanEnvironment } from '../examples/clean-environment.ts'

export interface ViteDevServer {
  readonly url: string
  /** Everything that it printed so far. */
  output(): string
  stop(): Promise<void>
}

/** `vite`, as on the command line, in a project that has it installed. */
export async function startViteDevServer(
  project: string,
  environment: NodeJS.ProcessEnv,
): Promise<ViteDevServer> {
  const vite = path.join(project, 'node_modules/vite/bin/vite.js')
  const child = spawn(process.execPath, [vite, '--host', '127.0.0.1', '--port', '0'], {
    cwd: project,
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let output = ''
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const url = /Local: +(http:\S+)\n/.exec(output)?.[1]
        if (url !== undefined) resolve(url)
      })
    }
  })
  const url = await Promise.race([listening, closed])
  if (typeof url !== 'string') throw new Error(`Vite ended:\n${output}`)
  return {
    url,
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      await closed
    },
  }
}
