import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { createUnplugin } from 'unplugin'
import type { Options } from '../../options/options.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { checkHostVersion } from '../host-version.ts'
import { followFolder } from '../../shared/follow-folder.ts'
import { nextPictureRequest, webpackHost } from '../hosts/webpack.ts'
import { plainError } from '../plain-error.ts'
import { refusePublic } from '../published-manifests.ts'
import type { HostFacts } from '../session/host-facts.ts'
import { type Session, createSession } from '../session/session.ts'
import { lookAtOutput } from './last-look.ts'
import { answerFrom } from './turbopack-answer.ts'
import { openChannel } from './turbopack-channel.ts'
import { turbopackFacts } from './turbopack-facts.ts'

/** A process of Next that builds, or that serves in development. */
export interface NextProcess {
  /** Next's folder, absolute. */
  readonly folder: string
  readonly isBuild: boolean
}

/** The plugin in a process of Next. The compilers for server, edge and browser share one session. */
export interface NextHost {
  /** A plugin for one of webpack's compilers. */
  webpackPlugin(): object
  /**
   * Answers Turbopack's loaders from now on. A build first generates missing images.
   *
   * @param channel the folder in which the loaders look for this process, absolute.
   */
  serveTurbopack(channel: string): Promise<void>
  /**
   * Checks a finished build.
   *
   * @param distDir Next's output, absolute.
   * @throws if browsers could load a manifest from it.
   */
  lookAtOutput(distDir: string): void
}

export function createNextHost(options: Options, { folder, isBuild }: NextProcess): NextHost {
  const version = nextVersion(folder)
  // Next 16.0 to 16.2 can build with webpack; `checkTurbopack` refuses them with Turbopack.
  if (version !== undefined && !version.startsWith('16.')) checkHostVersion('Next', version)
  let shared: Session | undefined
  let serving: Promise<void> | undefined

  function begin(facts: HostFacts): Session {
    if (shared !== undefined) return shared
    const session = createSession(options, {
      ...facts,
      envDir: facts.start,
      environment: findNext(facts.start).environment,
    })
    shared = {
      ...session,
      async start(changed) {
        if (isBuild) await refusePublic(path.join(folder, 'public'), session)
        await session.start(changed)
      },
      // Each compiler would close it for all others. It ends with the process.
      close: () => undefined,
    }
    return shared
  }

  async function serve(channel: string): Promise<void> {
    checkFolder(folder)
    checkTurbopack(findNext(folder).version)
    const session = begin(turbopackFacts(folder, isBuild ? 'build' : 'live'))
    await session.start()
    await openChannel(channel, answerFrom(session, { isBuild }))
    // Notices at once what a command stores.
    for (const store of session.surroundings().folders) {
      followFolder(store, (file) => void session.changed(file))
    }
  }

  return {
    webpackPlugin() {
      const { apply, ...hooks } = webpackHost(begin, nextPictureRequest)
      const name = 'unplugin-imagegen'
      return createUnplugin(() => ({ name, enforce: 'pre', ...hooks, webpack: apply })).webpack()
    },
    serveTurbopack: (channel) => (serving ??= serve(channel).catch(throwPlainly)),
    lookAtOutput: (distDir) => lookAtOutput(distDir, shared?.manifests()),
  }
}

function throwPlainly(error: unknown): never {
  throw error instanceof ImagegenError ? plainError(error.message) : error
}

/** Next does not tell its configuration the project's folder, and another folder would have another store. */
function checkFolder(folder: string): void {
  if (readdirSync(folder).some((name) => name.startsWith('next.config.'))) return
  throw new ImagegenError('config', {
    message: `There is no next.config in ${folder}, the working directory.`,
    hint: 'Run Next in its own folder, or name it: `withImagegen(nextConfig, {}, import.meta.dirname)`.',
  })
}

/** Older versions of Turbopack fail on loaders that return bytes. */
function checkTurbopack(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 16 || (major === 16 && minor >= 3)) return
  throw new ImagegenError('config', {
    message: `Turbopack in Next ${version} takes no pictures from a loader.`,
    hint: 'Update Next to 16.3 or newer, or build with `--webpack`.',
  })
}

/** Facts about the installed Next. */
export interface NextPackage {
  readonly version: string
  /**
   * The environment before Next added the contents of `.env` files: whether a host is trusted depends on where it comes
   * from, see `readEnvironment`.
   */
  readonly environment: NodeJS.ProcessEnv
}

/** @param folder Next's, absolute. */
export function findNext(folder: string): NextPackage {
  const project = createRequire(path.join(folder, 'package.json'))
  const { version } = project('next/package.json') as { version: string }
  // Next's own copy of the package: another copy would not have loaded anything.
  const next = createRequire(project.resolve('next/package.json'))
  // Not documented: https://github.com/vercel/next.js/blob/canary/packages/next-env/index.ts
  const { initialEnv } = next('@next/env') as { initialEnv?: NodeJS.ProcessEnv }
  return { version, environment: initialEnv ?? process.env }
}

/** Next's version; undefined if Next is not installed in the folder. */
export function nextVersion(folder: string): string | undefined {
  try {
    return findNext(folder).version
  } catch {
    return undefined
  }
}
