import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * Milliseconds without a line after which a process counts as hanging. Far more than any case takes, because the
 * machine may be busy.
 */
const PATIENCE = 60_000

/**
 * Runs a script that processes cases. Before each case it prints a line of JSON with the case's `index`, and afterwards
 * another one with the result. Where the process dies or hangs, its current case is blamed, and another process
 * continues after it.
 *
 * @param args arguments of Node; the number of the first case is appended.
 * @param onDeath called with the case at which a process died or hung.
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
