import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { GeneratedSubject } from '../../src/manifest/entry.ts'
import { ImagegenError } from '../../src/shared/errors.ts'
import { temporaryProject } from '../temporary-project.ts'
import { readFiles, readFolder, summaries, type ReadProject } from './reading.ts'

function generated({ entry }: ReadProject, name: string): GeneratedSubject {
  const { subject } = entry(name)
  if (subject.kind !== 'generated') throw new Error(`${name} is not generated`)
  return subject
}

/** What a user sees of the problems. */
function told({ problems }: ReadProject): string {
  return new ImagegenError('manifest', problems).message
}

const KIRA = 'images: { kira: { prompt: "Kira, ${look}", alt: Kira } }\n'

describe('precedence', () => {
  test('is options, extended files in order, the manifest, the image', async () => {
    const project = await readFiles(
      {
        'base.image.yaml': [
          'defaults: { model: base, aspectRatio: "1:1", n: 2, seed: 1, revision: 1 }',
          'vars: { look: base, light: base, time: base, place: base }',
        ].join('\n'),
        'night.image.yaml': [
          'defaults: { aspectRatio: "2:3", n: 3, seed: 2 }',
          'vars: { light: night, time: night }',
        ].join('\n'),
        'a.image.yaml': [
          'extends: [./base.image.yaml, ./night.image.yaml]',
          'defaults: { n: 4, seed: 3 }',
          'vars: { time: own }',
          'images: { kira: { prompt: "${look} ${light} ${time} ${place} ${option}", alt: "", seed: 4 } }',
        ].join('\n'),
      },
      { defaults: { model: 'option', revision: 9 }, vars: { option: 'option', look: 'option' } },
    )
    expect(summaries(project.problems)).toEqual([])
    expect(generated(project, 'kira')).toMatchObject({
      model: 'base',
      revision: 1,
      aspectRatio: '2:3',
      candidates: 4,
      seed: 4,
      prompt: 'base night own base option',
    })
  })

  test('a style that two others extend counts where it comes last', async () => {
    const project = await readFiles({
      'base.image.yaml': 'vars: { look: base }\n',
      'warm.image.yaml': 'extends: ./base.image.yaml\nvars: { look: warm }\n',
      'night.image.yaml': 'extends: ./base.image.yaml\nvars: { light: night }\n',
      'a.image.yaml': `extends: [./warm.image.yaml, ./night.image.yaml]\n${KIRA}`,
    })
    expect(generated(project, 'kira').prompt).toBe('Kira, base')
  })

  test('fields that exclude each other, options of a model and encoders are merged like defaults', async () => {
    const project = await readFiles({
      'style.image.yaml': [
        'defaults:',
        '  size: 512x512',
        '  providerOptions: { watermark: true, promptOptimizer: true }',
        '  output: { formats: [avif, jpeg], quality: 70, avif: { effort: 2 } }',
      ].join('\n'),
      'a.image.yaml': [
        'extends: ./style.image.yaml',
        'defaults: { aspectRatio: "16:9", providerOptions: { watermark: false } }',
        'images: { kira: { prompt: x, alt: "", output: { avif: { quality: 40 } } } }',
      ].join('\n'),
    })
    expect(generated(project, 'kira')).toMatchObject({
      size: undefined,
      aspectRatio: '16:9',
      providerOptions: { watermark: false, promptOptimizer: true },
    })
    const { formats, encoders } = project.entry('kira').output
    expect(formats).toEqual(['avif', 'jpeg'])
    expect(encoders.avif).toMatchObject({ effort: 2, quality: 40 })
    expect(encoders.jpeg).toMatchObject({ quality: 70 })
  })

  test('of a manifest with images only the defaults and the vars are taken', async () => {
    const project = await readFiles({
      'cast.image.yaml': `vars: { look: flat }\ndefaults: { n: 3 }\n${KIRA}`,
      'one.image.yaml': 'extends: ./cast.image.yaml\nprompt: "One, ${look}"\nalt: ""\n',
    })
    expect(project.entries.map(({ id }) => id)).toEqual(['cast.image.yaml#kira', 'one.image.yaml'])
    expect(generated(project, 'one')).toMatchObject({ prompt: 'One, flat', candidates: 3 })
  })

  test('a matrix of a style makes the images of the manifests', async () => {
    const project = await readFiles({
      'seasons.image.yaml': 'defaults: { matrix: { season: [spring, winter] } }\n',
      'a.image.yaml':
        'extends: ./seasons.image.yaml\nimages: { "tree-${season}": { prompt: "${season}", alt: "" } }',
    })
    expect(project.entries.map(({ name }) => name)).toEqual(['tree-spring', 'tree-winter'])
  })
})

