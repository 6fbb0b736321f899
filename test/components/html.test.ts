import { describe, expect, it } from 'vitest'
import { picture, type HtmlPictureOptions } from '../../src/components/html.ts'
import { BADGE, KIRA } from './images.ts'

describe('picture', () => {
  it('writes the elements in their order', () => {
    const sizes = '640px'
    const room = 'width="1280" height="720"'
    expect(picture(KIRA, { sizes, class: 'hero' })).toBe(
      [
        '<picture>',
        `<source type="image/avif" sizes="640px" srcset="${KIRA.sources['avif']}" ${room}>`,
        `<source type="image/webp" sizes="640px" srcset="${KIRA.sources['webp']}" ${room}>`,
        `<img alt="${KIRA.alt}" loading="lazy" decoding="async" class="hero" ${room} sizes="640px" srcset="${KIRA.srcset}" src="${KIRA.src}">`,
        '</picture>',
      ].join(''),
    )
  })

  it('keeps the empty text alternative of a decorative picture', () => {
    expect(picture(BADGE)).toContain('<img alt="" ')
    expect(picture(KIRA, { alt: '' })).toContain('<img alt="" ')
  })

  it.each([
    ['quotes and tags', '"><script>', '&quot;&gt;&lt;script&gt;'],
    ['entities', '&quot;', '&amp;quot;'],
  ])('escapes %s in every attribute', (_, text, escaped) => {
    const image = {
      ...KIRA,
      src: text,
      srcset: `${text} 1w, ${text} 2w`,
      sources: { [text]: `${text} 1w, ${text} 2w` },
      alt: text,
      color: text,
      media: [{ ...KIRA, media: text, format: text, src: text, srcset: text }],
    }
    const html = picture(image, { sizes: text, id: text, style: text, width: text })
    expect(html.replaceAll(escaped, '')).not.toContain(text)
    expect(html.match(/</g)).toHaveLength(html.match(/>/g)!.length)
    for (const name of ['src', 'srcset', 'sizes', 'alt', 'id', 'media', 'width', 'type']) {
      expect(html).toMatch(new RegExp(` ${name}="[^"]*${escaped}`))
    }
  })

  it('leaves a name out that would end its attribute', () => {
    const options = { 'x onload=alert(1)': 'y', 'a>b': 'c', '': 'd' } as HtmlPictureOptions
    expect(picture(BADGE, options)).toBe(picture(BADGE))
  })

  it('writes flags without a value, and states with theirs', () => {
    const options = {
      inert: true,
      ismap: false,
      'aria-hidden': true,
      draggable: false,
      title: null,
    }
    const html = picture(BADGE, options)
    expect(html).toContain(' inert aria-hidden="true" draggable="false" ')
    expect(html).not.toMatch(/ismap|title/)
  })
})
