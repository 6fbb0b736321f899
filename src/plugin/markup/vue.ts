import { isRecord } from '../../shared/record.ts'
import { attributeMentions } from './html.ts'
import { leftAlone, leftAloneMention, type LeavingLanguage } from './left-alone.ts'
import { type Mention, namesManifest } from './mention.ts'
import { isTextElement, type Tag, tagsOf, type TagSyntax } from './tags.ts'

/** The attributes of a template that Vue takes for files, by element. Undefined: none. */
export type VueAssets = Readonly<Record<string, readonly string[]>> | undefined

/** Vue's own. @see https://github.com/vuejs/core/blob/main/packages/compiler-sfc/src/template/transformAssetUrl.ts */
const ASSETS: VueAssets = {
  video: ['src', 'poster'],
  source: ['src'],
  img: ['src'],
  image: ['xlink:href', 'href'],
  use: ['xlink:href', 'href'],
}

const VUE: LeavingLanguage = {
  name: 'Vue',
  bind: (attribute, expression) => `:${attribute}="${expression}"`,
}

const BRACES = ['{{', '}}'] as const

/** An attribute in Pug with a plain text. */
const PUG_ATTRIBUTE =
  /(?<=[\s(,])(src|srcset|poster|href|xlink:href)\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')/g

/** Reads the option `transformAssetUrls` of plugin-vue. */
export function vueAssets(option: unknown): VueAssets {
  if (option === false) return undefined
  if (!isRecord(option)) return ASSETS
  const tags = Object.values(option).some(Array.isArray) ? option : option['tags']
  return isRecord(tags) ? (tags as VueAssets) : ASSETS
}

/** The manifests that the template of a component names. */
export function componentMentions(text: string, assets: VueAssets): Mention[] {
  const mentions: Mention[] = []
  /** How many `<template>` the scanner is in. */
  let depth = 0
  const isSelfClosing = ({ end }: Tag): boolean => text.endsWith('/>', end)
  const syntax: TagSyntax = {
    braces: BRACES,
    isText: (tag) =>
      depth > 0
        ? isTextElement(tag)
        : !isSelfClosing(tag) && !(isTemplate(tag) && isHtml(tag, text)),
  }
  for (const tag of tagsOf(text, syntax)) {
    if (depth > 0) mentions.push(...tagMentions(tag, text, assets))
    else if (isTemplate(tag) && tag.contentEnd !== undefined) {
      mentions.push(...pugMentions(text, tag.end, tag.contentEnd))
    }
    if (!isTemplate(tag) || tag.contentEnd !== undefined || isSelfClosing(tag)) continue
    depth = Math.max(0, depth + (tag.isEnd ? -1 : 1))
  }
  return mentions
}

/** The manifests that a template in a file of its own names. */
export function templateMentions(text: string, assets: VueAssets): Mention[] {
  return [...tagsOf(text, { isText: isTextElement, braces: BRACES })].flatMap((tag) =>
    tagMentions(tag, text, assets),
  )
}

function tagMentions(tag: Tag, text: string, assets: VueAssets): Mention[] {
  if (tag.isEnd) return []
  const files = assets === undefined ? [] : fileMentions(tag, text, assets)
  const left = leftAlone(tag, text, VUE)
  return [...files, ...left.filter(({ at }) => !files.some((file) => file.at === at))]
}

function fileMentions(tag: Tag, text: string, assets: NonNullable<VueAssets>): Mention[] {
  const srcAttributes = [tag.name, '*']
    .flatMap((name) => (Object.hasOwn(assets, name) ? (assets[name] ?? []) : []))
    .map((name) => name.toLowerCase())
  const srcsetAttributes = /^(?:img|source)$/.test(tag.name) ? ['srcset'] : []
  return attributeMentions(tag, text, [{ srcAttributes, srcsetAttributes }])
}

/** Another plugin makes HTML of Pug, where its URLs are out of reach. */
function pugMentions(text: string, from: number, to: number): Mention[] {
  return [...text.slice(from, to).matchAll(PUG_ATTRIBUTE)].flatMap((match) => {
    const [all, attribute = '', double, single] = match
    const value = double ?? single ?? ''
    const [url = ''] = value.trim().split(/\s/)
    const start = from + match.index + all.lastIndexOf(value)
    const line = text.slice(text.lastIndexOf('\n', start) + 1, start)
    if (!namesManifest(url) || /^\s*\/\//.test(line)) return []
    const mention = { start, end: start + value.length, at: start, url, write: () => value }
    return [leftAloneMention(mention, attribute, VUE)]
  })
}

function isTemplate({ name }: Tag): boolean {
  return name === 'template'
}

function isHtml({ attributes }: Tag, text: string): boolean {
  const lang = attributes.find(({ name }) => name === 'lang')
  return lang === undefined || /^(?:html)?$/.test(text.slice(lang.start, lang.end))
}
