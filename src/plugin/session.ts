import path from 'node:path'
import { imageModule, imageQuery, manifestModule, type AssetUrlOf } from '../emit/module.ts'
import { resolveOptions } from '../options.ts'
import { createPipeline, type Pipeline, type Survey } from '../pipeline.ts'
import { ImagegenError, messageOf } from '../shared/errors.ts'
import { readFileIfThere, toPosix } from '../shared/files.ts'
import { createConsoleLogger, redacting, type Logger } from '../shared/logger.ts'
import { createBackground, type Background } from './background.ts'
import type { ModuleId } from './module-id.ts'
import { pictureOf, watchFilesOf } from './picture-of.ts'
import { createStamps, type Stamps } from './stamps.ts'

/** What a host knows of the project. */
export interface HostFacts {
  /** The bundler's root, absolute. */
  readonly start: string
  /** Vite's mode, or the like: which `.env` files are read. */
  readonly mode: string
  /** A build that ends, not a dev server. */
  readonly isBuild: boolean
  /** Whether modules must never wait for a provider: a dev server, or webpack's watch mode. */
  readonly isLive: boolean
  readonly envDir?: string | undefined
  /** How a rendition's URL is spelled in the modules of a folder. */
  readonly urlOf: (folder: string) => AssetUrlOf
  /** Whether the host keeps loaded modules across runs, and asks the files that they depend on, not us. */
  readonly keepsModules: boolean
}

/** The code of a module, and the files that it depends on. */
export interface ModuleCode {
  readonly code: string
  readonly watchFiles: readonly string[]
}

/** One plugin in one bundler: what it knows between two hooks. */
export interface Session {
  /** Called before anything else; again where a host finds out more. */
  configure(facts: HostFacts): void
  /**
   * Plans everything, and in a build makes what is missing. Several environments of one build share the work.
   *
   * @throws ImagegenError where a build must not go on.
   */
  start(): Promise<void>
  /** @throws ImagegenError with what is wrong with the manifest or the image. */
  load(id: ModuleId): Promise<ModuleCode>
  /** A file was changed, added or removed. */
  changed(file: string): void
  /** Told, in a live session, which images have to be shown anew. */
  onUpdate(listener: (images: readonly ModuleId[]) => void): void
  /** The folder of the renditions, absolute; nothing before the start. */
  renditionFolder(): string | undefined
  close(): void
}

/** What is made of the options. */
interface Opened {
  readonly pipeline: Pipeline
  readonly stamps: Stamps
}

