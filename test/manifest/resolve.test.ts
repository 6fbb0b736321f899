import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/shared/hash.ts'
import { temporaryProject } from '../temporary-project.ts'
import { readFiles, readFolder, summaries } from './reading.ts'

describe('an entry', () => {
  test('has the defaults of the options and the manifest; the nearer one wins', async () => {
    const { entry } = await readFiles(
      {
        'src/cast.image.yaml': `
defaults: { aspectRatio: 16:9, providerOptions: { promptOptimizer: true }, output: { formats: [avif, jpeg] } }
vars: { look: flat }
images:
  kira:
    prompt: "Kira, \${look}, \${mood}"
    alt: Kira
    providerOptions: { watermark: true }
    output: { quality: 70 }
`,
      },
      {
        defaults: { aspectRatio: '1:1', n: 2, output: { widths: [320], formats: ['webp'] } },
        vars: { look: 'from the options', mood: 'calm' },
      },
    )
    const kira = entry('kira')
    expect(kira).toMatchObject({
      id: 'src/cast.image.yaml#kira',
      name: 'kira',
      exportName: 'kira',
      alt: 'Kira',
      pick: 1,
      subject: {
        kind: 'generated',
        model: 'image-01',
        prompt: 'Kira, flat, calm',
        aspectRatio: '16:9',
        size: undefined,
        candidates: 2,
        providerOptions: { promptOptimizer: true, watermark: true },
      },
      output: { formats: ['avif', 'jpeg'], widths: [320] },
    })
    expect(kira.output.encoders.jpeg).toMatchObject({ quality: 70 })
  })

  test('drops a default that its own field excludes', async () => {
    const { entry } = await readFiles({
      'a.image.yaml': `
defaults: { aspectRatio: 16:9, prompt: p }
images:
  sized: { size: 512x640, alt: "" }
  made: { source: ./a.png, alt: "" }
`,
      'a.png': 'png',
    })
    expect(entry('sized').subject).toMatchObject({ aspectRatio: undefined, size: '512x640' })
    expect(entry('made').subject).toMatchObject({ kind: 'source', sha256: sha256('png') })
  })

  test('of a single-image manifest has the file’s name and only the default export', async () => {
    const { entries } = await readFiles({
      'art/hero.image.yml': 'prompt: a hero\nalt: ""',
      'art/cast.image.yaml':
        'images: { a: { prompt: x, alt: "", references: [./hero.image.yml] } }',
    })
    expect(entries.map(({ id, name, exportName }) => ({ id, name, exportName }))).toEqual([
      { id: 'art/cast.image.yaml#a', name: 'a', exportName: 'a' },
      { id: 'art/hero.image.yml', name: 'hero', exportName: undefined },
    ])
    expect(entries[0]?.subject).toMatchObject({
      references: [{ kind: 'entry', id: 'art/hero.image.yml' }],
    })
  })

  test('has a normalised prompt', async () => {
    const { entry } = await readFiles({
      'a.image.yaml':
        'images:\n  a:\n    alt: ""\n    prompt: "  cafe\\u0301  \\r\\nand  \\n tea \\t\\n"\n',
    })
    expect(entry('a').subject).toMatchObject({ prompt: 'café\nand\n tea' })
  })
})

describe('variables', () => {
  test('may contain variables, in `alt`, `references` and `source` as well; `$${` is literal', async () => {
    const { entry } = await readFiles({
      'a.image.yaml': `
vars: { who: "\${name} the cartographer", name: Kira, file: sheet }
images:
  a:
    prompt: "\${who} $\${literally}"
    alt: "\${name}"
    references: ["./\${file}.png"]
`,
      'sheet.png': 'x',
    })
    expect(entry('a')).toMatchObject({
      alt: 'Kira',
      subject: { prompt: 'Kira the cartographer ${literally}', references: [{ kind: 'file' }] },
    })
  })

  test('that are unknown, circular or unclosed are errors with a position', async () => {
    const { problems } = await readFiles({
      'a.image.yaml': [
        'vars: { look: flat, a: "${b}", b: "${a}" }',
        'images:',
        '  x: { alt: "", prompt: "${lok}" }',
        '  y: { alt: "", prompt: "${a}" }',
        '  z: { alt: "", prompt: "${look" }',
      ].join('\n'),
    })
    expect(summaries(problems)).toEqual([
      'a.image.yaml:3:25 No variable `lok` is known here.',
      'a.image.yaml:4:25 Variables in a circle: a → b → a.',
      'a.image.yaml:5:25 A `${` is never closed. Write `$${` for a literal one.',
    ])
    expect(problems[0]?.hint).toBe('Did you mean `look`?')
  })
})

