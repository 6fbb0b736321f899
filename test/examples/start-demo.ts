import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from './clean-environment.ts'

const script = fileURLToPath(new URL('../../examples/demo.mjs', import.meta.url))

export interface RunningDemo {
  /** What it printed before it began to serve. */
  readonly output: string
  /** Where the summary, the built pages and the studio are served. */
  readonly pages: Readonly<Record<'story' | 'vite' | 'webpack' | 'studio', string>>
  /** Ends it as Ctrl-C does; its exit code. */
  stop(): Promise<number | null>
}

export interface EndedDemo {
  readonly output: string
  readonly exitCode: number | null
}

/** Runs the demo until it ends. */
export async function runDemo(
  options: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<EndedDemo> {
  const { child, printed } = start(options, environment)
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { output: printed(), exitCode }
}

/** Runs the demo until it serves the built pages. */
export async function startDemo(folder: string): Promise<RunningDemo> {
  const { child, printed } = start(['--serve', '--folder', folder])
  const closed = once(child, 'close') as Promise<[number | null]>
  const pageOf = (host: string): string | undefined =>
    new RegExp(`^  ${host} +(http://\\S+)\n`, 'm').exec(printed())?.[1]
  const served = new Promise<RunningDemo['pages']>((resolve) => {
    child.stdout.on('data', () => {
      const [story, vite, webpack] = [pageOf('story'), pageOf('vite'), pageOf('webpack')]
      const studio = pageOf('studio')
      if (story === undefined || vite === undefined) return
      if (webpack !== undefined && studio !== undefined) resolve({ story, vite, webpack, studio })
    })
  })
  const pages = await Promise.race([served, closed])
  if (Array.isArray(pages)) throw new Error(`The demo ended with ${pages[0]}:\n${printed()}`)
  return {
    output: printed(),
    pages,
    async stop() {
      child.kill('SIGINT')
      const [exitCode] = await closed
      return exitCode
    },
  }
}

function start(options: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [script, ...options], {
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  return { child, printed: () => output }
}