describe('`exclude` and `overrides` of a style', () => {
  const STYLE = [
    'defaults:',
    '  exclude: [{ season: autumn }]',
    '  overrides:',
    '    - { when: { season: winter }, references: [./snow.png], model: cold }',
  ].join('\n')
  const manifest = (name: string, seasons: string, style = '../styles/seasons.yaml'): string =>
    [
      `extends: ${style}`,
      `images: { "${name}-\${season}": { prompt: A tree, alt: "", matrix: { season: [${seasons}] } } }`,
    ].join('\n')

  test('apply to every matrix that has such combinations, with paths from the style', async () => {
    const project = await readFiles({
      'styles/seasons.yaml': STYLE,
      'styles/snow.png': 'snow',
      'a/a.image.yaml': manifest('a', 'spring, autumn'),
      'a/b.image.yaml': manifest('b', 'summer, winter'),
    })
    expect(summaries(project.problems)).toEqual([])
    expect(project.entries.map(({ name }) => name)).toEqual(['a-spring', 'b-summer', 'b-winter'])
    expect(generated(project, 'b-winter').references).toMatchObject([
      { file: path.join(project.root, 'styles/snow.png') },
    ])
    expect(generated(project, 'b-summer').references).toEqual([])
  })

  test('are an error in the style where they match no image of any manifest', async () => {
    const project = await readFiles({
      'styles/seasons.yaml': STYLE,
      'styles/snow.png': 'snow',
      'a/a.image.yaml': manifest('a', 'spring, summer'),
      'a/b.image.yaml': manifest('b', 'summer, winter'),
    })
    expect(summaries(project.problems)).toEqual([
      'styles/seasons.yaml:2:23 The matrix has no `season: autumn`.',
    ])
    expect(told(project)).toContain('  through `extends` in a/a.image.yaml:1:10')
  })

  test('with `#name` are an error, and a missing file is told in the style', async () => {
    const named = await readFiles({
      'styles/seasons.image.yaml': STYLE.replace('./snow.png', '"#snow"'),
    })
    expect(summaries(named.problems)).toEqual([
      'styles/seasons.image.yaml:4:48 `#snow` names an image of the same file, and a style has no images.',
    ])
    const missing = await readFiles({
      'styles/seasons.yaml': STYLE,
      'a/a.image.yaml': manifest('a', 'spring, autumn, winter'),
    })
    expect(told(missing)).toMatch(
      /styles\/seasons\.yaml:4:48 {2}`\.\/snow\.png`: There is no such file[^]*through `extends` in a\/a\.image\.yaml:1:10/,
    )
  })
})

describe('any YAML file', () => {
  test('can be extended, and is no manifest because of it', async () => {
    const project = await readFiles({
      'styles/warm.yaml': 'vars: { look: warm }\nimages: { unseen: { prompt: x } }\n',
      'art/a.image.yaml': `extends: ../styles/warm.yaml\n${KIRA}`,
    })
    expect(summaries(project.problems)).toEqual([])
    expect(project.entries.map(({ name }) => name)).toEqual(['kira'])
    expect(generated(project, 'kira').prompt).toBe('Kira, warm')
  })
})