describe('matrix', () => {
  test('makes every combination an image; the last variable changes fastest', async () => {
    const { entries } = await readFiles({
      'tiles.image.yaml': `
images:
  "tile-\${kind}-\${season}":
    prompt: "\${kind} in \${season}"
    alt: "\${kind}"
    matrix: { kind: [grass, rock], season: [spring, winter] }
`,
    })
    expect(
      entries.map(({ id, exportName, alt, subject }) => [
        id,
        exportName,
        alt,
        subject.kind === 'generated' ? subject.prompt : '',
      ]),
    ).toEqual([
      ['tiles.image.yaml#tile-grass-spring', 'tileGrassSpring', 'grass', 'grass in spring'],
      ['tiles.image.yaml#tile-grass-winter', 'tileGrassWinter', 'grass', 'grass in winter'],
      ['tiles.image.yaml#tile-rock-spring', 'tileRockSpring', 'rock', 'rock in spring'],
      ['tiles.image.yaml#tile-rock-winter', 'tileRockWinter', 'rock', 'rock in winter'],
    ])
  })

  test('refuses a name without its variables, an invalid name, and too many combinations', async () => {
    const many = Array.from({ length: 101 }, (_, index) => index).join(', ')
    const { problems } = await readFiles({
      'a.image.yaml': [
        'images:',
        '  tile: { alt: "", prompt: x, matrix: { season: [a, b] } }',
        '  "t-${s}": { alt: "", prompt: x, matrix: { s: ["../up"] } }',
        `  "u-\${s}-\${t}": { alt: "", prompt: x, matrix: { s: [${many}], t: [${many}] } }`,
      ].join('\n'),
    })
    expect(summaries(problems)).toEqual([
      'a.image.yaml:2:3 The name `tile` does not contain `${season}` of its matrix.',
      'a.image.yaml:3:3 `t-../up` cannot name an image.',
      'a.image.yaml:4:40 The matrix has 10201 combinations; the limit is 10000.',
    ])
  })

  test('counts the combinations of the whole manifest', async () => {
    const values = Array.from({ length: 70 }, (_, index) => index).join()
    const tiles = ['a', 'b', 'c'].map(
      (name) =>
        `  "${name}\${x}x\${y}": { alt: "", prompt: "\${x} \${y}", matrix: { x: [${values}], y: [${values}] } }`,
    )
    const { entries, problems } = await readFiles({
      'a.image.yaml': `images:\n${tiles.join('\n')}\n  plain: { alt: "", prompt: z }\n`,
    })
    expect(summaries(problems)).toEqual([
      expect.stringMatching(/^a\.image\.yaml:4:\d+ With this matrix the manifest has 14700 combin/),
    ])
    expect(entries).toHaveLength(2 * 4900 + 1)
  })

  test('limits the reports of ten thousand broken combinations', async () => {
    const values = Array.from({ length: 100 }, (_, index) => `v${index}`).join(', ')
    const { problems } = await readFiles({
      'a.image.yaml': `images:\n  "t-\${a}-\${b}": { alt: "", prompt: "\${nope}", matrix: { a: [${values}], b: [${values}] } }`,
    })
    expect(problems).toHaveLength(50)
  })
})

