import { readFileSync, writeFileSync } from 'node:fs'

// Loaded before a program whose memory is measured.
process.on('exit', () => writeFileSync(process.env['BENCH_PEAK'] ?? '', String(peak())))

/** Kilobytes. What the system reports at the end of a process counts who started it, too: Linux knows it of the program. */
function peak() {
  const own =
    process.platform === 'linux'
      ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
      : undefined
  return own ?? process.resourceUsage().maxRSS
}
