/** Vitest hands what it has in `import.meta.env` on to every process; Vite and Astro listen to some of it. */
const RUNNERS: ReadonlySet<string> = new Set(['BASE_URL', 'DEV', 'MODE', 'PROD', 'SSR', 'TEST'])

/** What a program would see that somebody starts by hand: no test runner, no account, but continuous integration. */
export function cleanEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:VITEST|NODE_ENV|FORCE_COLOR|MINIMAX_|IMAGEGEN_)/.test(name) && !RUNNERS.has(name),
  )
  return { ...Object.fromEntries(inherited), CI: 'true', NO_COLOR: '1', ...more }
}
