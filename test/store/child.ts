import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { builtSource } from '../build-once.ts'

/** Runs a script of `children/` in its own process. */
export interface Child {
  readonly process: ChildProcess
  /** The next line of its standard output. */
  line(): Promise<string>
  say(line: string): void
  /** The exit code, or the signal that ended the process. */
  readonly ended: Promise<number | string>
}

export async function startChild(
  script: string,
  environment: Record<string, string>,
): Promise<Child> {
  const file = fileURLToPath(new URL(`children/${script}.mjs`, import.meta.url))
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...environment, BUILT_SOURCE: await builtSource() },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    ended: once(child, 'exit').then(([code, signal]: (number | string)[]) => code ?? signal ?? ''),
    async line() {
      const next: IteratorResult<string, undefined> = await lines.next()
      return next.value ?? ''
    },
    say: (line) => child.stdin.write(`${line}\n`),
  }
}
