import { esbuild } from './esbuild.ts'
import type { Host } from './host.ts'
import { rolldown, rollup } from './rollup.ts'
import { vite6, vite7, vite8 } from './vite.ts'
import { rspack, webpack } from './webpack.ts'

/** Every bundler and version that the project is tested with. */
export const HOSTS: readonly Host[] = [
  vite6,
  vite7,
  vite8,
  webpack,
  rspack,
  rollup,
  rolldown,
  esbuild,
]
