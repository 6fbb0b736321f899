import { createUnplugin, type UnpluginInstance, type UnpluginOptions } from 'unplugin'
import type { Options } from './options/options.ts'
import { checkHostVersion } from './plugin/host-version.ts'
import { bunHost, type BunBuild } from './plugin/hosts/bun.ts'
import { esbuildHost } from './plugin/hosts/esbuild.ts'
import { farmHost } from './plugin/hosts/farm.ts'
import type { HostFacts } from './plugin/session/host-facts.ts'
import { rollupHost } from './plugin/hosts/rollup.ts'
import { createSession, type Session } from './plugin/session/session.ts'
import { viteHost } from './plugin/hosts/vite.ts'
import { webpackHost } from './plugin/hosts/webpack.ts'

type Meta = Parameters<UnpluginInstance<Options>['raw']>[1]

const unplugin: UnpluginInstance<Options | undefined, false> = createUnplugin((options, meta) => ({
  name: 'unplugin-imagegen',
  enforce: 'pre',
  ...hooksFor(meta, (facts) => createSession(options, facts)),
}))

/** The plugin for all hosts. */
export const imagegen: UnpluginInstance<Options | undefined, false> = {
  ...unplugin,
  rspack(options) {
    const plugin = unplugin.rspack(options)
    return {
      apply(compiler) {
        // Before unplugin runs, which fails on Rspack 0.
        checkHostVersion('Rspack', compiler.webpack.rspackVersion)
        plugin.apply(compiler)
      },
    }
  },
}

function hooksFor(meta: Meta, begin: (facts: HostFacts) => Session): Omit<UnpluginOptions, 'name'> {
  switch (meta.framework) {
    case 'vite':
      return { vite: viteHost(begin) }
    case 'rollup':
      return { rollup: rollupHost(begin) }
    case 'rolldown':
      return { rolldown: rollupHost(begin) }
    case 'webpack': {
      checkHostVersion('webpack', meta.versions.webpack)
      const { apply, ...hooks } = webpackHost(begin)
      return { ...hooks, webpack: apply }
    }
    case 'rspack': {
      const { apply, ...hooks } = webpackHost(begin)
      return { ...hooks, rspack: apply }
    }
    case 'esbuild':
      return { esbuild: { setup: (build) => esbuildHost(build, begin) } }
    case 'bun':
      return { bun: { setup: (build: BunBuild) => bunHost(build, begin) } }
    case 'farm':
      return farmHost(begin)
    case 'rsbuild':
    case 'unloader':
      throw new Error(`There is no entry for ${meta.framework}.`)
    default:
      return meta satisfies never
  }
}