describe('paths in a style', () => {
  test('start at the style, those of the manifest at the manifest', async () => {
    const { root, write } = await temporaryProject({
      'styles/warm.image.yaml': [
        'defaults:',
        '  references: [./sheet.png, ./cast.image.yaml#kira, "./${which}.png"]',
        '  process: [{ composite: { input: ./frame.png } }]',
        'vars: { which: third }',
      ].join('\n'),
      'styles/cast.image.yaml': 'images: { kira: { prompt: Kira, alt: Kira } }\n',
      'scenes/a.image.yaml': [
        'extends: ../styles/warm.image.yaml',
        'images:',
        '  harbour: { prompt: Harbour, alt: Harbour }',
        '  cliff: { prompt: Cliff, alt: Cliff, references: [./own.png] }',
      ].join('\n'),
    })
    for (const name of ['styles/sheet', 'styles/third', 'styles/frame', 'scenes/own']) {
      write({ [`${name}.png`]: name })
    }
    const project = readFolder(root)
    expect(summaries(project.problems)).toEqual([])
    expect(generated(project, 'harbour').references).toMatchObject([
      { kind: 'file', file: path.join(root, 'styles/sheet.png') },
      { kind: 'entry', id: 'styles/cast.image.yaml#kira' },
      { kind: 'file', file: path.join(root, 'styles/third.png') },
    ])
    expect(project.entry('harbour').operations[0]?.files).toMatchObject([
      { file: path.join(root, 'styles/frame.png') },
    ])
    expect(generated(project, 'cliff').references).toMatchObject([
      { file: path.join(root, 'scenes/own.png') },
    ])
  })

  test('`source` of a style starts there, too', async () => {
    const { root } = await temporaryProject({
      'styles/stub.image.yaml': 'defaults: { source: ./stub.png }\n',
      'styles/stub.png': 'stub',
      'a/a.image.yaml': 'extends: ../styles/stub.image.yaml\nimages: { kira: { alt: "" } }\n',
    })
    expect(readFolder(root).entry('kira').subject).toMatchObject({
      kind: 'source',
      file: path.join(root, 'styles/stub.png'),
    })
  })

  test('a variable of the style in a path of the manifest starts at the manifest', async () => {
    const project = await readFiles({
      'styles/warm.image.yaml': 'vars: { sheet: ./sheet.png }\n',
      'a/sheet.png': 'sheet',
      'a/a.image.yaml':
        'extends: ../styles/warm.image.yaml\nprompt: x\nalt: ""\nreferences: ["${sheet}"]\n',
    })
    expect(generated(project, 'a').references).toMatchObject([
      { file: path.join(project.root, 'a/sheet.png') },
    ])
  })

  test('a Git LFS pointer counts as the file that it points to', async () => {
    const oid = 'a'.repeat(64)
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 12\n`
    const project = await readFiles({
      'styles/warm.image.yaml': 'defaults: { references: [./sheet.png] }\n',
      'styles/sheet.png': pointer,
      'a/a.image.yaml': 'extends: ../styles/warm.image.yaml\nprompt: x\nalt: ""\n',
    })
    expect(generated(project, 'a').references).toMatchObject([{ sha256: oid, isLfsPointer: true }])
  })

  test('`#name` is an error at its place, also behind a variable', async () => {
    const plain = await readFiles({
      'warm.image.yaml': 'defaults:\n  references: [{ from: "#kira" }]\n',
      'a.image.yaml': `extends: ./warm.image.yaml\nvars: { look: x }\n${KIRA}`,
    })
    expect(told(plain)).toMatch(
      /^warm\.image\.yaml:2:16 {2}`#kira` names an image of the same file, and a style has no images\./,
    )
    expect(plain.entries).toEqual([])
    const behind = await readFiles({
      'warm.image.yaml': 'defaults:\n  references: ["${who}"]\nvars: { who: "#kira" }\n',
      'a.image.yaml': `extends: ./warm.image.yaml\nvars: { look: x }\n${KIRA}`,
    })
    expect(summaries(behind.problems)).toEqual([
      'warm.image.yaml:2:16 `#kira` names an image of the same file, and a style has no images.',
    ])
  })

  test('`#name` in the defaults of a manifest with images means an image of that manifest', async () => {
    const project = await readFiles({
      'cast.image.yaml': [
        'defaults: { references: ["#kira"] }',
        'images: { kira: { prompt: Kira, alt: "", references: [] } }',
      ].join('\n'),
      'a.image.yaml': 'extends: ./cast.image.yaml\nprompt: Harbour\nalt: ""\n',
    })
    expect(summaries(project.problems)).toEqual([])
    expect(generated(project, 'a').references).toMatchObject([{ id: 'cast.image.yaml#kira' }])
  })
})

