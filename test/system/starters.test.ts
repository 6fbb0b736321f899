import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import type { FileTree } from '../temporary-project.ts'
import { accountAt } from './account.ts'
import { launchChromium } from './chromium.ts'
import { installProject } from './installed-project.ts'
import { naturalSizes } from './natural-sizes.ts'
import { visitPage } from './open-page.ts'
import { seeEdit } from './seen-edit.ts'
import { NO_LOADS, seeRenames } from './seen-renames.ts'
import { AT_NIGHT, expectWellShown, MEDIA, SIZES } from './well-shown.ts'

const MANIFEST = `
defaults:
  aspectRatio: 4:3
  output: { formats: [avif, jpeg], widths: [480, 960] }
images:
  kira: { prompt: Kira on a hill in spring, alt: Kira on a hill, output: { ${MEDIA} } }
  unused: { prompt: Nobody anywhere, alt: Nobody }
${AT_NIGHT}`

const CONFIG = (plugin: string, call: string): string => `
import { defineConfig } from 'vite'
import ${call} from '${plugin}'
import imagegen from 'unplugin-imagegen/vite'

export default defineConfig({ plugins: [${call.replace(/[{} ]/g, '')}(), imagegen()] })
`

const REACT = `import { Picture } from 'unplugin-imagegen/react'
import { kira } from './kira.image.yaml'

export default function App() {
  return <Picture image={kira} sizes="${SIZES}" className="portrait" onLoad={() => {}} />
}
`

const VUE = `<script setup lang="ts">
import { Picture } from 'unplugin-imagegen/vue'
import { kira } from './kira.image.yaml'
</script>

<template>
  <Picture :image="kira" sizes="${SIZES}" class="portrait" @load="() => {}" />
</template>
`

const SVELTE = `<script lang="ts">
  import { Picture } from 'unplugin-imagegen/svelte'
  import { kira } from './kira.image.yaml'
</script>

<Picture image={kira} sizes="${SIZES}" class="portrait" onload={() => {}} />
`

interface Starter {
  readonly name: string
  /** What `npx` runs in an empty folder. */
  readonly create: readonly string[]
  readonly files: FileTree
  /** The file that shows the picture. */
  readonly component: string
  /** The tsconfig file for what lies in `src`, and what its `rootDirs` come to. */
  readonly tsconfig: string
  readonly rootDirs: readonly string[]
  /** The starter's own type check. */
  readonly check: readonly [program: string, ...args: string[]]
  readonly bundler: Bundler
  /** Puts the plugin into a config that the starter wrote. */
  readonly edits?: ReadonlyArray<readonly [file: string, from: string, to: string]>
}

/** The program that builds, and its commands that serve what is built and what is edited. */
interface Bundler {
  readonly program: string
  readonly preview: readonly string[]
  readonly dev: readonly string[]
}

const VITE: Bundler = { program: 'vite', preview: ['preview'], dev: [] }
const RSPACK: Bundler = { program: 'rspack', preview: ['preview'], dev: ['dev'] }

/** An install, a build and two dev servers in a row, on a machine that does other things too; milliseconds. */
const PATIENCE = 600_000

/** For `sv`, which else would ask. */
const UNASKED = ['--no-add-ons', '--no-install', '--no-dir-check']

const STARTERS: readonly Starter[] = [
  {
    ...viteApp('react-ts'),
    component: 'src/App.tsx',
    files: { 'src/App.tsx': REACT, 'vite.config.ts': CONFIG('@vitejs/plugin-react', 'react') },
    check: ['tsc', '-b'],
  },
  {
    ...viteApp('vue-ts'),
    component: 'src/App.vue',
    files: { 'src/App.vue': VUE, 'vite.config.ts': CONFIG('@vitejs/plugin-vue', 'vue') },
    check: ['vue-tsc', '-b'],
  },
  {
    ...viteApp('svelte-ts'),
    component: 'src/App.svelte',
    files: {
      'src/App.svelte': SVELTE,
      'vite.config.ts': CONFIG('@sveltejs/vite-plugin-svelte', '{ svelte }'),
    },
    check: ['svelte-check', '--tsconfig', './tsconfig.app.json', '--output', 'machine'],
  },
  {
    name: 'sv create minimal',
    create: ['sv', 'create', '.', '--template', 'minimal', '--types', 'ts', ...UNASKED],
    component: 'src/routes/+page.svelte',
    files: {
      'src/routes/+page.svelte': SVELTE.replace('./kira', '../kira'),
      'vite.config.ts': CONFIG('@sveltejs/kit/vite', '{ sveltekit }'),
    },
    tsconfig: 'tsconfig.json',
    rootDirs: ['.', './.svelte-kit/types', './.imagegen/types'],
    check: ['svelte-check', '--output', 'machine'],
    bundler: VITE,
  },
  {
    name: 'create-rspack react-ts',
    create: ['create-rspack', '-d', '.', '-t', 'react-ts', '--no-git', '--override'],
    component: 'src/App.tsx',
    files: { 'src/App.tsx': REACT },
    tsconfig: 'tsconfig.json',
    rootDirs: ['.', './.imagegen/types'],
    check: ['tsc'],
    bundler: RSPACK,
    edits: [
      ['rspack.config.ts', 'import', "import imagegen from 'unplugin-imagegen/rspack'\nimport"],
      // Its page names a file that it does not have.
      ['index.html', 'href="/react.svg"', 'href="data:,"'],
      ['rspack.config.ts', 'plugins: [', 'plugins: [imagegen(),'],
    ],
  },
]

