import { readFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'vite'
import { build as build6 } from 'vite-6'
import { build as build7 } from 'vite-7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenToConsole } from './console.ts'
import { expectNoSecrets, hero, HERO_SET, kira, KIRA_SET, MARKUP, shownIn } from './markup.ts'
import type { Build } from './published-manifests.ts'
import { openSandbox, picturesBelow, sandbox, type Sandbox } from './sandbox.ts'
import { viteBuild, viteConfig } from './vite.ts'

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await viteBuild(filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

/** The pictures of each output file, in its order. */
const EXPECTED = {
  'index.html': [
    kira('jpeg'),
    kira('webp'),
    ...KIRA_SET,
    kira('jpeg'),
    kira('jpeg', 64),
    kira('jpeg'),
    hero('png'),
    kira('jpeg', 64),
    kira('jpeg'),
    hero('avif', 96),
    hero('avif'),
    hero('png'),
    kira('jpeg'),
    kira('jpeg'),
    ...KIRA_SET,
  ],
  'deep/er/page.html': [kira('jpeg'), hero('png')],
  css: [...KIRA_SET, kira('jpeg'), kira('jpeg'), ...KIRA_SET, ...HERO_SET, ...KIRA_SET],
  js: [kira('jpeg')],
}

/** The pages, by the option's name in all versions. */
function inputOf(project: Pick<Sandbox, 'path'>): object {
  return {
    rollupOptions: { input: ['index.html', 'deep/er/page.html'].map((page) => project.path(page)) },
  }
}

test.each([
  ['6', './', build6 as never as Build],
  ['7', '/sub/', build7 as never as Build],
  ['8', '/', build],
  ['8', './', build],
  ['8', 'https://cdn.example/x/', build],
])(
  'Vite %s builds pages, style sheets and code that name images, with the base %s',
  async (_, base, run) => {
    const said = listenToConsole()
    const project = await sandbox({ store, files: MARKUP })
    await run(
      viteConfig(project, {
        base,
        build: { minify: false, ...inputOf(project) },
      }),
    )
    const out = project.path('dist')
    const shown = await shownIn(out, base)
    expect(shown).toEqual(EXPECTED)
    const page = readFileSync(path.join(out, 'index.html'), 'utf8')
    for (const kept of [
      '<!-- <img src="./src/nothing.image.yaml#nobody"> -->',
      '<meta name="description" content="./src/cast.image.yaml#kira">',
      '<img id="ignored"  src="./src/cast.image.yaml#kira">',
      '<a id="link" href="./src/cast.image.yaml#kira">',
      `'<img src="./src/cast.image.yaml#nobody">'`,
    ]) {
      expect(page).toContain(kept)
    }
    // No picture is written that nothing names, and none becomes a text.
    expect(picturesBelow(out)).toHaveLength(8)
    expectNoSecrets(out, project)
    expect(said).toEqual([])
    expect(project.asked()).toBe(0)
  },
)

test.each([
  ['6', build6 as never as Build],
  ['7', build7 as never as Build],
  ['8', build],
])(
  'Vite %s fails where a component names an image that its compiler would leave',
  async (_, run) => {
    listenToConsole()
    const files = {
      'src/Box.svelte': '<p>box</p>\n<img alt="" src="./cast.image.yaml#kira">\n',
      'src/Card.astro': '---\nconst a = 1\n---\n<img alt="" src="/src/cast.image.yaml#kira">\n',
      'src/Tile.vue':
        '<template lang="pug">\nimg(src="./cast.image.yaml#kira")\n</template>\n<style></style>\n',
      'src/Face.vue':
        '<template>\n<p style="background: url(./cast.image.yaml#kira)"></p></template>\n',
    }
    const project = await sandbox({ store, files })
    for (const [file, place] of [
      ['Box.svelte', 'src/Box.svelte:2:18  Svelte leaves the URL in `src` as it is'],
      ['Card.astro', 'src/Card.astro:4:18  Astro leaves the URL in `src` as it is'],
      ['Tile.vue', 'src/Tile.vue:2:10  Vue leaves the URL in `src` as it is'],
      ['Face.vue', 'src/Face.vue:2:27  Vue leaves the URL in `style` as it is'],
    ] as const) {
      project.write('src/main.js', `import './${file}'\n`)
      await expect(run(viteConfig(project))).rejects.toThrow(place)
    }
    expect(project.asked()).toBe(0)
  },
)