describe('a fault', () => {
  test('of a style is told once, in the style, with the `extends` that lead there', async () => {
    const project = await readFiles({
      'styles/base.yaml': 'defaults:\n  aspectRatoi: 1:1\n',
      'styles/warm.image.yaml': 'extends: ./base.yaml\nvars: { look: warm }\n',
      ...Object.fromEntries(
        Array.from({ length: 5 }, (_, index) => [
          `a${index}.image.yaml`,
          `extends:\n  - ./styles/warm.image.yaml\n${KIRA}`,
        ]),
      ),
    })
    expect(told(project)).toBe(
      [
        'styles/base.yaml:2:3  Unknown field `aspectRatoi`.',
        '  1 | defaults:',
        '> 2 |   aspectRatoi: 1:1',
        '    |   ^',
        '  3 | ',
        '  through `extends` in a0.image.yaml:2:5 → styles/warm.image.yaml:1:10, a1.image.yaml:2:5 → styles/warm.image.yaml:1:10, a2.image.yaml:2:5 → styles/warm.image.yaml:1:10 and 3 more',
        '  → Did you mean `aspectRatio`?',
      ].join('\n'),
    )
    expect(project.entries).toEqual([])
  })

  test.each([
    ['references: [./nobody.png]', '2:16', '`./nobody.png`: There is no such file.'],
    ['prompt: "${lok}"', '2:11', 'No variable `lok` is known here.'],
    ['process: [{ composite: { input: ./x.png } }]', '2:12', '`./x.png`: There is no such file.'],
  ])(
    'that shows in the images of a style (%s) points into the style',
    async (field, at, message) => {
      const images = 'images: { a: { alt: "" }, b: { alt: "" } }\n'
      const project = await readFiles({
        'styles/warm.yaml': `defaults:\n  ${field}\n`,
        'a.image.yaml': `extends: ./styles/warm.yaml\ndefaults: { n: 1 }\nvars: { look: x }\n${images.replaceAll('alt', field.startsWith('prompt') ? 'alt' : 'prompt: x, alt')}`,
      })
      const text = told(project)
      expect(text).toContain(`styles/warm.yaml:${at}  ${message}`)
      expect(text).toContain('  through `extends` in a.image.yaml:1:10\n')
      expect(text.split(message)).toHaveLength(2)
    },
  )

  test.each([
    ['./missing.yaml', 'There is no such file.'],
    ['./folder.yaml', 'This is not a file.'],
    ['./.env', 'This is not a YAML file.'],
    ['./link.yaml', 'This is not a YAML file.'],
    ['https://example.com/a.yaml', 'A manifest cannot extend an address.'],
    ['./a.image.yaml#kira', 'A manifest extends a whole file, not one image of it.'],
  ])('of `extends: %s` points at it', async (written, problem) => {
    const { root, file, write } = await temporaryProject({ '.env': 'SECRET=1\n' })
    mkdirSync(file('folder.yaml'))
    symlinkSync(file('.env'), file('link.yaml'))
    write({ 'a.image.yaml': `${KIRA}extends:\n  - "${written}"\n` })
    const project = readFolder(root)
    expect(summaries(project.problems)).toEqual([
      `a.image.yaml:3:5 \`extends: ${written}\`: ${problem}`,
    ])
    expect(told(project)).not.toContain('SECRET')
  })

  test('a file outside of `allow` is refused by its real path', async () => {
    const outside = await temporaryProject({ 'warm.yaml': 'vars: { look: secret }\n' })
    const { root, file, write } = await temporaryProject()
    symlinkSync(outside.file('warm.yaml'), file('link.yaml'))
    symlinkSync(outside.root, file('linked'))
    const names = [
      './link.yaml',
      './linked/warm.yaml',
      path.relative(root, outside.file('warm.yaml')),
    ]
    write({ 'a.image.yaml': `extends: ${JSON.stringify(names)}\n${KIRA}` })
    expect(readFolder(root).problems.map(({ message }) => message.replace(/^`.*?`: /, ''))).toEqual(
      Array.from(
        { length: 3 },
        () => 'The file lies outside of the folders that manifests may use.',
      ),
    )
    const allowed = readFolder(root, { allow: [root, outside.root] })
    expect(generated(allowed, 'kira').prompt).toBe('Kira, secret')
  })

  test('a circle is an error in the file that closes it', async () => {
    const project = await readFiles({
      'a.image.yaml': 'extends: ./b.image.yaml\nvars: { a: x }\n',
      'b.image.yaml': 'extends: ./c.yaml\nvars: { b: x }\n',
      'c.yaml': 'vars: { look: x }\nextends: [./b.image.yaml]\n',
      'd.image.yaml': `extends: ./a.image.yaml\n${KIRA}`,
    })
    const text = told(project)
    expect(text).toContain(
      'c.yaml:2:11  `extends: ./b.image.yaml`: The files extend each other in a circle: b.image.yaml → c.yaml → b.image.yaml.',
    )
    expect(text.match(/in a circle/g)).toHaveLength(1)
    expect(project.entries).toEqual([])
  })

  test('a circle through symbolic links ends', async () => {
    const { root, file, write } = await temporaryProject()
    mkdirSync(file('art'))
    symlinkSync('.', file('art/again'))
    write({ 'art/a.image.yaml': `extends: ./again/a.image.yaml\n${KIRA}` })
    expect(summaries(readFolder(root).problems)).toEqual([
      expect.stringContaining('The files extend each other in a circle'),
    ])
  })

  test('too many styles are refused', async () => {
    const { root, file } = await temporaryProject()
    for (let index = 0; index < 300; index++) {
      writeFileSync(file(`s${index}.yaml`), `extends: ./s${index + 1}.yaml\nvars: { look: x }\n`)
    }
    writeFileSync(file('s300.yaml'), 'vars: { look: x }\n')
    writeFileSync(file('a.image.yaml'), `extends: ./s0.yaml\n${KIRA}`)
    writeFileSync(file('b.image.yaml'), `extends: ./s270.yaml\n${KIRA.replace('kira', 'mira')}`)
    const project = readFolder(root)
    const text = told(project)
    expect(text).toContain('s199.yaml:1:10  `extends`: More than 100 files are extended.')
    expect(text).toMatch(/through `extends` in a\.image\.yaml → … → s195\.yaml:1:10 → /)
    expect(project.entries.map(({ name }) => name)).toEqual(['mira'])
  })
})

test('a reference to a style says that it has no images', async () => {
  const { problems } = await readFiles({
    'warm.image.yaml': 'vars: { look: x }\n',
    'a.image.yaml': 'prompt: x\nalt: ""\nreferences: [./warm.image.yaml]\n',
  })
  expect(summaries(problems)).toEqual([
    'a.image.yaml:3:14 `./warm.image.yaml`: warm.image.yaml is a style, which has no images.',
  ])
})