describe('references', () => {
  test('can name files, URLs and entries of any manifest, with a type', async () => {
    const { entry, root } = await readFiles({
      'src/a.image.yaml': `
images:
  kira: { prompt: x, alt: "" }
  all:
    prompt: y
    alt: ""
    references: [./face.png, "https://example.org/a.png", "#kira", ../other.image.yaml#b, { from: "#kira", type: character }]
`,
      'other.image.yaml': 'images: { b: { prompt: z, alt: "" } }',
      'src/face.png': 'face',
    })
    expect(entry('all').subject).toMatchObject({
      references: [
        { kind: 'file', file: path.join(root, 'src/face.png'), sha256: sha256('face') },
        { kind: 'url', url: 'https://example.org/a.png' },
        { kind: 'entry', id: 'src/a.image.yaml#kira', type: undefined },
        { kind: 'entry', id: 'other.image.yaml#b' },
        { kind: 'entry', id: 'src/a.image.yaml#kira', type: 'character' },
      ],
    })
  })

  test('without a target are errors with a position and the closest name', async () => {
    const { problems } = await readFiles({
      'a.image.yaml': [
        'images:',
        '  kira: { alt: "", prompt: x }',
        '  b:',
        '    alt: ""',
        '    prompt: y',
        '    references:',
        '      - "#kria"',
        '      - ./no.png',
        '      - ./gone.image.yaml#x',
        '      - ./one.image.yaml#x',
        '      - ./a.image.yaml',
        '      - http://example.org/a.png',
        '      - file:///etc/passwd',
      ].join('\n'),
      'one.image.yaml': 'prompt: x\nalt: ""',
    })
    expect(summaries(problems)).toEqual([
      'a.image.yaml:7:9 `#kria`: a.image.yaml has no image `kria`.',
      'a.image.yaml:8:9 `./no.png`: There is no such file.',
      'a.image.yaml:9:9 `./gone.image.yaml#x`: there is no manifest gone.image.yaml.',
      'a.image.yaml:10:9 `./one.image.yaml#x`: one.image.yaml holds one image, without a name.',
      'a.image.yaml:11:9 `./a.image.yaml`: a.image.yaml holds several images.',
      'a.image.yaml:12:9 `http://example.org/a.png` is not a reference: a URL must start with https://.',
      'a.image.yaml:13:9 `file:///etc/passwd` is not a reference: a URL must start with https://.',
    ])
    expect(problems[0]?.hint).toBe('Did you mean `kira`?')
  })

  test.each([
    'https://user:hunter2@example.org/a.png',
    'https://hunter2@example.org/a.png',
    'https:user:hunter2@example.org/a.png',
    'http://user:hunter2@example.org/a.png',
    'HTTPS://:hunter2@example.org/a.png',
  ])('with a user or password are an error that does not repeat it (%s)', async (url) => {
    const { problems } = await readFiles({
      'a.image.yaml': `images:\n  a:\n    alt: ""\n    prompt: x\n    references: ["${url}"]\n`,
    })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ place: { line: 5, column: 18 } })
    expect(problems[0]?.message).toContain('must not hold a user name or password')
    expect(problems[0]?.message).not.toContain('hunter2')
    if (url.includes('://')) expect(problems[0]?.place?.frame).not.toContain('hunter2')
  })

  test('in a circle are one error; entries outside of the circle stay', async () => {
    const { entries, problems } = await readFiles({
      'a.image.yaml': [
        'images:',
        '  a: { alt: "", prompt: x, references: ["#b"] }',
        '  b: { alt: "", prompt: y, references: ["#c"] }',
        '  c: { alt: "", prompt: z, references: ["#a"] }',
        '  self: { alt: "", prompt: z, references: ["#self"] }',
        '  free: { alt: "", prompt: z }',
      ].join('\n'),
    })
    expect(problems.map(({ message }) => message)).toEqual([
      'References in a circle: a.image.yaml#a → a.image.yaml#b → a.image.yaml#c → a.image.yaml#a.',
      'References in a circle: a.image.yaml#self → a.image.yaml#self.',
    ])
    expect(entries.map(({ name }) => name)).toEqual(['free'])
  })

  test('can be chained by the thousand', async () => {
    const images = Array.from({ length: 5000 }, (_, index) =>
      index === 0
        ? '  i0: { alt: "", prompt: p }'
        : `  i${index}: { alt: "", prompt: p, references: ["#i${index - 1}"] }`,
    )
    const { entries, problems } = await readFiles({
      'a.image.yaml': `images:\n${images.join('\n')}`,
    })
    expect(problems).toEqual([])
    expect(entries).toHaveLength(5000)
  })

  test('to an image of a broken manifest are not reported as well', async () => {
    const { problems } = await readFiles({
      'a.image.yaml': 'images: { a: { alt: "", prompt: x, references: [./b.image.yaml#b] } }',
      'b.image.yaml': 'images: [',
    })
    expect(problems.every(({ place }) => place?.file === 'b.image.yaml')).toBe(true)
  })
})

describe('files that manifests name', () => {
  test('must be in a folder of `allow`, by their real path', async () => {
    const outside = await temporaryProject({ 'secret.png': 'secret', 'dir/in.png': 'x' })
    const { root } = await temporaryProject({
      'a.image.yaml': [
        'images:',
        `  a: { alt: "", source: ${path.relative('/', outside.file('secret.png')).replace(/^/, '../../../../../../')} }`,
        '  b: { alt: "", source: ./link.png }',
        '  c: { alt: "", prompt: x, references: [./linked/in.png] }',
        '  d: { alt: "", prompt: x, process: [{ composite: [{ input: ./link.png }] }] }',
        '  e: { alt: "", source: . }',
      ].join('\n'),
    })
    symlinkSync(outside.file('secret.png'), path.join(root, 'link.png'))
    symlinkSync(outside.file('dir'), path.join(root, 'linked'))
    const { problems } = readFolder(root)
    expect(problems.map(({ message }) => message.replace(/^`.*?`: /, ''))).toEqual([
      'The file lies outside of the folders that manifests may use.',
      'The file lies outside of the folders that manifests may use.',
      'The file lies outside of the folders that manifests may use.',
      'The file lies outside of the folders that manifests may use.',
      'This is not a file.',
    ])
    const allowed = readFolder(root, { allow: [root, outside.root] })
    expect(allowed.problems).toHaveLength(1)
  })

  test('are refused in a folder whose name merely starts like an allowed one', async () => {
    const { root, write, file } = await temporaryProject({})
    mkdirSync(file('art'))
    write({
      'art/a.image.yaml': 'alt: ""\nsource: ../art-private/a.png',
      'art-private/a.png': 'x',
      'art/b.image.yaml': 'alt: ""\nsource: ./..a.png',
      'art/..a.png': 'y',
    })
    const { problems } = readFolder(root, { allow: [file('art')] })
    expect(summaries(problems)).toEqual([
      'art/a.image.yaml:2:9 `../art-private/a.png`: The file lies outside of the folders that manifests may use.',
    ])
  })
})

