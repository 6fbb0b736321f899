import type { ImageModel } from '../model/image-model.ts'
import type { RemoteSource } from '../store/remote/storage.ts'

export type { RemoteSource, RemoteStorage } from '../store/remote/storage.ts'

/** How a build treats what is missing. */
export type Mode = 'generate' | 'frozen' | 'placeholder'

/** What a user may say, in the bundler's config or in `imagegen.config.*`. */
export interface Options {
  /**
   * Manifests, as globs from the root.
   * @default ['**\/*.image.{yaml,yml}']
   */
  readonly include?: string | readonly string[] | undefined
  /**
   * Globs that `include` must not find.
   * @default ['**\/node_modules/**', '**\/dist/**', '**\/.*\/**']
   */
  readonly exclude?: string | readonly string[] | undefined
  /**
   * Folders in which files that manifests name may lie, from the root.
   * @default the root of the workspace
   */
  readonly allow?: string | readonly string[] | undefined
  /**
   * Image models by name: `minimax('image-01')`, or any image model of the AI SDK.
   * @default image-01 and image-01-live, through MiniMax
   */
  readonly models?: Readonly<Record<string, ImageModel>> | undefined
  /** Fields that hold for the images of all manifests; nearer ones win. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined
  /** Values for `${name}` in all manifests; theirs win. */
  readonly vars?: Readonly<Record<string, string | number>> | undefined
  /**
   * `generate` makes what is missing, `frozen` never asks a provider and fails with the list, `placeholder` draws
   * stand-ins. The environment variable IMAGEGEN_MODE wins.
   * @default 'placeholder' under Vitest and in Vite's mode `test`, else 'frozen' for builds where CI is set, else 'generate'
   */
  readonly mode?: Mode | undefined
  /**
   * The most that one build, or one dev server's life, may ask for.
   * @default { images: 20 }
   */
  readonly budget?:
    | {
        /** Images; every attempt that may have been billed counts. */
        readonly images?: number | undefined
        /** US dollars. */
        readonly usd?: number | undefined
      }
    | undefined
  readonly dev?:
    | {
        /**
         * `auto` generates in dev what has been still for two seconds, `off` shows placeholders.
         * @default 'auto'
         */
        readonly generate?: 'auto' | 'off' | undefined
      }
    | undefined
  readonly store?:
    | {
        /**
         * The folder of the originals and their receipts, from the root.
         * @default '.imagegen'
         */
        readonly dir?: string | undefined
        /**
         * Whether the store may lie outside of the root, and whether it and its folders may be links. It is taken from
         * code only, never from `imagegen.config.json`: a commit must not decide what is written elsewhere.
         * @default false
         */
        readonly outside?: boolean | undefined
        /**
         * Where other machines find the same originals and receipts: a driver or storage of unstorage, or a function that
         * opens one. It is closed when the work is done; what a function opens is opened anew after that.
         * @default none
         */
        readonly remote?: RemoteSource | undefined
        /**
         * Milliseconds that one operation of the remote may take.
         * @default 30_000
         */
        readonly timeout?: number | undefined
        /**
         * Whether finished renditions are shared through the remote, too. Whoever can write there decides what is shown:
         * unlike originals, renditions are held against no receipt.
         * @default false
         */
        readonly renditions?: boolean | undefined
      }
    | undefined
  /**
   * Has missing pictures made by workers (`imagegen worker`), which take them from a queue on Redis or Valkey. It needs
   * the packages `bullmq` and `ioredis`.
   * @default none: every process asks by itself
   */
  readonly queue?:
    | {
        /** `redis://…`, `rediss://…`, or ioredis' own options. */
        readonly connection: string | Readonly<Record<string, unknown>>
        /**
         * Tells the queues on one server apart. What shares an account shares a queue: its rate limit is counted there.
         * @default 'imagegen'
         */
        readonly name?: string | undefined
        /**
         * Milliseconds without a sign of life after which a worker is taken for dead, and its jobs are given to others.
         * @default 30_000
         */
        readonly stalledAfter?: number | undefined
        /**
         * Milliseconds that the server may be away before a run that waits for it gives up. Workers never do.
         * @default 60_000
         */
        readonly patience?: number | undefined
      }
    | undefined
  /**
   * The folder of renditions and parsed manifests, from the root. It can be deleted at any time.
   * @default 'node_modules/.cache/unplugin-imagegen'
   */
  readonly cacheDir?: string | undefined
  /**
   * Whether renditions of generated images say so (IPTC digital source type, model) in their metadata.
   * @default true
   */
  readonly provenance?: boolean | undefined
  /**
   * Whether builds and dev servers keep exact types of all manifests in the store's folder `types`. `imagegen types`
   * writes them whatever this says.
   * @default true where TypeScript is installed
   */
  readonly types?: boolean | undefined
}

/** Gives the options their type in `imagegen.config.*`. */
export function defineConfig(options: Options): Options {
  return options
}
