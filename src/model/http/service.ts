/** A provider's HTTP API, as messages name it and its settings. Each provider has one of these. */
export interface Service {
  /** The name for people: `Acme`. */
  readonly name: string
  /** How a config creates its models: `acme()`. */
  readonly factory: string
  /** The environment variable that holds the API key. */
  readonly keyVariable: string
  /** The environment variable that holds the host. */
  readonly hostVariable: string
  /** Scheme and name of the host that gets requests unless the user sets another one. */
  readonly defaultHost: string
  /** The response header with the request's id, which the provider's support asks for: `Trace-Id`. */
  readonly traceHeader?: string
  /** How long a picture usually takes: `about 25 s`. */
  readonly usualTime?: string
  /** How long the provider keeps pictures that its answers name by address: `24 hours`. */
  readonly keepsPictures?: string
}
