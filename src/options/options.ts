import type { ImageModel } from '../model/image-model.ts'
import type { RemoteSource } from '../store/remote/storage.ts'

export type { RemoteSource, RemoteStorage } from '../store/remote/storage.ts'

/** How a build treats missing images. */
export type Mode = 'generate' | 'frozen' | 'placeholder'

/** The options that users set, in the bundler's config or in `imagegen.config.*`. */
export interface Options {
  /**
   * Manifests, as globs from the root.
   *
   * @default ['**\/*.image.{yaml,yml}']
   */
  readonly include?: string | readonly string[] | undefined
  /**
   * Globs that `include` must not match.
   *
   * @default ['**\/node_modules/**', '**\/dist/**', '**\/.*\/**']
   */
  readonly exclude?: string | readonly string[] | undefined
  /**
   * Folders that may contain the files that manifests name, from the root.
   *
   * @default the root of the workspace
   */
  readonly allow?: string | readonly string[] | undefined
  /**
   * Image models by name: `minimax('image-01')`, or any image model of the AI SDK.
   *
   * @default image-01 and image-01-live, through MiniMax
   */
  readonly models?: Readonly<Record<string, ImageModel>> | undefined
  /** Default fields for the images of all manifests. A manifest's own values win. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined
  /** Values for `${name}` in all manifests. A manifest's own values win. */
  readonly vars?: Readonly<Record<string, string | number>> | undefined
  /**
   * `generate` requests what is missing, `frozen` never asks a provider and fails with the list, `placeholder` draws
   * placeholders. The environment variable IMAGEGEN_MODE wins.
   *
   * @default 'placeholder' under Vitest and in Vite's mode `test`, 'frozen' for builds where CI is set, otherwise
   * 'generate'
   */
  readonly mode?: Mode | undefined
  /**
   * The most that one build, or one dev server's life, may request.
   *
   * @default { images: 20 }
   */
  readonly budget?:
    | {
        /** Images. Every attempt that may have been billed counts. */
        readonly images?: number | undefined
        /** US dollars. */
        readonly usd?: number | undefined
      }
    | undefined
  readonly dev?:
    | {
        /**
         * `auto` generates in dev once a recipe has not changed for two seconds, `off` shows placeholders.
         *
         * @default 'auto'
         */
        readonly generate?: 'auto' | 'off' | undefined
      }
    | undefined
  /**
   * Whether dev servers offer the studio, a page to see, pick, correct and generate images, and print its address.
   *
   * @default true
   */
  readonly studio?: boolean | undefined
  readonly store?:
    | {
        /**
         * The folder of the originals and their receipts, from the root.
         *
         * @default '.imagegen'
         */
        readonly dir?: string | undefined
        /**
         * Whether the store may be outside the root, and whether it and its folders may be links. Read from code only,
         * never from `imagegen.config.json`: a commit must not decide what is written elsewhere.
         *
         * @default false
         */
        readonly outside?: boolean | undefined
        /**
         * A remote for originals and receipts that machines share: an unstorage driver or storage, or a function that
         * opens one. It is closed when the work is done. A function is called again for later work.
         *
         * @default none
         */
        readonly remote?: RemoteSource | undefined
        /**
         * Milliseconds that one operation of the remote may take.
         *
         * @default 30_000
         */
        readonly timeout?: number | undefined
        /**
         * Whether finished renditions are shared through the remote too. Anyone who can write there decides what is
         * shown: unlike originals, renditions have no receipt to check against.
         *
         * @default false
         */
        readonly renditions?: boolean | undefined
      }
    | undefined
  /**
   * Generates missing images through workers (`imagegen worker`), which take jobs from a queue on Redis or Valkey. It
   * needs the packages `bullmq` and `ioredis`.
   *
   * @default none: every process asks the provider itself
   */
  readonly queue?:
    | {
        /** `redis://…`, `rediss://…`, or ioredis' own options. */
        readonly connection: string | Readonly<Record<string, unknown>>
        /**
         * Distinguishes the queues on one server. Processes that share an account must share a queue, which counts the
         * account's rate limit.
         *
         * @default 'imagegen'
         */
        readonly name?: string | undefined
        /**
         * Milliseconds without a heartbeat after which a worker counts as dead and its jobs go to others.
         *
         * @default 30_000
         */
        readonly stalledAfter?: number | undefined
        /**
         * Milliseconds that the server may be away before a waiting run gives up. Workers never give up.
         *
         * @default 60_000
         */
        readonly patience?: number | undefined
      }
    | undefined
  /**
   * The folder of renditions and parsed manifests, from the root. It can be deleted at any time.
   *
   * @default 'node_modules/.cache/unplugin-imagegen'
   */
  readonly cacheDir?: string | undefined
  /**
   * Whether renditions of generated images state that in their metadata (IPTC digital source type, model).
   *
   * @default true
   */
  readonly provenance?: boolean | undefined
  /**
   * Whether builds and dev servers write exact types of all manifests into the store's folder `types`. `imagegen types`
   * writes them even with `false`.
   *
   * @default true where TypeScript is installed
   */
  readonly types?: boolean | undefined
}

/** What a config that is a function is called with. */
export interface ConfigInput {
  /**
   * The variables of the environment and of `.env`, `.env.local`, `.env.[mode]` and `.env.[mode].local`; the environment
   * wins. A provider's host that is ignored, as a warning says, is not among them.
   */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Vite's mode; elsewhere `production` for builds and the command line, `development` for dev servers. */
  readonly mode: string
  readonly command: 'build' | 'serve' | 'cli'
}

/** A config that depends on where it is read. */
export type ConfigFunction = (input: ConfigInput) => Options | PromiseLike<Options>

/**
 * Gives the options their type in `imagegen.config.*`. A function gets the variables of the environment and of the `.env`
 * files, so that the keys of other providers need not be exported by hand.
 */
export function defineConfig(options: Options): Options
export function defineConfig(config: ConfigFunction): ConfigFunction
export function defineConfig(config: Options | ConfigFunction): Options | ConfigFunction {
  return config
}
