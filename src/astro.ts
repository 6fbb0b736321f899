import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'
import { astroOriginals } from './plugin/hosts/astro-originals.ts'

/** An integration as Astro takes it, as far as this one goes: its declarations hold where Astro is not installed. */
export interface AstroIntegration {
  readonly name: string
  readonly hooks: {
    readonly 'astro:config:setup': (setup: AstroSetup) => void
    readonly 'astro:config:done': (done: AstroConfigured) => void
  }
}

/** What Astro hands over before it has its configuration. */
export interface AstroSetup {
  readonly command: 'dev' | 'build' | 'preview' | 'sync'
  updateConfig(this: void, config: { readonly vite?: object }): unknown
}

/** What Astro hands over once it has its configuration. */
export interface AstroConfigured {
  /** Whether pages are made in the build, or by a server. */
  readonly buildOutput: 'static' | 'server'
  injectTypes(this: void, types: { readonly filename: string; readonly content: string }): unknown
}

/**
 * The integration for Astro: `<Image>`, `<Picture>` and a plain `<picture>` take what an import gives.
 *
 * ```ts
 * // astro.config.mjs
 * import imagegen from 'unplugin-imagegen/astro'
 * export default { integrations: [imagegen()] }
 * ```
 */
const imagegen: (options?: Options) => AstroIntegration = (options) => {
  let pages: 'static' | 'server' = 'server'
  return {
    name: 'unplugin-imagegen',
    hooks: {
      'astro:config:setup'({ command, updateConfig }) {
        // Builds and `astro sync` look at content through a dev server of their own, for which nobody agreed to pay.
        const quiet: Options = { ...options, dev: { generate: 'off' } }
        const plugin = unplugin.vite(command === 'dev' ? options : quiet)
        updateConfig({ vite: { plugins: [plugin, astroOriginals(() => pages)] } })
      },
      'astro:config:done'({ buildOutput, injectTypes }) {
        pages = buildOutput
        injectTypes({
          filename: 'manifests.d.ts',
          content: '/// <reference types="unplugin-imagegen/client" />\n',
        })
      },
    },
  }
}

export { imagegen as default, imagegen as 'module.exports' }
