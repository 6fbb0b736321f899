import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { IndexHtmlTransform, IndexHtmlTransformContext, Plugin, ResolvedConfig } from 'vite'
import type { RenderedImage } from '../../pipeline.ts'
import { relativeSpecifier } from '../../emit/module.ts'
import type { Place } from '../../shared/errors.ts'
import { readFileIfThere, toPosix } from '../../shared/files.ts'
import { isRecord } from '../../shared/record.ts'
import type { AssetSources } from '../markup/asset-attributes.ts'
import { cssMentions, STYLE_SHEET, syntaxOf } from '../markup/css.ts'
import { htmlMentions } from '../markup/html.ts'
import { leftAloneMentions } from '../markup/left-alone.ts'
import type { Mention } from '../markup/mention.ts'
import { newUrlMentions } from '../markup/new-url.ts'
import { rewrite, type RewriteSettings } from '../markup/rewrite.ts'
import { componentMentions, templateMentions, vueAssets } from '../markup/vue.ts'
import { splitQuery } from '../module-id.ts'
import { plainly } from '../plain-error.ts'
import type { UrlSupport } from '../published-manifests.ts'
import type { Session } from '../session/session.ts'
import { emitRendition } from './emitted-assets.ts'

type Rendition = RenderedImage['renditions'][number]
type Context = ThisParameterType<
  Extract<NonNullable<Plugin['transform']>, (...args: never[]) => unknown>
>

const NO_STYLES = /[?&](?:worker|sharedworker|raw|url|commonjs-proxy)\b/

/** Components, whose markup Vite does not read. */
const COMPONENT = /\.(?:[jt]sx|svelte|astro|mdx?)$/

/** Which configuration a hook runs for. */
export interface MarkupProject {
  readonly config: ResolvedConfig
  readonly session: Session
}

/** What begins the name of a page in a session: its HTML is no module. */
const PAGE = 'page '

/** Whether a page names an image, not a module. */
export function isPage(by: string): boolean {
  return by.startsWith(PAGE)
}

/** Images that HTML, CSS and `new URL` name, in Vite. */
export interface ViteMarkup {
  /**
   * Rewrites a page before Vite's own plugins see it.
   *
   * @param projectOf gets the configuration, which Vite 6 does not tell a build's pages.
   */
  transformPage(
    projectOf: (config: ResolvedConfig | undefined) => MarkupProject,
  ): IndexHtmlTransform
  /** Rewrites a module before Vite's own plugins see it. */
  transformModule(
    context: Context,
    code: string,
    id: string,
    project: MarkupProject,
  ): Promise<{ readonly code: string; readonly map: null } | undefined>
  /** For the error about a manifest that would be published all the same. */
  readonly support: UrlSupport
  /** The renditions that pages, style sheets and code name by a URL, absolute. */
  renditions(): Iterable<string>
}

