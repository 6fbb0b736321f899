import path from 'node:path'
import { relativeSpecifier } from '../../emit/module.ts'
import { ImagegenError, type Place } from '../../shared/errors.ts'
import { toPosix } from '../../shared/files.ts'
import { cssMentions, STYLE_SHEET, syntaxOf } from '../markup/css.ts'
import { htmlMentions } from '../markup/html.ts'
import { largestOf } from '../markup/mention.ts'
import { namedImage } from '../markup/name-image.ts'
import { rewrite } from '../markup/rewrite.ts'
import { splitQuery } from '../module-id.ts'
import {
  publishedError,
  type OutputFile,
  type ProjectManifests,
  type UrlSupport,
} from '../published-manifests.ts'
import { placeOfReference } from '../reference-place.ts'
import type { Session } from '../session/session.ts'
import { isReadBy, issuerOf, type ModuleRules, refuseOtherRules, typeOf } from './webpack-rules.ts'

/** The type that the plugin's rule gives a manifest that code names by `new URL`. No rule for YAML gives this one. */
const TYPE_FOR_CODE = 'javascript/dynamic'
/** The same for style sheets and pages, in which the plugin has not seen the URL. Projects rarely use it for YAML. */
const TYPE_FOR_STYLES = 'asset/inline'

const PAGE = /\.html?$/i

/**
 * Rules for manifests that are named by a URL. They come after unplugin's rule, which turns everything into an ES module:
 * the URL of that would lead nowhere.
 */
export const URL_RULES: readonly object[] = [
  { test: /\.image\.ya?ml$/i, dependency: 'url', type: TYPE_FOR_CODE },
  {
    test: /\.image\.ya?ml$/i,
    dependency: 'url',
    issuer: [/\.(?:css|less|sass|scss|styl|stylus|pcss|postcss|sss)$/i, PAGE],
    type: TYPE_FOR_STYLES,
  },
]

/** What names an image by its URL. */
export interface Naming {
  readonly session: Pick<Session, 'includes' | 'load' | 'manifests'>
  readonly watch: (file: string) => void
  /** The compiler's folder, absolute. */
  readonly context: string
  /** Of the loader that reads the module. */
  readonly rules: ModuleRules
}

/** Images that CSS, HTML and `new URL` name, in webpack and Rspack. */
export interface WebpackMarkup {
  /** Whether a module, by its id, is a style sheet, or a page that html-loader reads. */
  reads(id: string, rules: readonly unknown[]): boolean
  /**
   * Rewrites a style sheet or a page before other loaders see it.
   *
   * @returns undefined if it names no image.
   */
  transform(text: string, id: string, naming: Naming): Promise<string | undefined>
  /**
   * The code of the module that `new URL` gets in place of a manifest: its value is the picture's URL. Undefined if the
   * manifest is not asked for by its URL.
   *
   * @param requestOf how code requests the URL of a picture, by a path.
   */
  urlCode(naming: Naming, requestOf: (file: string) => string): Promise<string | undefined>
  /** @throws ImagegenError if a page names an image that no loader has replaced. */
  refuseLeftOver(
    page: OutputFile,
    project: ProjectManifests | undefined,
    sources: Iterable<string>,
  ): void
  /** For the error about a manifest that would be published all the same. */
  readonly support: UrlSupport
}