function viteApp(
  template: string,
): Pick<Starter, 'name' | 'create' | 'tsconfig' | 'rootDirs' | 'bundler'> {
  return {
    name: `create-vite ${template}`,
    create: ['create-vite', '.', '--template', template, '--no-interactive'],
    tsconfig: 'tsconfig.app.json',
    rootDirs: ['.', './.imagegen/types'],
    bundler: VITE,
  }
}

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})

afterAll(() => browser?.close())

describe.each(STARTERS)('$name', (starter) => {
  const { name, create, files, component, tsconfig, rootDirs, check, bundler } = starter

  it(
    'checks types, shows the picture, and changes and renames it on the open page',
    async () => {
      const title = name.replaceAll(' ', '-')
      const emulator = await startEmulator({ rpm: 0 })
      onTestFinished(() => emulator.close())
      const project = await installProject({
        starter: ['--yes', ...create],
        files: { ...files, 'src/kira.image.yaml': MANIFEST },
      })
      onTestFinished(() => project.remove())
      for (const edit of starter.edits ?? []) project.edit(...edit)
      const isAllowed = project.read(tsconfig).includes('allowArbitraryExtensions')
      const added = `${isAllowed ? '' : '"allowArbitraryExtensions": true,'} "rootDirs": ${JSON.stringify(rootDirs)},`
      project.edit(tsconfig, '"compilerOptions": {', `"compilerOptions": { ${added}`)

      expect((await project.run('imagegen', ['types'])).code).toBe(0)
      const sound = await project.run(...program(check))
      expect(sound.code, sound.output).toBe(0)
      project.edit(component, '{ kira }', '{ kira, kirra }')
      const misspelt = await project.run(...program(check))
      project.edit(component, '{ kira, kirra }', '{ kira }')
      expect(misspelt.code).not.toBe(0)
      expect(misspelt.output).toContain("no exported member named 'kirra'. Did you mean 'kira'?")

      const built = await project.run(bundler.program, ['build'], accountAt(emulator.url))
      expect(built.code, built.output).toBe(0)
      expect(emulator.stats().images).toBe(3)
      expect(built.output).not.toContain('unused-')
      const server = await project.serveAt(bundler.program, bundler.preview)
      onTestFinished(() => server.stop())
      const kira = { alt: 'Kira on a hill', width: 960, height: 720 }
      await visitPage(browser, server.url, title, (page) =>
        expect.poll(() => naturalSizes(page)).toMatchObject([kira]),
      )
      const look = async (url: string): Promise<void> => {
        await expectWellShown(browser, url, [{ alt: kira.alt, hasMedia: true }])
      }
      await look(server.url)

      const seen = await seeEdit({
        browser,
        project,
        serve: (environment) => project.serveAt(bundler.program, bundler.dev, environment),
        manifest: 'src/kira.image.yaml',
        from: 'in spring',
        to: 'in autumn',
        alt: kira.alt,
        name: `${title}-dev`,
        visit: look,
      })
      for (const stage of seen.stages) expect(stage).toMatchObject([kira])
      expect(seen).toMatchObject({ asked: 4, isSamePage: true, complaints: [] })

      const dev = await project.serveAt(bundler.program, bundler.dev, {
        IMAGEGEN_MODE: 'placeholder',
      })
      onTestFinished(() => dev.stop())
      const renames = await seeRenames({
        browser,
        project,
        url: dev.url,
        manifest: 'src/kira.image.yaml',
        code: component,
        image: 'kira',
        alt: kira.alt,
      })
      expect(renames).toEqual({ loads: NO_LOADS, loadsLater: NO_LOADS })
    },
    PATIENCE,
  )
})

function program([name, ...args]: Starter['check']): [string, string[]] {
  return [name, args]
}
