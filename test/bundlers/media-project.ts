import { rmSync } from 'node:fs'
import type { GeneratedImage } from './generated-image.ts'
import { png, type Sandbox } from './sandbox.ts'

const CAST = [
  'defaults: { size: 512x512, output: { formats: [jpeg], widths: [64] } }',
  'images:',
  '  kira:',
  '    prompt: Kira, a cartographer, by day',
  '    alt: Kira',
  '    output:',
  '      formats: [webp, jpeg]',
  '      widths: [32, 64]',
  '      media:',
  '        - { media: "(max-width: 600px)", aspectRatio: 1:2, position: north, widths: [16] }',
  '        - { media: "(prefers-color-scheme: dark)", image: ./sky.image.yaml#night }',
  '        - { media: print, image: "#line", formats: [png], aspectRatio: 2:1 }',
  '  line: { source: ./line.png, alt: "" }',
].join('\n')

/** The other manifest. */
export const SKY: string = [
  'defaults: { size: 512x512, output: { formats: [jpeg], widths: [64] } }',
  'images:',
  '  night: { prompt: A night of the muted palette, seed: 730174, alt: Night }',
  '  unused: { source: ./line.png, alt: "" }',
].join('\n')

/** An image with a crop, an image of another manifest, and one made by hand for its media. */
export const FILES: Readonly<Record<string, string>> = {
  'src/cast.image.yaml': CAST,
  'src/sky.image.yaml': SKY,
  'src/main.js': `export { kira } from './cast.image.yaml'`,
}

/** The sandbox with nothing but these manifests, and the picture that one of them names. */
export async function filled<Project extends Sandbox>(project: Project): Promise<Project> {
  for (const file of ['src/hero.image.yaml', 'src/face.png']) rmSync(project.path(file))
  project.write('src/line.png', await png('#246'))
  return project
}

/** What a value says of its media: the query, the sides, the fallback format and the others. */
export function mediaFacts({ media = [] }: GeneratedImage): unknown[] {
  return media.map(({ media: query, width, height, format, sources }) => {
    return [query, width, height, format, Object.keys(sources)]
  })
}

/** The same of `kira`. */
export const MEDIA: readonly unknown[] = [
  ['(max-width: 600px)', 16, 32, 'jpeg', ['webp']],
  ['(prefers-color-scheme: dark)', 64, 64, 'jpeg', []],
  ['print', 64, 32, 'png', []],
]