export function createSession(inline: unknown): Session {
  let facts: HostFacts | undefined
  let opened: Opened | undefined
  let logger: Logger = createConsoleLogger()
  let background: Background | undefined
  let surveyed: Promise<Survey> | undefined
  let starting: Promise<void> = Promise.resolve()
  let shown: ReadonlyMap<string, string> = new Map()
  const listeners: Array<(images: readonly ModuleId[]) => void> = []
  const closing = new AbortController()

  async function open(): Promise<Opened> {
    if (opened !== undefined) return opened
    if (facts === undefined) throw new Error('The host has not said where the project is.')
    const options = await resolveOptions({
      start: facts.start,
      inline,
      mode: facts.mode,
      isBuild: facts.isBuild,
      envDir: facts.envDir,
      environment: process.env,
    })
    logger = redacting(createConsoleLogger(), options.secrets)
    const pipeline = createPipeline(options, logger, background?.budget)
    background?.close()
    background = createBackground(pipeline, logger, publish)
    opened = { pipeline, stamps: createStamps(options.cacheDir, options.root) }
    return opened
  }

  /** The newest survey. In a live session the next one is made once something has changed. */
  async function survey(): Promise<Survey> {
    surveyed ??= open()
      .then(({ pipeline }) => pipeline.survey())
      .then((made) => {
        if (facts?.isLive === true) background?.consider(made)
        return made
      })
    return surveyed
  }

  /** Makes a new survey, and tells the host what looks different now. */
  async function publish(): Promise<void> {
    surveyed = undefined
    const before = shown
    const made = await survey()
    shown = identities(made)
    const modules = [...made.images.values()]
      .filter(({ entry }) => before.get(entry.id) !== shown.get(entry.id))
      .map(({ entry }) => ({
        file: entry.manifest.file,
        image: entry.path.length === 0 ? undefined : entry.name,
      }))
    if (modules.length === 0) return
    await restamp()
    for (const listener of listeners) listener(modules)
  }

  /** What decides how each image looks, by id. */
  function identities(made: Survey): ReadonlyMap<string, string> {
    return new Map(
      [...made.images.values()].map(({ entry, made: recipe, state }) => {
        const key = recipe?.key ?? ''
        const picked = key === '' ? undefined : made.snapshot.lookup(key).candidates[entry.pick - 1]
        const failure = background?.failureOf(key)
        return [entry.id, [state, key, picked?.receipt.sha256, failure?.code].join()]
      }),
    )
  }

  /** A survey that knows the manifest as it is now: a watcher may be later than the one who asks for the module. */
  async function freshSurvey(file: string, manifestPath: string): Promise<Survey> {
    const made = await survey()
    if (facts?.isLive !== true) return made
    const known = made.manifests.find((manifest) => manifest.path === manifestPath)
    if (known !== undefined && known.text === readFileIfThere(file)?.toString('utf8')) return made
    surveyed = undefined
    return survey()
  }

  async function startOnce(): Promise<void> {
    const { pipeline } = await open()
    if (facts?.isLive !== true) {
      surveyed = pipeline.fulfil(closing.signal)
      await surveyed
      await restamp()
      return
    }
    surveyed = undefined
    const made = await survey()
    shown = identities(made)
    for (const problem of [...made.problems.values()].flat()) {
      logger.error(new ImagegenError('manifest', problem).message)
    }
    await restamp()
  }

  /** Brings the stamps of modules that the host may have kept up to date: it loads those anew whose code changed. */
  async function restamp(): Promise<void> {
    if (facts?.keepsModules !== true) return
    const { stamps } = await open()
    for (const id of stamps.known()) {
      try {
        stamps.write(id, (await loadCode(id)).code)
      } catch (error) {
        if (!(error instanceof ImagegenError)) throw error
        // The host asks for the module again, and shows the error where it is still imported.
        stamps.drop(id)
      }
    }
  }

  async function loadCode(id: ModuleId): Promise<ModuleCode> {
    const { pipeline } = await open()
    if (facts === undefined) throw new Error('The host has not said where the project is.')
    const manifestPath = toPosix(path.relative(pipeline.options.root, id.file)).normalize('NFC')
    const made = await freshSurvey(id.file, manifestPath)
    const problems = made.problems.get(manifestPath)
    if (problems !== undefined) throw new ImagegenError('manifest', problems)
    const manifest = made.manifests.find((other) => other.path === manifestPath)
    if (manifest === undefined) throw notIncluded(manifestPath)
    if (manifest.content.form === 'named' && id.image === undefined) {
      const entries = [...made.entries.values()].filter((entry) => entry.manifest === manifest)
      const specifier = `./${path.basename(id.file)}`
      return {
        code: manifestModule(entries, (name) => `${specifier}${imageQuery(name)}`),
        watchFiles: [],
      }
    }
    const image = made.images.get(
      id.image === undefined ? manifestPath : `${manifestPath}#${id.image}`,
    )
    if (image === undefined) throw noSuchImage(manifestPath, id.image)
    const rendered = await pictureOf(image, made, pipeline, {
      isLive: facts.isLive,
      failure: background?.failureOf(image.made?.key ?? ''),
      signal: closing.signal,
    })
    return {
      code: imageModule(image.entry.alt ?? '', rendered, facts.urlOf(path.dirname(id.file))),
      watchFiles: watchFilesOf(image, made),
    }
  }

  return {
    configure(known) {
      facts = known
    },

    start() {
      // One after the other: the second environment finds everything made.
      starting = starting.then(startOnce, startOnce)
      return starting
    },

    async load(id) {
      const { stamps } = await open()
      const { code, watchFiles } = await loadCode(id)
      return facts?.keepsModules === true
        ? { code, watchFiles: [...watchFiles, stamps.write(id, code)] }
        : { code, watchFiles }
    },

    changed(file) {
      const isConfig = file === opened?.pipeline.options.configFile
      const isStore = path.dirname(file) === opened?.pipeline.options.storeDir
      if (isConfig) opened = undefined
      surveyed = undefined
      if (facts?.isLive !== true) return
      // The host itself reloads the modules of a manifest, and of files that they watch.
      const outcome = isConfig || isStore ? publish() : survey().then((made) => void (shown = identities(made)))
      outcome.catch((error: unknown) => logger.error(messageOf(error)))
    },

    onUpdate(listener) {
      listeners.push(listener)
    },

    renditionFolder: () =>
      opened === undefined ? undefined : path.join(opened.pipeline.options.cacheDir, 'renditions'),

    close() {
      closing.abort()
      background?.close()
    },
  }
}

function notIncluded(manifest: string): ImagegenError {
  return new ImagegenError('config', {
    message: `${manifest} is imported, but the option \`include\` does not find it.`,
    hint: 'Add a glob for it to `include` (globs start at the root), or take it out of `exclude`.',
  })
}

function noSuchImage(manifest: string, name: string | undefined): ImagegenError {
  return new ImagegenError('manifest', {
    message: name === undefined ? `${manifest} has no image.` : `${manifest} has no image \`${name}\`.`,
    hint: 'It may have been renamed: save the file that imports it, or restart.',
  })
}
