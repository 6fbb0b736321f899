import { requireVersion } from '../shared/package-version.ts'

/** The oldest version of each host that can run this plugin. */
const OLDEST = {
  Vite: '6',
  webpack: '5',
  Rspack: '1',
  Rollup: '4',
  Rolldown: '1',
  esbuild: '0.21',
  Bun: '1.2.22',
  Next: '16.3',
  Nuxt: '4',
} as const

/**
 * @param version as the host reports it; undefined if the host is too old to report it.
 * @throws ImagegenError with code `config`, in one line and without a stack.
 */
export function checkHostVersion(host: keyof typeof OLDEST, version: string | undefined): void {
  const advice = `Update ${host}, or use \`imagegen export\`, which needs no bundler.`
  requireVersion(host, version, OLDEST[host], advice)
}
