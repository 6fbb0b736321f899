import type { Compiler } from 'webpack'
import { webpackUrl } from '../emit/hosts.ts'
import type { HostFacts } from './host-facts.ts'
import { plainly } from './plain-error.ts'
import type { Session } from './session.ts'

const NAME = 'unplugin-imagegen'

/**
 * What webpack has beside the common hooks: it says where the project is, and learns that our modules have no side
 * effects, so that images that nobody uses fall away with their files.
 */
export function webpackHost(compiler: Compiler, begin: (facts: HostFacts) => Session): void {
  let running: { readonly session: Session; readonly isLive: boolean } | undefined

  function sessionFor(isLive: boolean): Session {
    if (running?.isLive === isLive) return running.session
    running?.session.close()
    const session = begin({
      start: compiler.context,
      mode: process.env['NODE_ENV'] ?? compiler.options.mode ?? 'production',
      isBuild: !isLive,
      isLive,
      urlOf: webpackUrl,
      keepsModules: true,
    })
    session.onUpdate(() => compiler.watching?.invalidate())
    running = { session, isLive }
    return session
  }

  // Not `make`, where unplugin calls `buildStart`: there the entries are being built already, out of the cache.
  compiler.hooks.beforeRun.tapPromise(NAME, () => plainly(sessionFor(false).start()))
  compiler.hooks.watchRun.tapPromise(NAME, ({ modifiedFiles = [], removedFiles = [] }) =>
    plainly(sessionFor(true).start([...modifiedFiles, ...removedFiles])),
  )
  compiler.hooks.afterCompile.tap(NAME, ({ fileDependencies }) => {
    fileDependencies.addAll(running?.session.surroundings().files ?? [])
  })
  compiler.options.module.rules.push({ test: /\.image\.ya?ml$/i, sideEffects: false })
  const close = (): void => running?.session.close()
  compiler.hooks.watchClose.tap(NAME, close)
  compiler.hooks.shutdown.tap(NAME, close)
}
