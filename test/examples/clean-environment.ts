/** Vitest hands what it has in `import.meta.env` on to every process; Vite and Astro listen to some of it. */
const RUNNERS: ReadonlySet<string> = new Set(['BASE_URL', 'DEV', 'MODE', 'PROD', 'SSR', 'TEST'])

/** The environment of a program started by hand in CI: without the test runner and without an account. */
export function cleanEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:VITEST|NODE_ENV|FORCE_COLOR|MINIMAX_|IMAGEGEN_)/.test(name) && !RUNNERS.has(name),
  )
  return { ...Object.fromEntries(inherited), CI: 'true', NO_COLOR: '1', ...more }
}
