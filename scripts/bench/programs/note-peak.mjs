import { writeFileSync } from 'node:fs'

// Loaded before a program whose memory is measured.
process.on('exit', () => {
  const file = process.env['BENCH_PEAK'] ?? ''
  writeFileSync(file, String(process.resourceUsage().maxRSS))
})
