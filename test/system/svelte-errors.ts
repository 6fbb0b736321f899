/** The errors in what `svelte-check --output machine-verbose` prints, each as `file:line TS1234`. */
export function svelteErrorsIn(said: string): string[] {
  return [...said.matchAll(/^\d+ (\{.*\})$/gm)].map(([, json = '']) => {
    const { filename, start, code } = JSON.parse(json) as {
      readonly filename: string
      readonly start: { readonly line: number }
      readonly code: number
    }
    return `${filename}:${start.line + 1} TS${code}`
  })
}