describe('exports', () => {
  test.each([
    ['kira-at-night', 'kiraAtNight'],
    ['kira.night', 'kiraNight'],
    ['kira_at_night', 'kira_at_night'],
    ['class', 'class'],
    ['constructor', 'constructor'],
    ['01-tile', undefined],
    ['__esModule', undefined],
    ['木-火', '木火'],
  ])('%s is exported as %s', async (name, exported) => {
    const { entry } = await readFiles({
      'a.image.yaml': `images: { ${name}: { alt: "", prompt: x } }`,
    })
    expect(entry(name).exportName).toBe(exported)
  })

  test('with the same name are an error that names both lines', async () => {
    const { problems } = await readFiles({
      'a.image.yaml': 'images:\n  kira-a: { alt: "", prompt: x }\n  kiraA: { alt: "", prompt: x }',
    })
    expect(summaries(problems)).toEqual([
      'a.image.yaml:3:3 `kiraA` and `kira-a` (line 2) would both be exported as `kiraA`.',
    ])
  })
})

test('an image without `alt` is listed, and one with an empty `alt` is decorative', async () => {
  const { resolution } = await readFiles({
    'a.image.yaml': 'images: { a: { prompt: x }, b: { prompt: y, alt: "" } }',
  })
  expect(resolution.withoutAlt.map(({ name }) => name)).toEqual(['a'])
})

test('a seed too high for all candidates is refused', async () => {
  const { problems, entry } = await readFiles({
    'a.image.yaml': [
      'defaults: { alt: "", prompt: x }',
      'images:',
      '  a: { seed: 9007199254740991, n: 2 }',
      '  b: { seed: 9007199254740991, pick: 3 }',
      '  c: { seed: 9007199254740991 }',
    ].join('\n'),
  })
  expect(problems.map(({ place }) => place?.line)).toEqual([3, 4])
  expect(entry('c').subject).toMatchObject({ seed: 9007199254740991 })
})

test('an image with neither prompt nor source is refused', async () => {
  const { problems } = await readFiles({
    'a.image.yaml': 'images:\n  a: { alt: x }\n  b: { alt: x, prompt: "  " }',
  })
  expect(summaries(problems)).toEqual([
    'a.image.yaml:2:6 The image has neither `prompt` nor `source`.',
    'a.image.yaml:3:24 The prompt is empty.',
  ])
})

describe('variables inside variables end', () => {
  const chain = (length: number, link: (next: string) => string, last: string): string => {
    const vars = Array.from({ length }, (_, index) => `  v${index}: "${link(`\${v${index + 1}}`)}"`)
    return `vars:\n${vars.join('\n')}\n  v${length}: "${last}"\nprompt: "\${v0}."\nalt: ""\n`
  }

  test.each([
    ['that double forty times', chain(40, (next) => next + next, 'x'), /10000/],
    ['that double forty times and are empty', chain(40, (next) => next + next, ''), /10000/],
    ['in a chain of thousands', chain(9000, (next) => next, 'x'), /64 inside each other/],
    ['in a circle of thousands', chain(9000, (next) => next, '${v0}'), /64 inside each other/],
  ])('%s', async (_, text, expected) => {
    const { problems } = await readFiles({ 'a.image.yaml': text })
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(expected)])
    expect(problems[0]?.place?.file).toBe('a.image.yaml')
  })
})

test('spaces are removed only at line ends, however many there are elsewhere', async () => {
  const blanks = ' '.repeat(400_000)
  const { entry } = await readFiles({
    'a.image.yaml': `vars: { gap: "a${blanks}b" }\nimages: { k: { alt: "", prompt: "  one \\t\\r\\n two${blanks}three \\n" } }`,
  })
  const { subject } = entry('k')
  expect(subject.kind === 'generated' && subject.prompt).toBe(`one\n two${blanks}three`)
})
