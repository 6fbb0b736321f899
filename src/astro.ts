import type { Options } from './options/options.ts'
import { imagegen as unplugin } from './plugin.ts'
import { astroOriginals } from './plugin/hosts/astro-originals.ts'
import { studioOf, type StudioApi } from './plugin/hosts/vite-studio.ts'
import { messageOf } from './shared/errors.ts'
import { printable } from './shared/plain-text.ts'

/** The part of Astro's integration type that this one uses, so that the declarations compile without Astro. */
export interface AstroIntegration {
  readonly name: string
  readonly hooks: {
    readonly 'astro:config:setup': (setup: AstroSetup) => void
    readonly 'astro:config:done': (done: AstroConfigured) => void
    readonly 'astro:server:start': (started: AstroServing) => void
  }
}

/** What Astro passes before it has its configuration. */
export interface AstroSetup {
  readonly command: 'dev' | 'build' | 'preview' | 'sync'
  updateConfig(this: void, config: { readonly vite?: object }): unknown
}

/** What Astro passes once its dev server listens. */
export interface AstroServing {
  readonly logger: { info(message: string): void; error(message: string): void }
}

/** What Astro passes once it has its configuration. */
export interface AstroConfigured {
  /** Whether the build or a server renders pages. */
  readonly buildOutput: 'static' | 'server'
  injectTypes(this: void, types: { readonly filename: string; readonly content: string }): unknown
}

/**
 * The integration for Astro: `<Image>`, `<Picture>` and a plain `<picture>` accept what an import returns.
 *
 * ```ts
 * // astro.config.mjs
 * import imagegen from 'unplugin-imagegen/astro'
 * export default { integrations: [imagegen()] }
 * ```
 */
const imagegen: (options?: Options) => AstroIntegration = (options) => {
  let pages: 'static' | 'server' = 'server'
  let studio: StudioApi['studio'] | undefined
  return {
    name: 'unplugin-imagegen',
    hooks: {
      'astro:config:setup'({ command, updateConfig }) {
        // Builds and `astro sync` read content through a dev server of their own, for which the user agreed to no costs.
        const quiet: Options = { ...options, dev: { generate: 'off' } }
        const plugin = unplugin.vite(command === 'dev' ? options : quiet)
        studio = studioOf(plugin)
        updateConfig({ vite: { plugins: [plugin, astroOriginals(() => pages)] } })
      },
      'astro:server:start'({ logger }) {
        studio?.()
          .then((address) => {
            if (address !== undefined) logger.info(`Studio: ${address}`)
            return address
          })
          .catch((error: unknown) => logger.error(printable(messageOf(error))))
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
