import type { Compiler } from 'webpack'
import { webpackUrl } from '../emit/hosts.ts'
import type { Session } from './session.ts'

/**
 * What webpack has beside the common hooks: it says where the project is, and learns that our modules have no side
 * effects, so that images that nobody uses fall away with their files.
 */
export function webpackHost(compiler: Compiler, session: Session): void {
  const configure = (isLive: boolean): void =>
    session.configure({
      start: compiler.context,
      mode: process.env['NODE_ENV'] ?? compiler.options.mode ?? 'production',
      isBuild: !isLive,
      isLive,
      urlOf: webpackUrl,
      keepsModules: true,
    })
  configure(false)
  // Not `make`, where unplugin calls `buildStart`: there the entries are being built already, out of the cache.
  compiler.hooks.beforeRun.tapPromise('unplugin-imagegen', () => session.start())
  compiler.hooks.watchRun.tapPromise('unplugin-imagegen', () => {
    configure(true)
    return session.start()
  })
  compiler.options.module.rules.push({ test: /\.image\.ya?ml$/i, sideEffects: false })
  session.onUpdate(() => compiler.watching?.invalidate())
  compiler.hooks.watchClose.tap('unplugin-imagegen', () => session.close())
  compiler.hooks.shutdown.tap('unplugin-imagegen', () => session.close())
}
