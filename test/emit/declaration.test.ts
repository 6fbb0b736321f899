import { describe, expect, test } from 'vitest'
import {
  DECLARATION_MARK,
  declarationPath,
  imageDeclaration,
  manifestDeclaration,
  type DeclaredImage,
} from '../../src/emit/declaration.ts'
import { manifestModule } from '../../src/emit/module.ts'
import { exportNameOf } from '../../src/manifest/schema/names.ts'
import { formatted } from '../formatted.ts'
import { resolveOutput, type OutputSettings } from '../../src/manifest/schema/output.ts'

function declared(
  name: string,
  output: OutputSettings = {},
  size?: DeclaredImage['size'],
  media: DeclaredImage['media'] = [],
): DeclaredImage {
  const entry = { name, exportName: exportNameOf(name), output: resolveOutput([output]) }
  return { entry, size, media }
}

/** A crop in one format, and another image in two. */
const MEDIA: DeclaredImage['media'] = [
  { media: '(max-width: 600px)', formats: ['webp'], size: { width: 640, height: 640 } },
  { media: '(prefers-color-scheme: dark)', formats: ['avif', 'jpeg'], size: undefined },
]

test.each([
  ['src/cast.image.yaml', 'src/cast.image.d.yaml.ts'],
  ['hero.image.yml', 'hero.image.d.yml.ts'],
  ['a.b/v1.2.image.yaml', 'a.b/v1.2.image.d.yaml.ts'],
])('%s is declared by %s', (manifest, declaration) => {
  expect(declarationPath(manifest)).toBe(declaration)
})

describe('a declaration', () => {
  test('of one image', () => {
    const size = { width: 1280, height: 720 }
    const output: OutputSettings = { formats: ['avif', 'webp', 'jpeg'], placeholder: 'blur' }
    expect(imageDeclaration(declared('hero', output, size)))
      .toBe(`// Made by unplugin-imagegen out of a manifest. Not to be edited.
// Builds, dev servers and \`imagegen types\` keep it up to date.
/* eslint-disable */

declare var image: {
  readonly src: string;
  readonly width: 1280;
  readonly height: 720;
  readonly format: "jpeg";
  readonly srcset: string;
  readonly sources: {
    readonly avif: string;
    readonly webp: string;
  };
  readonly img: {
    readonly src: string;
    readonly w: 1280;
    readonly h: 720;
  };
  readonly alt: string;
  readonly blurDataURL: string;
};

export default image;
`)
  })

  test('has what is shown for each medium, in order', () => {
    const output: OutputSettings = { formats: ['avif', 'jpeg'] }
    const text = imageDeclaration(declared('hero', output, { width: 1280, height: 720 }, MEDIA))
    expect(text).toContain('type NoSources =')
    expect(text).toContain(`
  readonly alt: string;
  readonly media: [
    {
      readonly media: "(max-width: 600px)";
      readonly width: 640;
      readonly height: 640;
      readonly format: "webp";
      readonly src: string;
      readonly srcset: string;
      readonly sources: NoSources;
    },
    {
      readonly media: "(prefers-color-scheme: dark)";
      readonly width: number;
      readonly height: number;
      readonly format: "jpeg";
      readonly src: string;
      readonly srcset: string;
      readonly sources: {
        readonly avif: string;
      };
    },
  ];
};
`)
  })

  test('has images without an export name in the default record only', () => {
    const text = manifestDeclaration([
      declared('kira-at-night', { placeholder: 'color' }),
      declared('class'),
      declared('01-tile'),
    ])
    expect(text.startsWith(`${DECLARATION_MARK}\n`)).toBe(true)
    expect(text).toContain(`
declare var _0: {
  readonly src: string;
  readonly width: number;
  readonly height: number;
  readonly format: "webp";
  readonly srcset: string;
  readonly sources: NoSources;
  readonly img: {
    readonly src: string;
    readonly w: number;
    readonly h: number;
  };
  readonly alt: string;
  readonly color: string;
};
`)
    expect(text).toContain('\n\nexport { _0 as kiraAtNight };\nexport { _1 as class };\n\n')
    expect(text).toMatch(
      /declare var images: \{\n {2}readonly "kira-at-night": typeof _0;\n {2}readonly class: typeof _1;\n {2}readonly "01-tile": typeof _2;\n\};\n\nexport default images;\n$/,
    )
  })

  test('has the same names as the module, each for the same image', () => {
    const names = [
      'kira',
      'kira-at-night',
      'v1.2',
      '01-tile',
      'await',
      'яблоко',
      'constructor',
      '_',
    ]
    const images = names.map((name) => declared(name))
    const module = manifestModule(
      images.map(({ entry }) => entry),
      (name) => name,
    )
    const exported = (text: string): string[] => text.match(/_\d+ as [^\s,}]+/g) ?? []
    expect(exported(manifestDeclaration(images))).toEqual(exported(module))
    const members = (text: string): string[] =>
      [...text.matchAll(/(?:readonly |\[)"?([^"\n]+?)"?\]?: (?:typeof )?(_\d+)/g)].map(
        ([, key, of]) => `${key} ${of}`,
      )
    expect(members(manifestDeclaration(images))).toEqual(members(module))
    expect(members(module)).toHaveLength(names.length)
  })

  test('is not changed by Prettier with its default settings, for any names', () => {
    const names = ['kira', 'kira-at-night', '01-tile', '1', '1.5', 'class', 'яблоко', '猫', 'éa']
    const many = [...names, 'x'.repeat(120), `${'y'.repeat(80)}-z`]
    for (const each of [many, ['kira', 'marco'], ['1', '2'], ['a.b', 'kira'], []]) {
      const text = manifestDeclaration(each.map((name) => declared(name)))
      expect(formatted('cast.image.d.yaml.ts', text)).toBe(text)
    }
    const one = imageDeclaration(declared('hero', { formats: ['avif', 'webp', 'jpeg'] }))
    expect(formatted('hero.image.d.yaml.ts', one)).toBe(one)
    for (const media of [MEDIA, MEDIA.slice(1)]) {
      const directed = imageDeclaration(declared('hero', {}, undefined, media))
      expect(formatted('hero.image.d.yaml.ts', directed)).toBe(directed)
    }
  })

  test('of a manifest without images', () => {
    expect(manifestDeclaration([])).toMatch(
      /\n\ndeclare var images: \{\};\n\nexport default images;\n$/,
    )
  })
})
