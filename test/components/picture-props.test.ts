import { describe, expect, it } from 'vitest'
import { pictureProps, type PictureOptions } from '../../src/components/picture-props.ts'
import type { GeneratedImage } from '../../src/emit/generated-image.ts'
import { BADGE, DIRECTED, KIRA } from './images.ts'

const SIZES = '(max-width: 700px) 100vw, 640px'

const imgOf = (image: GeneratedImage, options?: PictureOptions): Record<string, unknown> =>
  pictureProps(image, options).img

describe('pictureProps', () => {
  it('gives every element its files, its sizes and its room', () => {
    const room = { width: 1280, height: 720 }
    expect(pictureProps(KIRA, { sizes: SIZES })).toEqual({
      sources: [
        { type: 'image/avif', srcset: KIRA.sources['avif'], sizes: SIZES, ...room },
        { type: 'image/webp', srcset: KIRA.sources['webp'], sizes: SIZES, ...room },
      ],
      img: {
        src: KIRA.src,
        srcset: KIRA.srcset,
        sizes: SIZES,
        ...room,
        alt: KIRA.alt,
        loading: 'lazy',
        decoding: 'async',
      },
    })
  })

  it('puts art direction before the formats, in its order, each in its own shape', () => {
    const { sources } = pictureProps(DIRECTED, { sizes: SIZES })
    const small = { media: '(max-width: 600px)', sizes: SIZES, width: 640, height: 640 }
    const [square, night] = DIRECTED.media!
    expect(sources).toEqual([
      { ...small, type: 'image/avif', srcset: square!.sources['avif'] },
      { ...small, type: 'image/jpeg', srcset: square!.srcset },
      {
        media: '(prefers-color-scheme: dark)',
        type: 'image/webp',
        srcset: night!.src,
        width: 1280,
        height: 720,
      },
      ...pictureProps(KIRA, { sizes: SIZES }).sources,
    ])
  })

  it('gives a single file neither widths nor sizes, which would make it as wide as they say', () => {
    expect(pictureProps(BADGE, { sizes: SIZES })).toEqual({
      sources: [],
      img: { src: BADGE.src, width: 256, height: 256, alt: '', loading: 'lazy', decoding: 'async' },
    })
    const image = { ...BADGE, sources: { avif: '/assets/badge.avif 256w' } }
    expect(pictureProps(image, { sizes: SIZES }).sources).toEqual([
      { type: 'image/avif', srcset: '/assets/badge.avif', width: 256, height: 256 },
    ])
  })

  it.each([
    ['a given one', { alt: 'Somebody' }, 'Somebody'],
    ['an empty one', { alt: '' }, ''],
    ['none', {}, KIRA.alt],
    ['undefined, as an optional prop of a wrapper', { alt: undefined }, KIRA.alt],
  ])('takes the text alternative: %s', (_, options, alt) => {
    expect(imgOf(KIRA, options)['alt']).toBe(alt)
  })

  it('loads with priority at once and first', () => {
    expect(imgOf(KIRA, { priority: true })).toMatchObject({
      loading: 'eager',
      fetchpriority: 'high',
      decoding: 'async',
    })
    expect(imgOf(KIRA, { priority: false })).not.toHaveProperty('fetchpriority')
    expect(imgOf(KIRA)).not.toHaveProperty('priority')
  })

  it('prefers what is given to what priority and the defaults say', () => {
    const given = { loading: 'eager', decoding: 'sync', fetchpriority: 'low' } as const
    expect(imgOf(KIRA, given)).toMatchObject(given)
    expect(imgOf(KIRA, { ...given, priority: true })).toMatchObject(given)
  })

  it('passes every other attribute on to the <img>, but not what the image decides', () => {
    const onload = (): void => undefined
    const others = { id: 'hero', class: 'wide', 'data-n': 0, 'aria-hidden': true, onload }
    const mistaken = { src: '/other.jpg', srcset: '/other.jpg 9w' }
    expect(imgOf(KIRA, { ...others, ...mistaken })).toMatchObject({
      ...others,
      src: KIRA.src,
      srcset: KIRA.srcset,
    })
    expect(imgOf(BADGE, mistaken)).toEqual(imgOf(BADGE))
  })

  it.each([
    ['null', null],
    ['undefined', undefined],
  ])('takes %s for an option that is not given', (_, value) => {
    const options = ['alt', 'class', 'decoding', 'fetchpriority', 'height', 'loading', 'priority']
    const nothing = Object.fromEntries([...options, 'style', 'width'].map((key) => [key, value]))
    expect(pictureProps(DIRECTED, { sizes: SIZES, ...nothing })).toStrictEqual(
      pictureProps(DIRECTED, { sizes: SIZES }),
    )
  })

  it.each([
    ['no export of the manifest', undefined, 'undefined'],
    ['nothing', null, 'null'],
    ['the address of a file', '/kira.jpg', '/kira.jpg'],
  ])('says what it was given in place of an image: %s', (_, image, named) => {
    expect(() => pictureProps(image as never)).toThrow(`Not an image of a manifest: ${named}`)
  })

  it.each([
    ['a width', { width: 640 }, { width: 640, height: 360 }, { width: 640, height: 640 }],
    [
      'a width as text',
      { width: '320' },
      { width: '320', height: 180 },
      { width: '320', height: 320 },
    ],
    ['a height', { height: 90 }, { width: 160, height: 90 }, { width: 90, height: 90 }],
    ['both', { width: 50, height: 50 }, { width: 50, height: 50 }, { width: 50, height: 50 }],
    [
      'both of the image itself',
      { width: 1280, height: 720 },
      { width: 1280, height: 720 },
      { width: 1280, height: 1280 },
    ],
    [
      'both as its own, smaller and as texts',
      { width: '333', height: '187' },
      { width: '333', height: 187 },
      { width: '333', height: 333 },
    ],
    [
      'a box that CSS fits it into',
      { width: 80, height: 90 },
      { width: 80, height: 90 },
      { width: 80, height: 90 },
    ],
  ])('keeps the shape of every source, given %s', (_, options, own, square) => {
    const { sources, img } = pictureProps(DIRECTED, options)
    expect(img).toMatchObject(own)
    expect(sources.at(-1)).toMatchObject(own)
    expect(sources[0]).toMatchObject(square)
  })

  it.each([
    ['blanks and commas', '/my app, v2', '/my%20app%2C%20v2'],
    ['letters of any script', '/картинки', '/картинки'],
    ['what is encoded already', '/my%20app', '/my%20app'],
  ])('writes URLs that a srcset can hold: %s', (_, base, encoded) => {
    const inBase = (srcset: string): string => srcset.replaceAll('/assets', base)
    const image = {
      ...KIRA,
      srcset: inBase(KIRA.srcset),
      sources: { avif: inBase(KIRA.sources['avif']!) },
    }
    const { sources, img } = pictureProps(image, { sizes: SIZES })
    const [avif] = sources
    expect(avif!.srcset).toBe(`${encoded}/kira-640.avif 640w, ${encoded}/kira-1280.avif 1280w`)
    expect(img.srcset).toBe(`${encoded}/kira-640.jpg 640w, ${encoded}/kira-1280.jpg 1280w`)
  })

  it('keeps the comma of a `data:` URL', () => {
    const small = 'data:image/webp;base64,UklG'
    const large = 'data:image/svg+xml,<svg%20width="9"/>'
    const image = { ...KIRA, src: large, srcset: `${small} 640w, ${large} 1280w` }
    expect(imgOf(image, { sizes: SIZES })['srcset']).toBe(image.srcset)
    const one = { ...BADGE, sources: { avif: `${small} 256w` } }
    expect(pictureProps(one).sources[0]?.srcset).toBe(small)
  })

  describe('its placeholder', () => {
    const blurDataURL = 'data:image/webp;base64,UklGRhIAAABXRUJQVlA4IAYAAAA='

    it('is the background of an opaque picture', () => {
      expect(imgOf({ ...KIRA, blurDataURL })['style']).toBe(
        `background:url("${blurDataURL}") 50%/cover content-box;`,
      )
      expect(imgOf({ ...KIRA, color: '#aabbcc' })['style']).toBe('background:#aabbcc content-box;')
    })

    it('is not seen through a picture with transparent parts', () => {
      expect(imgOf({ ...KIRA, blurDataURL, alpha: true })).not.toHaveProperty('style')
      expect(imgOf({ ...KIRA, color: '#aabbcc', alpha: true })).not.toHaveProperty('style')
    })

    it('of the light picture is not behind the dark one', () => {
      expect(imgOf({ ...DIRECTED, color: '#aabbcc' })).not.toHaveProperty('style')
      const loud = { ...DIRECTED.media![1]!, media: '(PREFERS-COLOR-SCHEME: dark)' }
      expect(imgOf({ ...KIRA, media: [loud], color: '#aabbcc' })).not.toHaveProperty('style')
      const small = DIRECTED.media!.slice(0, 1)
      expect(imgOf({ ...DIRECTED, media: small, color: '#aabbcc' })).toHaveProperty('style')
    })

    it('gives way to a given style, in the form of that style', () => {
      const image = { ...KIRA, color: '#aabbcc' }
      expect(imgOf(image, { style: 'width:50%' })['style']).toBe(
        'background:#aabbcc content-box;width:50%',
      )
      expect(imgOf(image, { style: { width: '50%' } })['style']).toEqual({
        background: '#aabbcc content-box',
        width: '50%',
      })
      expect(imgOf(image, { style: { background: 'none' } })['style']).toEqual({
        background: 'none',
      })
      expect(imgOf(KIRA, { style: 'width:50%' })['style']).toBe('width:50%')
    })
  })
})
