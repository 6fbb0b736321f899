import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Milliseconds without a line: it hangs. Far more than any case may take, since the machine may be busy. */
const PATIENCE = 60_000

/**
 * Runs a script that goes through cases, and prints a line of JSON with the case's `index` before each and another one
 * with what came of it. Where the process dies or hangs, the case it was at is blamed, and another process goes on after
 * it.
 *
 * @param args of Node; the number of the case to begin with is added.
 * @param onDeath told the case at which a process died or hung.
 */
export async function lineByLine<Line extends object>(
  args: readonly string[],
  onLine: (line: Line) => void,
  onDeath: (index: number) => void,
): Promise<void> {
  for (let first = 0; ;) {
    let at = first
    let seen = Date.now()
    const child = spawn(process.execPath, [...args, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const watchdog = setInterval(() => {
      if (Date.now() - seen > PATIENCE) child.kill('SIGKILL')
    }, 500)
    const closed = once(child, 'close')
    for await (const text of createInterface({ input: child.stdout })) {
      seen = Date.now()
      const line = JSON.parse(text) as { readonly index: number } | Line
      if ('index' in line) at = line.index
      else onLine(line)
    }
    const [code] = (await closed) as [number | null]
    clearInterval(watchdog)
    if (code === 0) return
    onDeath(at)
    first = at + 1
  }
}
