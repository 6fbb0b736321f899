import type { AssetUrlOf } from '../../emit/module.ts'

/** Emits a file and gives the reference by which code may name it. */
export type Emit = (file: string) => string

/** What a host knows of the project. */
export interface HostFacts {
  /** The bundler's root, absolute. */
  readonly start: string
  /** Vite's mode, or the like: which `.env` files are read. */
  readonly mode: string
  /** The mode that the host itself has, as Vite does: a config that is a function is called with it. */
  readonly configMode?: string
  /** A build that ends, not a dev server. */
  readonly isBuild: boolean
  /** Whether modules must never wait for a provider: a dev server, or webpack's watch mode. */
  readonly isLive: boolean
  /** Whether nobody looks at what is shown: a tool's own dev server, for which no picture is asked. */
  readonly isUnattended?: boolean
  /** Whether another server of this process speaks for the project: this one says nothing. */
  readonly isSilent?: boolean
  readonly envDir?: string | undefined
  /** Default: that of this process. */
  readonly environment?: NodeJS.ProcessEnv
  /** How a rendition's URL is spelled in the modules of a folder; `emit` is for hosts that want to be given files. */
  readonly urlOf: (folder: string, emit: Emit) => AssetUrlOf
  /** How a path stands in an import of generated code, where the host has a spelling of its own. */
  readonly requestOf?: (specifier: string) => string
  /** Whether another of our plugins in the same host answers for a manifest, not this one. */
  readonly isAnothers?: (file: string) => Promise<boolean>
  /** Whether the host keeps loaded modules across runs, and asks the files that they depend on, not us. */
  readonly keepsModules: boolean
}
