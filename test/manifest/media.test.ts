import { describe, expect, test } from 'vitest'
import { mediaQueryFault } from '../../src/manifest/schema/media-query.ts'
import { readFiles, summaries } from './reading.ts'

describe('a media query', () => {
  test.each([
    '(max-width: 600px)',
    '(prefers-color-scheme: dark)',
    'screen and (min-width: 40em) and (max-width: 60em), print',
    'not all and (hover)',
    '(width <= 600px)',
    '(400px<=width<=700px)',
    '(width < 600px) or ((orientation: portrait) and (not (hover: none)))',
    'ONLY screen',
  ])('%s is taken', (query) => {
    expect(mediaQueryFault(query)).toBeUndefined()
  })

  test.each([
    ['   ', 'empty', '(max-width'],
    ['@media (max-width: 600px)', 'rule of a style sheet', 'without `@media`'],
    ['(max-width: 600px)" onload="x', 'cannot contain `"`', '(max-width'],
    ["(max-width: 600px)'", "cannot contain `'`", '(max-width'],
    ['screen</script>', 'cannot contain `<`', '(max-width'],
    ['screen & (hover)', 'cannot contain `&`', '(max-width'],
    ['print {', 'cannot contain `{`', '(max-width'],
    ['print\nscreen', 'cannot contain', '(max-width'],
    ['max-width: 600px', 'a condition stands in parentheses', 'Write `(max-width: 600px)`'],
    ['screen and max-width: 600px', 'stands in parentheses', 'Write `(max-width: 600px)`'],
    ['(max-width: 600px', 'never closed', '(max-width'],
    ['(hover))', 'closed before it is opened', '(max-width'],
    ['scren', '`scren` is not a media type', 'Did you mean `screen`?'],
    ['dark', '`dark` is not a media type', '(prefers-color-scheme: dark)'],
  ])('%j is refused, with what to write', (query, message, hint) => {
    const fault = mediaQueryFault(query)
    expect(fault?.message).toContain(message)
    expect(fault?.hint).toContain(hint)
  })
})

const CAST = `images:
  kira:
    prompt: a cat
    alt: A cat
    output:
      widths: [640]
      media:
        - { media: " (max-width: 600px) ", aspectRatio: 1:1, position: attention, widths: [320] }
        - { media: "(prefers-color-scheme: dark)", image: "#kira-night" }
        - { media: print, image: ./other.image.yaml#sketch, formats: [png] }
        - { media: (hover), image: ../hero.image.yaml }
  kira-night: { prompt: a cat at night, alt: A cat }
`

test('an image shows its own crops and other images, generated or made by hand, in order', async () => {
  const { entry, problems } = await readFiles({
    'people/cast.image.yaml': CAST,
    'people/other.image.yaml': 'images: { sketch: { source: ./sketch.svg, alt: "" } }',
    'people/sketch.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
    'hero.image.yaml': 'prompt: a hero\nalt: A hero\n',
  })
  expect(problems).toEqual([])
  expect(entry('kira').media).toEqual([
    {
      media: '(max-width: 600px)',
      image: undefined,
      settings: { aspectRatio: '1:1', position: 'attention', widths: [320] },
    },
    {
      media: '(prefers-color-scheme: dark)',
      image: 'people/cast.image.yaml#kira-night',
      settings: {},
    },
    { media: 'print', image: 'people/other.image.yaml#sketch', settings: { formats: ['png'] } },
    { media: '(hover)', image: 'hero.image.yaml', settings: {} },
  ])
  expect(entry('kira-night').media).toEqual([])
  expect(entry('kira').output).not.toHaveProperty('media')
})

test('two images may show each other: the media of another image do not count', async () => {
  const { entry, problems } = await readFiles({
    'cast.image.yaml': `images:
  day: { prompt: day, alt: "", output: { media: [{ media: "(prefers-color-scheme: dark)", image: "#night" }] } }
  night: { prompt: night, alt: "", output: { media: [{ media: "(prefers-color-scheme: light)", image: "#day" }] } }
`,
  })
  expect(problems).toEqual([])
  expect(entry('day').media).toMatchObject([{ image: 'cast.image.yaml#night' }])
  expect(entry('night').media).toMatchObject([{ image: 'cast.image.yaml#day' }])
})

test('the innermost level with `media` decides, and an empty list takes them away', async () => {
  const { entry, problems } = await readFiles(
    {
      'cast.image.yaml': `defaults:
  output: { media: [{ media: print, widths: [64] }], widths: [640] }
images:
  inherits: { prompt: a, alt: "", output: { formats: [png] } }
  replaces: { prompt: b, alt: "", output: { media: [{ media: (hover), widths: [32] }] } }
  empties: { prompt: c, alt: "", output: { media: [] } }
`,
      'plain.image.yaml': 'images: { plain: { prompt: d, alt: "" } }',
    },
    { defaults: { output: { media: [{ media: 'speech', widths: [16] }] } } },
  )
  expect(problems).toEqual([])
  const mediaOf = (name: string): string[] => entry(name).media.map(({ media }) => media)
  expect(mediaOf('inherits')).toEqual(['print'])
  expect(mediaOf('replaces')).toEqual(['(hover)'])
  expect(mediaOf('empties')).toEqual([])
  expect(mediaOf('plain')).toEqual(['speech'])
})