export function createViteMarkup(): ViteMarkup {
  const named = new Map<string, readonly string[]>()
  /** The files of which every reference was replaced, absolute. */
  const handled = new Set<string>()
  /** The contexts of pages in a build, by file. */
  const pages = new Map<string, Context>()

  async function replace(
    text: string,
    mentions: Parameters<typeof rewrite>[1],
    settings: RewriteSettings & { readonly by: string },
  ): Promise<string | undefined> {
    const rewritten = await plainly(rewrite(text, mentions, settings))
    named.set(settings.by, rewritten?.renditions ?? [])
    handled.add(path.normalize(settings.file))
    return rewritten?.text
  }

  return {
    transformPage: (projectOf) => ({
      order: 'pre',
      async handler(this: unknown, html: string, page: IndexHtmlTransformContext) {
        const context = isModuleContext(this) ? this : pages.get(path.normalize(page.filename))
        const project = projectOf(page.server?.config ?? context?.environment.getTopLevelConfig())
        const { config, session } = project
        const mentions = htmlMentions(html, { more: moreSources(config) })
        const by = `${PAGE}${page.filename}`
        session.forgetNamer(by)
        if (mentions.length === 0) {
          named.delete(by)
          return undefined
        }
        const file = existsSync(page.filename)
          ? page.filename
          : path.join(config.root, 'index.html')
        return replace(html, mentions, {
          ...namerOf(by, file, project),
          candidates: candidatesFrom([path.dirname(page.filename), config.root], config.root),
          resolve: (specifier) =>
            page.server === undefined
              ? resolvedBy(context?.resolve(specifier, file))
              : resolvedBy(
                  page.server.environments.client.pluginContainer.resolveId(specifier, file),
                ),
          watch: (each) => context?.addWatchFile(each),
          urlOf:
            page.server === undefined
              ? fileUrlFrom(path.dirname(page.filename))
              : devUrlIn(config.root),
        })
      },
    }),

    async transformModule(context, code, id, project) {
      const { config, session } = project
      const { environment } = context
      const [idFile] = splitQuery(id.replace(/^\0/, ''))
      if (/\.html?$/.test(id) && environment.mode === 'build') {
        pages.set(path.normalize(id), context)
        return undefined
      }
      const isStyle = STYLE_SHEET.test(id)
      if (isStyle && NO_STYLES.test(id)) return undefined
      // In a dev server, the inline scripts and styles of a page have ids that start from the root.
      const file =
        existsSync(idFile) && path.isAbsolute(idFile) ? idFile : path.join(config.root, idFile)
      const written = isStyle ? undefined : writtenMarkup(id, file)
      const inTemplate = new Set(isStyle ? [] : vueMentions(code, id, config))
      const mentions = isStyle
        ? cssMentions(code, syntaxOf(id))
        : [...newUrlMentions(code, (url) => JSON.stringify(url)), ...inTemplate]
      session.forgetNamer(id)
      if (mentions.length === 0 && written === undefined) {
        named.delete(id)
        return undefined
      }
      const urlInTemplate = templateUrl(context, file, config)
      const urlElsewhere = isStyle
        ? fileUrlFrom(path.dirname(file))
        : codeUrl(context, file, config)
      const settings: RewriteSettings & { readonly by: string } = {
        ...namerOf(id, file, project),
        candidates: candidatesFrom([path.dirname(file)], config.root),
        resolve: async (specifier) => {
          const resolve = (each: string): Promise<string | undefined> =>
            resolvedBy(context.resolve(each, id, { skipSelf: true }))
          // In templates, `~` begins a path that is resolved like an import.
          const bare = specifier.replace(/^~\/?/, '')
          return (await resolve(specifier)) ?? (bare === specifier ? undefined : resolve(bare))
        },
        watch: (each) => context.addWatchFile(each),
        urlOf: (rendition, mention) =>
          inTemplate.has(mention) ? urlInTemplate(rendition) : urlElsewhere(rendition),
      }
      if (written !== undefined) await replace(written.text, written.mentions, settings)
      const text = await replace(code, mentions, settings)
      return text === undefined ? undefined : { code: text, map: null }
    },

    support: {
      isHandled: (file) => handled.has(file),
      advice: (place, manifest) => adviceAt(place, path.basename(manifest)),
    },

    renditions: () => [...named.values()].flat(),
  }
}

/** A component as it is written, with its mistakes: another plugin may have compiled what a hook is given. */
function writtenMarkup(
  id: string,
  file: string,
): { readonly text: string; readonly mentions: readonly Mention[] } | undefined {
  const language = id.endsWith('.svelte') ? 'Svelte' : id.endsWith('.astro') ? 'Astro' : undefined
  const text = language && readFileIfThere(file)?.toString('utf8')
  if (language === undefined || text === undefined) return undefined
  const mentions = leftAloneMentions(text, language)
  return mentions.length === 0 ? undefined : { text, mentions }
}

function vueMentions(code: string, id: string, config: ResolvedConfig): readonly Mention[] {
  const [file, query] = splitQuery(id)
  if (id.endsWith('.vue')) return componentMentions(code, vueAssets(assetUrlsOf(config)))
  const parameters = new URLSearchParams(query)
  const isTemplate = parameters.has('vue') && parameters.get('type') === 'template'
  return isTemplate && parameters.has('src') && /\.html?$/.test(file)
    ? templateMentions(code, vueAssets(assetUrlsOf(config)))
    : []
}

/** What the options of plugin-vue say about assets. */
function assetUrlsOf({ plugins }: ResolvedConfig): unknown {
  const vue = plugins.find(({ name }) => name === 'vite:vue')
  const api = vue?.api as
    | { readonly options?: { readonly template?: { readonly transformAssetUrls?: unknown } } }
    | undefined
  return api?.options?.template?.transformAssetUrls
}