export function createWebpackMarkup(): WebpackMarkup {
  /** The files of which every reference was replaced, absolute. */
  const handled = new Set<string>()
  const support: UrlSupport = {
    isHandled: (file) => handled.has(file),
    advice: (place, manifest) => adviceAt(place, path.basename(manifest)),
  }

  return {
    support,

    reads(id, rules) {
      const [file, query] = splitQuery(withoutFragment(id))
      if (/(?:^|&)(?:raw|url)\b/.test(query)) return false
      if (STYLE_SHEET.test(file)) return true
      return PAGE.test(file) && isReadBy('html-loader', { file, query }, rules)
    },

    async transform(text, id, { session, watch, rules, context }) {
      const file = path.normalize(splitQuery(withoutFragment(id))[0])
      const mentions = PAGE.test(file)
        ? htmlMentions(text, { withStyles: false })
        : cssMentions(text, syntaxOf(file))
      if (mentions.length === 0) return undefined
      const folder = path.dirname(file)
      const rewritten = await rewrite(text, mentions, {
        file,
        root: session.manifests()?.root ?? folder,
        session,
        // A path that starts with `/` starts from the compiler's folder, as webpack's `resolve.roots` has it.
        candidates: (url) => [path.join(url.startsWith('/') ? context : folder, url)],
        resolve: (specifier) => resolvedBy(rules, folder, specifier),
        isPublic: () => false,
        watch,
        awaits: (missing) => rules.addMissingDependency?.(missing),
        urlOf: (rendition) => encodeURI(relativeSpecifier(folder, rendition.file)),
      })
      handled.add(file)
      return rewritten?.text
    },

    async urlCode({ session, watch, rules }, requestOf) {
      const type = typeOf(rules)
      const { resourcePath, resourceFragment = '' } = rules
      if (resourcePath === undefined) return undefined
      if (type !== TYPE_FOR_CODE && type !== TYPE_FOR_STYLES) return undefined
      const file = path.normalize(resourcePath)
      const root = session.manifests()?.root ?? path.dirname(file)
      const issuer = issuerOf(rules)
      const sources = issuer === undefined ? [] : [issuer]
      // Rspack does not say which file names the manifest, only of which kind it is.
      const isOther = (each: string): boolean =>
        type === TYPE_FOR_CODE ? STYLE_SHEET.test(each) || PAGE.test(each) : !STYLE_SHEET.test(each)
      const isHandled = (each: string): boolean =>
        handled.has(each) || (issuer === undefined && isOther(each))
      const refuse = (): ImagegenError =>
        publishedError(
          { manifest: file, way: 'because it is asked for by its URL' },
          root,
          sources,
          { ...support, isHandled },
        )
      // What the option `exclude` leaves out is published as it is.
      if (!(await session.includes(file))) return codeOf(requestOf(file))
      if (type === TYPE_FOR_STYLES) throw refuse()
      refuseOtherRules(file, rules)
      const place = placeOfReference(file, sources, root, isHandled)
      const image = await namedImage(
        `${path.basename(file)}${resourceFragment}`,
        {
          session,
          watch,
          candidates: () => [file],
          resolve: () => Promise.resolve(undefined),
          isPublic: () => false,
          awaits: () => undefined,
        },
        () => place ?? { file: toPosix(path.relative(root, file)), line: 1, column: 1, frame: '' },
      )
      if (image === undefined) throw refuse()
      const { renditions } = image.rendered
      const picture = largestOf({ renditions, urlOf: () => '', refusal: refuse }, undefined)
      return codeOf(requestOf(picture.file))
    },

    refuseLeftOver({ name: page, content }, project, sources) {
      if (!PAGE.test(page)) return
      const text = typeof content === 'string' ? content : new TextDecoder().decode(content)
      if (!/\.image\.ya?ml/i.test(text)) return
      for (const { url } of htmlMentions(text)) {
        const [written = ''] = url.split(/[?#]/)
        const name = path.posix.basename(written)
        const manifest = project?.manifests.find((one) => path.basename(one.file) === name)
        if (project === undefined || manifest === undefined) continue
        const place = placeOfReference(manifest.file, sources, project.root, support.isHandled)
        throw new ImagegenError('manifest', {
          message: `${page} names \`${url}\`, which no loader has replaced by a picture.`,
          ...(place === undefined ? {} : { place }),
          hint: READ_PAGE,
        })
      }
    },
  }
}

/** The URL of a module: `new URL` takes what CommonJS exports. */
function codeOf(request: string): string {
  return `module.exports = require(${JSON.stringify(request)})\n`
}

const READ_PAGE =
  'Let html-loader read the page: `{ test: /\\.html$/, use: "html-loader" }`. It does not read styles; write those in a style sheet.'

/** What to write in place of a reference that a loader has compiled before the plugin could see it. */
function adviceAt(place: Place | undefined, manifest: string): string {
  if (place !== undefined && PAGE.test(place.file)) return READ_PAGE
  if (place !== undefined && !/\.(?:[cm]?[jt]sx?)$/.test(place.file)) {
    return `A loader compiles this file into another one, where the plugin cannot see the URL. Name the image in a style sheet that code imports, such as \`:root { --picture: url(./${manifest}#name) }\`, and write \`var(--picture)\` here.`
  }
  return `Write the URL as plain text, such as \`./${manifest}#name\` in CSS or \`new URL(…, import.meta.url)\`, or import the image and use its \`src\`: \`import images from './${manifest}'\`.`
}

/** Finds a file as loaders do, with the project's aliases. `~` marks a path that is not relative. */
async function resolvedBy(
  rules: ModuleRules,
  folder: string,
  specifier: string,
): Promise<string | undefined> {
  const resolve = rules.getResolve?.({ dependencyType: 'url' })
  const found = await resolve?.(folder, specifier.replace(/^~/, '')).catch(() => undefined)
  return typeof found !== 'string' ? undefined : splitQuery(withoutFragment(found))[0]
}

/** Folders may have a `#` in their names, files here do not. */
function withoutFragment(id: string): string {
  return id.replace(/#[^/\\]*$/, '')
}
