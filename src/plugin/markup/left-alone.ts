import type { Problem } from '../../shared/errors.ts'
import { ASSET_SOURCES } from './asset-attributes.ts'
import { attributeMentions, ownOf, styleMentions } from './html.ts'
import type { Mention } from './mention.ts'
import { isTextElement, type Tag, tagsOf } from './tags.ts'

/** A language whose compiler leaves some or all URLs in its markup as they are, so that a page would load the manifest. */
export interface LeavingLanguage {
  readonly name: 'Astro' | 'Svelte' | 'Vue'
  /** An attribute with the value of an expression. */
  bind(this: void, attribute: string, expression: string): string
}

const SVELTE: LeavingLanguage = {
  name: 'Svelte',
  bind: (attribute, expression) => `${attribute}={${expression}}`,
}

const ASTRO: LeavingLanguage = { ...SVELTE, name: 'Astro' }

/** The mistakes of a component whose compiler leaves all URLs in its markup as they are. */
export function leftAloneMentions(text: string, language: 'Astro' | 'Svelte'): Mention[] {
  switch (language) {
    case 'Svelte':
      return [...tagsOf(text, { isText: isTextElement, braces: ['{', '}'] })].flatMap((tag) =>
        leftAlone(tag, text, SVELTE),
      )
    case 'Astro': {
      const markup = text.replace(/^\s*---\r?\n[^]*?\n---/, (code) =>
        code.replaceAll(/[^\n]/g, ' '),
      )
      return [...tagsOf(markup)].flatMap((tag) => leftAlone(tag, markup, ASTRO))
    }
    default:
      return language satisfies never
  }
}

/** What a page would take for files in a tag, and its compiler leaves as it is. Each is an error. */
export function leftAlone(tag: Tag, text: string, language: LeavingLanguage): Mention[] {
  if (tag.isEnd) return []
  const files = attributeMentions(tag, text, [ownOf(ASSET_SOURCES, tag.name)])
  return [...styleMentions(tag, text), ...files].map((mention) => {
    const attribute = tag.attributes.find(
      ({ start, end }) => start <= mention.at && mention.at <= end,
    )
    return leftAloneMention(mention, attribute?.name ?? 'src', language)
  })
}

export function leftAloneMention(
  mention: Mention,
  attribute: string,
  { name, bind }: LeavingLanguage,
): Mention {
  return {
    ...mention,
    write(image) {
      throw image.refusal({
        message: `${name} leaves the URL in \`${attribute}\` as it is, so the page would load the manifest in place of a picture.`,
        hint:
          attribute === 'style'
            ? 'Name the image in `<style>`, or import it and use its `src`.'
            : importHint(mention.url, (expression) => bind(attribute, expression)),
      })
    },
  }
}

/** What to write where only an import gives a picture. */
function importHint(
  url: string,
  use: (expression: string) => string,
): NonNullable<Problem['hint']> {
  const [file = '', image = ''] = url.split('#')
  const from = file.startsWith('.') || file.startsWith('/') ? file : `./${file}`
  const isName = /^[a-z_$][\w$]*$/i.test(image)
  const imported = isName ? `{ ${image} }` : image === '' ? 'image' : 'images'
  const value = isName ? image : image === '' ? 'image' : `images['${image}']`
  return `Import the image, \`import ${imported} from '${from}'\`, and write \`${use(`${value}.src`)}\`.`
}
