import path from 'node:path'
import type { ResolvedConfig, Rolldown } from 'vite'

/** Decides whether code can reach the files of its bundle at run time. */
export interface Destination {
  readonly config: ResolvedConfig
  /** Where the code runs. */
  readonly consumer: 'client' | 'server'
  /** Whether this build writes the files; server builds leave that to the client build. */
  readonly emitAssets: boolean
}

/** Reports images that would be missing at run time. */
export interface Unreachable {
  /** @param renditions those in the bundle, absolute. */
  report(renditions: readonly string[], destination: Destination): void
}

/** One for all builds of a plugin: the client build may have written what a server build leaves out. */
export function createUnreachable(): Unreachable {
  const written = new Set<string>()
  let hasBrowsersBuild = false

  return {
    report(renditions, { config, consumer, emitAssets }) {
      const { logger, base, build, experimental } = config
      if (emitAssets) for (const rendition of renditions) written.add(rendition)
      hasBrowsersBuild ||= consumer === 'client'
      const missing = emitAssets ? [] : renditions.filter((rendition) => !written.has(rendition))
      if (missing.length > 0) {
        const left = `[imagegen] ${namesOf(missing)}: a server's build leaves the files to the browser's.`
        if (hasBrowsersBuild) {
          logger.warn(`${left} This one has none of them: set \`build.ssrEmitAssets: true\`.`)
        } else {
          logger.info(`${left} If only the server shows them, set \`build.ssrEmitAssets: true\`.`)
        }
      }
      const isFixed = base === '/' && experimental.renderBuiltUrl === undefined
      if (build.lib !== false && isFixed && emitAssets && renditions.length > 0) {
        logger.warn(
          `[imagegen] ${namesOf(renditions)}: in a library, URLs that start with the default base \`/\` point to the root of the site that uses it. Set \`base: './'\`, so that they start from the library's own files.`,
        )
      }
    },
  }
}

/** The renditions in a bundle, absolute. */
export function renditionsIn(
  bundle: Rolldown.OutputBundle,
  folder: string,
  root: string,
): readonly string[] {
  return Object.values(bundle).flatMap((file) => {
    if (file.type !== 'asset') return []
    return (file.originalFileNames ?? [])
      .map((original) => path.resolve(root, original))
      .filter((original) => path.dirname(original) === folder)
  })
}

/** `kira` of `kira-4b1f09c2d3e4a5b6.webp`, once. */
function namesOf(renditions: readonly string[]): string {
  const names = renditions.map((file) => path.basename(file).replace(/-[0-9a-f]{16}\.\w+$/, ''))
  return [...new Set(names)].toSorted().join(', ')
}