test('a matrix names the other image with its variables, and an override gives other media', async () => {
  const { entry, problems } = await readFiles({
    'tiles.image.yaml': `images:
  "\${place}-\${time}":
    prompt: \${place} at \${time}
    alt: ""
    matrix: { place: [coast, town], time: [day, night] }
    overrides:
      - when: { time: day }
        output: { media: [{ media: "(prefers-color-scheme: dark)", image: "#\${place}-night" }] }
`,
  })
  expect(problems).toEqual([])
  expect(entry('town-day').media).toMatchObject([{ image: 'tiles.image.yaml#town-night' }])
  expect(entry('town-night').media).toEqual([])
})

test('what a style refers to belongs to the style', async () => {
  const { entry, problems } = await readFiles({
    'pages/cast.image.yaml':
      'extends: ../styles/dark.image.yaml\nimages: { kira: { prompt: a, alt: "" } }\n',
    'styles/dark.image.yaml':
      'defaults: { output: { media: [{ media: print, image: "./sky.image.yaml#night" }] } }\n',
    'styles/sky.image.yaml': 'images: { night: { prompt: b, alt: "" } }\n',
  })
  expect(problems).toEqual([])
  expect(entry('kira').media).toMatchObject([{ image: 'styles/sky.image.yaml#night' }])
})

test('`#name` in a style is refused at its place in the style', async () => {
  const { problems } = await readFiles({
    'cast.image.yaml':
      'extends: ./dark.yaml\nimages: { kira: { prompt: a, alt: "" }, night: { prompt: b, alt: "" } }\n',
    'dark.yaml': 'defaults:\n  output:\n    media: [{ media: print, image: "#night" }]\n',
  })
  expect(summaries(problems)).toEqual([
    'dark.yaml:3:36 `#night` names an image of the same file, and a style has no images.',
  ])
  expect(problems[0]).toMatchObject({ through: ['cast.image.yaml:1:10'] })
})

test('mistakes are reported where they are, with what to write', async () => {
  const { problems } = await readFiles({
    'cast.image.yaml': `images:
  a: { prompt: a, alt: "", output: { media: [{ media: print, image: "#nihgt" }] } }
  b: { prompt: a, alt: "", output: { media: [{ media: print, image: "#b" }] } }
  c: { prompt: a, alt: "", output: { media: [{ media: print, image: ./night.png }] } }
  d: { prompt: a, alt: "", output: { media: [{ media: print }] } }
  e: { prompt: a, alt: "", output: { media: [{ media: print, widths: [1] }, { media: print, widths: [2] }] } }
  f: { prompt: a, alt: "", output: { media: [{ media: "max-width: 1px", widths: [1] }] } }
  g: { prompt: a, alt: "", output: { media: [{ media: print, image: ./gone.image.yaml }] } }
  h: { prompt: a, alt: "", output: { media: [{ media: print, image: "https://example.com/a.png" }] } }
  night: { prompt: a, alt: "" }
`,
  })
  expect(summaries(problems)).toEqual([
    'cast.image.yaml:2:69 `#nihgt`: cast.image.yaml has no image `nihgt`.',
    'cast.image.yaml:3:69 `#b` is the image itself.',
    'cast.image.yaml:4:69 `./night.png` is not an image of a manifest.',
    'cast.image.yaml:5:46 `print` shows the same picture as everywhere else.',
    'cast.image.yaml:6:86 `print` is there twice: the first one is always shown.',
    'cast.image.yaml:7:55 `max-width: 1px`: a condition stands in parentheses.',
    'cast.image.yaml:8:69 `./gone.image.yaml`: there is no manifest gone.image.yaml.',
    'cast.image.yaml:9:69 `https://example.com/a.png` is not an image of a manifest.',
  ])
  expect(problems.map(({ hint }) => hint)).toEqual([
    'Did you mean `night`?',
    expect.stringContaining('`output: { media: [] }`'),
    expect.stringContaining('becomes an image with `source`'),
    expect.stringContaining('`aspectRatio`'),
    'Remove one of them.',
    'Write `(max-width: 1px)`.',
    expect.stringContaining('Check the path'),
    expect.stringContaining('becomes an image with `source`'),
  ])
})

test('a bare # and a misspelt field say what to write', async () => {
  const { problems } = await readFiles({
    'cast.image.yaml': `images:
  a:
    prompt: a
    output:
      media:
        - media: print
          image: #night
        - media: print
          imgae: "#night"
        - image: "#night"
`,
  })
  expect(problems).toMatchObject([
    { place: { line: 7 }, hint: expect.stringContaining('Put the reference in quotes') },
    { place: { line: 9 }, hint: 'Did you mean `image`?' },
    { message: '`output.media.2.media` is missing.', place: { line: 10 } },
  ])
})
