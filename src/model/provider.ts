import type { ImageModel } from './image-model.ts'

/** A provider that this package asks through its HTTP API, as far as options and the environment need to know it. */
export interface Provider {
  /** The part of its models' `provider` before the first dot: `acme`. */
  readonly id: string
  /** The name for people: `Acme`. */
  readonly name: string
  /** The environment variable that holds the API key. */
  readonly keyVariable: string
  /** The environment variable that holds the host. */
  readonly hostVariable: string
  /** Scheme and name of the provider's own hosts: its key may go there, whichever file names the host. */
  readonly origins: readonly string[]
  /** Its models that need no entry in the option `models`, by the name that manifests give them. */
  readonly models: Readonly<Record<string, ImageModel>>
}
