import path from 'node:path'
import { filesBelow } from '../bundlers/sandbox.ts'
import { accountAt } from './account.ts'
import {
  installProject,
  type InstalledProject,
  type Ran,
  type Serving,
} from './installed-project.ts'

/** The bundlers of Next. */
export type NextBundler = 'turbopack' | 'webpack'

/** `examples/next` with the packed package, and Next's commands with an account for pictures. */
export interface NextProject {
  readonly files: InstalledProject
  build(bundler: NextBundler, environment?: NodeJS.ProcessEnv): Promise<Ran>
  dev(bundler: NextBundler, environment: NodeJS.ProcessEnv): Promise<Serving>
  start(): Promise<Serving>
  /** The browser's pictures that the last build has made, by name and ending without any hash. */
  builtPictures(): string[]
  /** What a browser could be given of the last build. */
  publicFiles(): ReadonlyMap<string, Buffer>
}

/** @param host of the provider. */
export async function nextProject(host: string): Promise<NextProject> {
  const files = await installProject({ example: 'next' })
  const account = { NEXT_TELEMETRY_DISABLED: '1', ...accountAt(host) }
  const publicFiles = (): Map<string, Buffer> => filesBelow(path.join(files.folder, '.next/static'))
  return {
    files,
    build: (bundler, environment) =>
      files.run('next', ['build', `--${bundler}`], { ...account, ...environment }),
    dev: (bundler, environment) =>
      files.serve('next', (port) => ['dev', `--${bundler}`, '-p', port, '-H', '127.0.0.1'], {
        NEXT_TELEMETRY_DISABLED: '1',
        ...environment,
      }),
    start: () => files.serve('next', (port) => ['start', '-p', port, '-H', '127.0.0.1'], account),
    builtPictures: () =>
      [...publicFiles().keys()]
        .filter((file) => file.startsWith('media/') && /\.(?:avif|webp|jpg)$/.test(file))
        .map((file) => file.replace(/^media\/([^-]+)-.*\./, '$1.'))
        .toSorted(),
    publicFiles,
  }
}