/** What to write in place of a reference that Vite resolves before the plugin can. */
function adviceAt(place: Place | undefined, manifest: string): string {
  if (place !== undefined && STYLE_SHEET.test(place.file)) {
    return `Vite compiles this file into the style sheet that uses it, where the plugin cannot see the URL. Name the image in a style sheet that code or a page loads, such as \`:root { --picture: url(./${manifest}#name) }\`, and write \`var(--picture)\` here.`
  }
  if (place !== undefined && COMPONENT.test(place.file)) {
    return `In the markup of a component, import the image and use its \`src\`: \`import images from './${manifest}'\`. In code, \`new URL(…, import.meta.url)\` takes \`./${manifest}#name\` as plain text.`
  }
  return `Write the URL as plain text, such as \`./${manifest}#name\` in HTML, CSS or \`new URL(…, import.meta.url)\`, or import the image and use its \`src\`: \`import images from './${manifest}'\`.`
}

/** What all namers of a project share. */
function namerOf(
  by: string,
  file: string,
  { config, session }: MarkupProject,
): Pick<RewriteSettings, 'file' | 'root' | 'session' | 'isPublic' | 'awaits'> & {
  readonly by: string
} {
  return {
    by,
    file,
    root: session.manifests()?.root ?? config.root,
    session,
    // The session reports what it could not load, once it can.
    async awaits(missing) {
      await session.load({ file: missing, image: undefined }, by)
    },
    isPublic: (url) =>
      url.startsWith('/') &&
      config.publicDir !== '' &&
      existsSync(path.join(config.publicDir, url)),
  }
}

function candidatesFrom(folders: readonly string[], root: string): RewriteSettings['candidates'] {
  return (url) => (url.startsWith('/') ? [root] : folders).map((folder) => path.join(folder, url))
}

async function resolvedBy(
  resolving: Promise<{ readonly id: string } | null> | undefined,
): Promise<string | undefined> {
  const resolved = await resolving
  return resolved ? splitQuery(resolved.id)[0] : undefined
}

/** A path that Vite's build resolves, which keeps it from becoming a data URL. */
function fileUrlFrom(folder: string): (rendition: Rendition) => string {
  return ({ file }) => `${encodeURI(relativeSpecifier(folder, file))}?no-inline`
}

/** A path as Vite's dev server serves it, without the base: Vite adds that. */
function devUrlIn(root: string): (rendition: Rendition) => string {
  return ({ file }) => {
    const relative = toPosix(path.relative(root, file))
    const isInside = !relative.startsWith('../') && !path.isAbsolute(relative)
    const served = isInside ? `/${relative}` : path.posix.join('/@fs/', toPosix(file))
    return `${encodeURI(served)}?no-inline`
  }
}

/**
 * A URL in the template of a component. Vue makes an import of it, or puts the folder's URL before it in a dev server,
 * which leads to files below the root only.
 */
function templateUrl(
  { environment }: Context,
  file: string,
  config: ResolvedConfig,
): (rendition: Rendition) => string {
  const option = assetUrlsOf(config)
  const joins = environment.mode === 'dev' && !(isRecord(option) && 'base' in option)
  return (rendition) => {
    const isOutside = path.relative(config.root, rendition.file).startsWith('..')
    const specifier = relativeSpecifier(path.dirname(file), rendition.file)
    const url = joins && isOutside ? path.posix.join('/@fs/', toPosix(rendition.file)) : specifier
    // As in the plugin's modules: other plugins claim every picture with another query.
    return `${encodeURI(url)}?url&no-inline`
  }
}

/** A URL for `new URL(…, import.meta.url)`. Vite resolves it in code for browsers only. */
function codeUrl(
  context: Context,
  file: string,
  { root }: ResolvedConfig,
): (rendition: Rendition) => string {
  const { config, mode } = context.environment
  if (config.consumer === 'client') {
    return mode === 'dev' ? devUrlIn(root) : decodedUrlFrom(path.dirname(file))
  }
  if (mode === 'dev') return (rendition) => pathToFileURL(rendition.file).href
  return (rendition) => `__VITE_ASSET__${emitRendition(rendition.file, context, root)}__`
}

/** Vite takes the text of `new URL` for a path, not for a URL. */
function decodedUrlFrom(folder: string): (rendition: Rendition) => string {
  return ({ file }) => `${relativeSpecifier(folder, file)}?no-inline`
}

/** Vite 8 lets the configuration add to its list. */
function moreSources({ html }: ResolvedConfig): AssetSources {
  return html?.additionalAssetSources ?? {}
}

/** Vite 6 gives hooks of pages no context, and a dev server's context resolves nothing. */
function isModuleContext(context: unknown): context is Context {
  return typeof context === 'object' && context !== null && 'addWatchFile' in context
}
