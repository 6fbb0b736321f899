import { compile } from 'svelte/compiler'
import { defaultClientConditions, type Plugin } from 'vite'

/** As much of vite-plugin-svelte as a published component needs. */
export function sveltePlugin(): Plugin {
  return {
    name: 'svelte',
    config: () => ({ resolve: { conditions: ['svelte', ...defaultClientConditions] } }),
    transform(code, id, options) {
      if (!id.endsWith('.svelte')) return undefined
      const { js, warnings } = compile(code, {
        filename: id,
        generate: options?.ssr === true ? 'server' : 'client',
      })
      for (const { code: rule, message } of warnings) this.error(`${rule}: ${message}`)
      return { code: js.code, map: null }
    },
  }
}
