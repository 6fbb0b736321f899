import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Brings `dist` up to date, once a run. Builds side by side do not disturb each other. */
export default function buildDist(): void {
  const script = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))
  execFileSync(process.execPath, [script, '--no-check'], { stdio: 'inherit' })
}
