import { existsSync } from 'node:fs'
import type { InlineConfig } from 'vite'
import { expect } from 'vitest'
import { messageOf } from '../../src/shared/errors.ts'
import { listenToConsole } from './console.ts'
import { filesBelow, sandbox, type Sandbox } from './sandbox.ts'
import { viteConfig } from './vite.ts'

/** A build of some version of Vite. */
export type Build = (config: InlineConfig) => Promise<unknown>

const page = (body: string): string =>
  `<!doctype html>\n<html>\n<head></head>\n<body>\n${body}\n<script type="module" src="/src/main.js"></script>\n</body>\n</html>\n`

/** What a build says of a manifest that would get into its output. */
const PUBLISHED = /The build would publish src\/cast\.image\.yaml with its prompts/

interface Reference {
  readonly files: Record<string, string>
  readonly place: string
  readonly says: RegExp
}

/** Files that name a manifest, but no image of it. */
const REFERENCES: Readonly<Record<string, Reference>> = {
  '<img src>': {
    files: { 'index.html': page('<img src="./src/cast.image.yaml">') },
    place: 'index.html:5:11',
    says: /several images[^]*cast\.image\.yaml#kira/,
  },
  'an image in a style of HTML': {
    files: { 'index.html': page('<p style="background: url(./src/cast.image.yaml#kria)">x</p>') },
    place: 'index.html:5:27',
    says: /`#kria` is not an image[^]*Did you mean `#kira`/,
  },
  srcset: {
    files: { 'index.html': page('<img srcset="/src/face.png 1x, /src/kast.image.yaml#kira 2x">') },
    place: 'index.html:5:32',
    says: /no manifest `\/src\/kast\.image\.yaml`[^]*src\/cast\.image\.yaml/,
  },
  'a width that does not exist': {
    files: { 'index.html': page('<img srcset="/src/cast.image.yaml#kira 99w">') },
    place: 'index.html:5:14',
    says: /no width of 99 pixels[^]*64, 128/,
  },
  'a type that does not exist': {
    files: { 'index.html': page('<link rel=icon type=image/png href=src/cast.image.yaml#kira>') },
    place: 'index.html:5:36',
    says: /no rendition of the type `image\/png`[^]*image\/webp, image\/jpeg/,
  },
  'a name in a manifest of one image': {
    files: { 'index.html': page('<link rel="icon" href="src/hero.image.yaml#hero">') },
    place: 'index.html:5:24',
    says: /`#hero` is not an image[^]*Leave out `#hero`/,
  },
  'CSS url()': {
    files: {
      'src/main.js': `import { kira } from './cast.image.yaml'\nimport './style.css'\nglobalThis.kira = kira`,
      'src/style.css': 'a { color: red }\nb { background: url(./cast.image.yaml) }\n',
    },
    place: 'src/style.css:2:21',
    says: /several images/,
  },
  'CSS image-set()': {
    files: {
      'src/main.js': `import './style.css'`,
      'src/style.css':
        'b { background: image-set("./cast.image.yaml" 1x, url("./face.png") 2x) }\n',
    },
    place: 'src/style.css:1:28',
    says: /several images/,
  },
  'CSS @import': {
    files: {
      'src/main.js': `import './style.css'`,
      'src/style.css': '@import "./cast.image.yaml#kira";\n',
    },
    place: 'src/style.css:1:10',
    says: /`@import` loads style sheets/,
  },
  'a style sheet that another one imports': {
    files: {
      'src/main.js': `import './style.css'`,
      'src/style.css': '@import "./part.css";\nb { background: url(./cast.image.yaml#kira) }\n',
      'src/part.css': 'a { color: red }\na { background: url(./cast.image.yaml#kira) }\n',
    },
    place: 'src/part.css:2:21',
    says: /would publish src\/cast[^]*--picture: url\(\.\/cast\.image\.yaml#name\)/,
  },
  'new URL()': {
    files: {
      'src/main.js': `import './cast.image.yaml'\nglobalThis.shown = new URL('./cast.image.yaml', import.meta.url).href\n`,
    },
    place: 'src/main.js:2:29',
    says: /several images/,
  },
  'new URL() with a name from parts': {
    files: {
      'src/main.js': `const part = 'cast'\nglobalThis.shown = new URL(\`./\${part}.image.yaml\`, import.meta.url).href\n`,
    },
    place: '',
    says: PUBLISHED,
  },
  '?url': {
    files: { 'src/main.js': `import url from './cast.image.yaml?url'\nglobalThis.shown = url\n` },
    place: 'src/main.js:1:18',
    says: PUBLISHED,
  },
  '?raw in a glob': {
    files: {
      'src/main.js': `globalThis.shown = import.meta.glob('./*.yaml', { query: '?raw', eager: true })\n`,
    },
    place: '',
    says: PUBLISHED,
  },
  '?inline': {
    files: { 'src/main.js': `globalThis.shown = await import('./cast.image.yaml?inline')\n` },
    place: 'src/main.js:1:34',
    says: PUBLISHED,
  },
}

/**
 * Builds pages that name a manifest and no image of it, and expects one error each time.
 *
 * @param limits for `assetsInlineLimit`: whether what they name becomes a data URL or a file.
 */
export async function expectRefusals(build: Build, limits: readonly number[]): Promise<void> {
  listenToConsole()
  const project = await sandbox()
  const own = new Map(['index.html', 'src/main.js'].map((file) => [file, project.read(file)]))
  await build(viteConfig(project))
  project.asked()
  for (const [name, { files, place, says }] of Object.entries(REFERENCES)) {
    for (const [file, content] of Object.entries(files)) project.write(file, content)
    for (const assetsInlineLimit of limits) {
      const failed = await failureOf(project, build, { build: { assetsInlineLimit } })
      expect(failed, name).toMatch(says)
      expect(failed.match(/ {2}→ /g), name).toHaveLength(1)
      expect(failed, name).toContain(place)
      expect(failed, name).not.toMatch(/published-manifests\.ts|name-image\.ts/)
    }
    for (const [file, content] of own) project.write(file, content)
  }
  expect(project.asked()).toBe(0)
}

/** What a build fails with; it leaves nothing of a prompt behind. */
export async function failureOf(
  project: Sandbox,
  build: Build,
  own: InlineConfig = {},
): Promise<string> {
  const failed = await build(viteConfig(project, own)).then(
    () => 'The build did not fail.',
    messageOf,
  )
  expectNoPrompts(project)
  return failed
}

export function expectNoPrompts(project: Sandbox): void {
  const out = project.path('dist')
  if (!existsSync(out)) return
  for (const [file, bytes] of filesBelow(out)) {
    const text = bytes.toString('utf8')
    const inlined = [...text.matchAll(/base64,([\w+/=]+)/g)].map(([, body = '']) =>
      Buffer.from(body, 'base64').toString('utf8'),
    )
    expect([file, text, ...inlined].join('\n')).not.toContain('flat vector')
  }
}
