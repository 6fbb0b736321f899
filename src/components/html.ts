import type { PictureImage, PictureOptions } from './picture-props.ts'
import { pictureProps } from './picture-props.ts'

export {
  pictureProps,
  type PictureImage,
  type PictureImg,
  type PictureOptions,
  type PictureProps,
  type PictureSource,
} from './picture-props.ts'

/** An attribute in HTML: `true` has no value, and `false`, `null` and `undefined` leave it out. */
export type HtmlAttribute = string | number | boolean | null | undefined

/** What `picture` takes: every other attribute goes to the `<img>`. */
export interface HtmlPictureOptions extends PictureOptions {
  readonly style?: string | null | undefined
  readonly [attribute: string]: HtmlAttribute
}

/** The HTML of a `<picture>` of an imported image. Every attribute is escaped. */
export function picture(image: PictureImage, options: HtmlPictureOptions = {}): string {
  const { sources, img } = pictureProps(image, options)
  return `<picture>${sources.map((each) => tag('source', each)).join('')}${tag('img', img)}</picture>`
}

function tag(name: string, attributes: object): string {
  const written = Object.entries(attributes as Record<string, unknown>).map(([key, value]) =>
    attribute(key, value),
  )
  return `<${name}${written.join('')}>`
}

function attribute(name: string, value: unknown): string {
  // A name cannot be escaped.
  if (value === null || value === undefined || /^$|[\s"'<>/=]/.test(name)) return ''
  // `aria-hidden` without a value is not hidden.
  const isFlag = typeof value === 'boolean' && !/^aria-|^draggable$/.test(name)
  if (isFlag) return value ? ` ${name}` : ''
  return ` ${name}="${String(value).replaceAll(/[&"<>]/g, (each) => ENTITIES[each] ?? each)}"`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '"': '&quot;',
  '<': '&lt;',
  '>': '&gt;',
}
