import type { Generating } from './background.ts'

/**
 * How a host runs the plugin:
 *
 * - `build`: it ends, and waits for missing images.
 * - `live`: a dev server or a watcher. Modules never wait for a provider.
 * - `unattended`: as `live`, but no person sees the result, so the plugin requests no images.
 * - `child`: as `unattended`, beside a server in the same process that already reports on the project, so the plugin logs
 *   nothing.
 */
export type HostKind = 'build' | 'live' | 'unattended' | 'child'

/** What a host knows of the project. */
export interface HostFacts {
  /** The bundler's root, absolute. */
  readonly start: string
  /** Vite's mode, or the equivalent: selects the `.env` files to read. */
  readonly mode: string
  /** The host's own mode, as Vite has one: a config that is a function is called with it. */
  readonly configMode?: string
  readonly kind: HostKind
  readonly envDir?: string | undefined
  /** Default: the environment of this process. */
  readonly environment?: NodeJS.ProcessEnv
  /** Whether another instance of this plugin in the same host answers for a manifest. */
  readonly isAnothers?: (file: string) => Promise<boolean>
  /** Whether the host caches loaded modules across runs and invalidates them by the files that they depend on. */
  readonly keepsModules: boolean
  /** Of a host that keeps modules: how its code looks. If that changes, it has to load what it kept again. */
  readonly sampleCode?: string
  /**
   * Another session of the same dev server, which generates what is missing. This one generates nothing, and its
   * placeholders say the same.
   */
  readonly generating?: Pick<Generating, 'outlook'> | undefined
  /** Called whenever images have arrived or failed. */
  readonly onNews?: () => void
  /** Whether the host prints the studio's address with its own ones. Default: the session logs it once. */
  readonly printsStudio?: boolean
}
