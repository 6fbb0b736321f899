import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorsIn, expectedErrors, tsconfig } from '../types/typescript.ts'
import { installProject, type InstalledProject } from './installed-project.ts'
import { svelteErrorsIn } from './svelte-errors.ts'

const root = path.join(import.meta.dirname, '../..')
const bin = path.join(root, 'dist/cli/main.js')

/** Both checkers are written against the programming interface of TypeScript 5, which 7 does not have. */
const PACKAGES = {
  typescript: '~5.9.3',
  'typescript-6': 'npm:typescript@^6.0.0',
  react: '^19.3.1',
  '@types/react': '^19.3.3',
  vue: '^3.5.45',
  'vue-tsc': '^3.3.14',
  svelte: '^5.57.3',
  'svelte-check': '^4.7.8',
}

const CAST = `
images:
  kira: { prompt: x, alt: "", aspectRatio: "16:9", output: { formats: [avif, webp], widths: [640] } }
  hero: { prompt: x, alt: "" }
  directed:
    prompt: x
    alt: ""
    output:
      media:
        - { media: "(max-width: 600px)", aspectRatio: "1:1", widths: [320] }
        - { media: "(prefers-color-scheme: dark)", image: "#kira" }
`

// Markup has no comments to the end of the line: what is expected there begins one that the next line ends.
const GOOD_VUE = `<script setup lang="ts">
import { directed, hero, kira } from './cast.image.yaml'
const width: 640 = kira.width
const narrow: [320, 320, '(max-width: 600px)'] =
  [directed.media[0].width, directed.media[0].height, directed.media[0].media]
</script>

<template>
  <picture :data-narrow="narrow[0]">
    <source v-for="one in directed.media" :key="one.media" :media="one.media" :srcset="one.srcset" />
    <source v-for="(srcset, format) in kira.sources" :key="format" :type="\`image/\${format}\`" :srcset="srcset" />
    <source v-for="(srcset, format) in hero.sources" :key="format" :srcset="srcset" />
    <img :src="kira.src" :srcset="kira.srcset" :width :height="kira.height" :alt="kira.alt" />
  </picture>
</template>
`

const BAD_VUE = `<script setup lang="ts">
import everything, { directed, kira, kirra } from './cast.image.yaml' // TS2724
const width: 1280 = kira.width // TS2322
const wide: 640 = directed.media[0].width // TS2322
</script>

<template>
  <img :src="kira.srk" :width :alt="kirra.alt" /> <!-- // TS2339
  --><source :srcset="kira.sources.webp" /> <!-- // TS2339
  --><img :src="everything.herro.src" :width="wide" alt="" /> <!-- // TS2551
  --><source :srcset="directed.media[2]" /> <!-- // TS2493
  --><source :srcset="kira.media[0].srcset" /> <!-- // TS2339
  -->
</template>
`

const GOOD_SVELTE = `<script lang="ts">
  import { directed, hero, kira } from './cast.image.yaml'
  const width: 640 = kira.width
  const narrow: [320, 320, '(max-width: 600px)'] =
    [directed.media[0].width, directed.media[0].height, directed.media[0].media]
</script>

<picture data-narrow={narrow[0]}>
  {#each directed.media as { media, srcset } (media)}
    <source {media} {srcset} />
  {/each}
  {#each Object.entries(kira.sources) as [format, srcset] (format)}
    <source type="image/{format}" {srcset} />
  {/each}
  {#each Object.values(hero.sources) as srcset (srcset)}
    <source {srcset} />
  {/each}
  <img src={kira.src} srcset={kira.srcset} {width} height={kira.height} alt={kira.alt} />
</picture>
`

const BAD_SVELTE = `<script lang="ts">
  import everything, { directed, kira, kirra } from './cast.image.yaml' // TS2724
  const width: 1280 = kira.width // TS2322
  const wide: 640 = directed.media[0].width // TS2322
</script>

<img src={kira.srk} {width} alt={kirra.alt} /> <!-- // TS2339
--><img src={kira.sources.webp} alt="" /> <!-- // TS2339
--><img src={everything.herro.src} width={wide} alt="" /> <!-- // TS2551
--><source srcset={directed.media[2]} /> <!-- // TS2493
--><source srcset={kira.media[0].srcset} /> <!-- // TS2339
-->
`

const GOOD_COMPONENT_VUE = `<script setup lang="ts">
import { Picture } from 'unplugin-imagegen/vue'
import everything, { directed, hero, kira } from './cast.image.yaml'
const seen = (event: Event): void => console.log(event.type)
</script>

<template>
  <Picture :image="kira" sizes="50vw" priority class="wide" :style="{ width: '50%' }" @load="seen" />
  <Picture :image="everything.hero" alt="" loading="eager" fetchpriority="low" :width="640" />
  <Picture :image="hero" data-n="1" aria-hidden="true" crossorigin="anonymous" id="hero" />
  <Picture :image="directed" :sizes="undefined" :priority="undefined" />
</template>
`

const BAD_COMPONENT_VUE = `<script setup lang="ts">
import { Picture } from 'unplugin-imagegen/vue'
import { kira } from './cast.image.yaml'
</script>

<template>
  <Picture :image="kira.src" sizes="50vw" /> <!-- // TS2322
  --><Picture sizes="50vw" /> <!-- // TS2345
  --><Picture :image="kira" :priority="1" /> <!-- // TS2322
  --><Picture :image="kira" loading="later" /> <!-- // TS2322
  --><Picture :image="kira" :alt="1" /> <!-- // TS2322
  -->
</template>
`

const GOOD_COMPONENT_SVELTE = `<script lang="ts">
  import { Picture } from 'unplugin-imagegen/svelte'
  import everything, { directed, hero, kira } from './cast.image.yaml'
</script>

<Picture image={kira} sizes="50vw" priority class="wide" style="width: 50%" onload={(event) => event.type} />
<Picture image={everything.hero} alt="" loading="eager" fetchpriority="low" width={640} />
<Picture image={hero} data-n="1" aria-hidden="true" crossorigin="anonymous" id="hero" />
<Picture image={directed} sizes={undefined} priority={undefined} />
`

const BAD_COMPONENT_SVELTE = `<script lang="ts">
  import { Picture } from 'unplugin-imagegen/svelte'
  import { kira } from './cast.image.yaml'
</script>

<Picture image={kira.src} sizes="50vw" /> <!-- // TS2322
--><Picture sizes="50vw" /> <!-- // TS2741
--><Picture image={kira} priority={1} /> <!-- // TS2322
--><Picture image={kira} loading="later" /> <!-- // TS2322
--><Picture image={kira} alt={1} /> <!-- // TS2322
--><Picture image={kira} src="/other.jpg" /> <!-- // TS2353
-->
`

const GOOD_TSX = `import { useRef } from 'react'
import { picture, pictureProps } from 'unplugin-imagegen/html'
import { Picture } from 'unplugin-imagegen/react'
import type { GeneratedImage } from 'unplugin-imagegen'
import everything, { directed, hero, kira } from './cast.image.yaml'

export function Page({ image }: { image: Readonly<GeneratedImage> }) {
  const ref = useRef<HTMLImageElement>(null)
  return (
    <>
      <Picture image={kira} sizes="50vw" priority className="wide" style={{ width: '50%' }} ref={ref} />
      <Picture image={everything.hero} alt="" loading="eager" fetchPriority="low" onLoad={(event) => event.currentTarget.src} />
      <Picture image={image} key="one" data-n={1} aria-hidden crossOrigin="anonymous" id="one" />
      <Picture image={directed} sizes={undefined} priority={undefined} />
      {directed.media.map(({ media, srcset }) => <source key={media} media={media} srcSet={srcset} />)}
    </>
  )
}
export const html: string = picture(hero, { sizes: '50vw', class: 'wide', 'data-n': 1, inert: true })
export const narrow: [320, 320, '(max-width: 600px)'] =
  [directed.media[0].width, directed.media[0].height, directed.media[0].media]
export const texts: string[] = [pictureProps(kira).img.src, ...pictureProps(kira).sources.map(({ type }) => type)]
`

const BAD_TSX = `import { picture } from 'unplugin-imagegen/html'
import { Picture } from 'unplugin-imagegen/react'
import { directed, kira } from './cast.image.yaml'
export const wide: 640 = directed.media[0].width // TS2322
export const wrong = [
  <Picture image={kira.src} sizes="50vw" />, // TS2322
  <Picture sizes="50vw" />, // TS2741
  <Picture image={kira} priority={1} />, // TS2322
  <Picture image={kira} loading="later" />, // TS2322
  <Picture image={kira} src="/other.jpg" />, // TS2322
  <Picture image={kira} alt={1} />, // TS2322
  directed.media[2], // TS2493
  kira.media[0].srcset, // TS2339
  picture(kira, { loading: 'later' }), // TS2322
  picture(kira, { onclick: () => {} }), // TS2322
  picture('kira'), // TS2345
]
`

let folder: string

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'imagegen-types-')))
  const files = {
    'package.json': JSON.stringify({ private: true, type: 'module', devDependencies: PACKAGES }),
    'tsconfig.json': tsconfig({
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2023', 'dom'],
      skipLibCheck: true,
    }),
    'src/cast.image.yaml': CAST,
    'src/Good.vue': GOOD_VUE,
    'src/Bad.vue': BAD_VUE,
    'src/Good.svelte': GOOD_SVELTE,
    'src/Bad.svelte': BAD_SVELTE,
    'src/GoodComponent.vue': GOOD_COMPONENT_VUE,
    'src/BadComponent.vue': BAD_COMPONENT_VUE,
    'src/GoodComponent.svelte': GOOD_COMPONENT_SVELTE,
    'src/BadComponent.svelte': BAD_COMPONENT_SVELTE,
    'react/good.tsx': GOOD_TSX,
    'react/bad.tsx': BAD_TSX,
    'react/cast.image.yaml': CAST,
    'react/tsconfig.json': JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: { jsx: 'react-jsx', rootDirs: ['..', '../.imagegen/types'] },
      include: ['.'],
    }),
  }
  for (const name of ['src', 'react']) mkdirSync(path.join(folder, name))
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text)
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund']
  const { status, stderr } = spawnSync('npm', install, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) {
    const wanted = Object.entries(PACKAGES).map(([name, range]) => `${name}@${range}`)
    throw new Error(`npm could not install ${wanted.join(' ')}: it needs a registry.\n${stderr}`)
  }
  for (const name of ['package.json', 'dist']) {
    const copy = path.join(folder, 'node_modules/unplugin-imagegen', name)
    cpSync(path.join(root, name), copy, { recursive: true })
  }
  execFileSync(process.execPath, [bin, 'types'], { cwd: folder, stdio: 'pipe' })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What one of the checkers says. */
function check(name: string, ...options: string[]): string {
  const command = path.join(folder, 'node_modules/.bin', name)
  return spawnSync(command, options, { cwd: folder, encoding: 'utf8' }).stdout
}

describe('exact types', () => {
  it('reach into Vue’s single-file components, templates included', () => {
    const said = check('vue-tsc', '--noEmit', '--pretty', 'false')
    const errors = errorsIn(said)
    expect(errors.toSorted(), said).toEqual(
      [
        ...expectedErrors('src/Bad.vue', BAD_VUE),
        ...expectedErrors('src/BadComponent.vue', BAD_COMPONENT_VUE),
      ].toSorted(),
    )
    expect(errors).toHaveLength(13)
  })

  it('reach into Svelte’s components, markup included', () => {
    const said = check('svelte-check', '--output', 'machine-verbose', '--threshold', 'error')
    const errors = svelteErrorsIn(said)
    expect(errors.toSorted(), said).toEqual(
      [
        ...expectedErrors('src/Bad.svelte', BAD_SVELTE),
        ...expectedErrors('src/BadComponent.svelte', BAD_COMPONENT_SVELTE),
      ].toSorted(),
    )
    expect(errors).toHaveLength(14)
  })
})

describe('the components of React and plain HTML', () => {
  it.each([
    ['5.9', 'typescript'],
    ['6', 'typescript-6'],
    ['7', path.join(root, 'node_modules/typescript')],
  ])('are typed under TypeScript %s', (version, where) => {
    const tsc = path.resolve(folder, 'node_modules', where, 'bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '--pretty', 'false', '-p', 'react'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(errorsIn(stdout), stdout).toEqual(expectedErrors('react/bad.tsx', BAD_TSX))
    const { version: found } = JSON.parse(
      readFileSync(path.join(path.dirname(tsc), '../package.json'), 'utf8'),
    ) as { version: string }
    expect(found.startsWith(version)).toBe(true)
  })
})

/** A page for browsers: each file uses one of the entries that pages import. */
const PAGE = {
  'client.ts': `/// <reference types="unplugin-imagegen/client" />
import anything, { kira } from './cast.image.yaml'
import { hero } from '~/hero.image.yml'
export const images: unknown[] = [anything, kira, hero]
`,
  'html.ts': `import { picture, pictureProps, type PictureImage, type PictureProps } from 'unplugin-imagegen/html'
export function htmlOf(image: PictureImage, sizes: string | undefined): string {
  return picture(image, { sizes, priority: undefined, class: 'wide' })
}
export const propsOf = (image: PictureImage): PictureProps => pictureProps(image)
export const queriesOf = ({ media = [] }: PictureImage): string[] => media.map((one) => one.media)
`,
  'react.tsx': `import { createElement, type ReactElement } from 'react'
import { Picture, type PictureProps } from 'unplugin-imagegen/react'
export const Wide = (props: PictureProps): ReactElement => <Picture {...props} sizes="50vw" />
export function Maybe({ image, priority, sizes }: PictureProps): ReactElement {
  return createElement(Picture, { image, priority, sizes })
}
`,
  'vue.ts': `import { h, type VNode } from 'vue'
import { Picture, type PictureProps } from 'unplugin-imagegen/vue'
export const wide = (props: PictureProps): VNode => h(Picture, { ...props, sizes: '50vw' })
export function maybe({ image, priority, sizes }: PictureProps): VNode {
  return h(Picture, { image, priority, sizes })
}
`,
  'svelte.ts': `import { mount } from 'svelte'
import { Picture, type PictureProps } from 'unplugin-imagegen/svelte'
export function show(target: Element, { image, priority, sizes }: PictureProps): object {
  return mount(Picture, { target, props: { image, priority, sizes } })
}
`,
  'Wide.vue': `<script setup lang="ts">
import type { PictureImage } from 'unplugin-imagegen/html'
import { Picture } from 'unplugin-imagegen/vue'
defineProps<{ image: PictureImage; priority?: boolean | undefined }>()
</script>

<template><Picture :image :priority sizes="50vw" class="wide" /></template>
`,
  'Wide.svelte': `<script lang="ts">
  import type { PictureImage } from 'unplugin-imagegen/html'
  import { Picture } from 'unplugin-imagegen/svelte'
  const { image, priority }: { image: PictureImage; priority?: boolean | undefined } = $props()
</script>

<Picture {image} {priority} sizes="50vw" class="wide" />
`,
}

const PAGE_OPTIONS = {
  target: 'es2022',
  lib: ['DOM', 'ESNext'],
  types: [],
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  declaration: true,
  isolatedDeclarations: true,
  rootDir: 'src',
  outDir: 'out',
  jsx: 'react-jsx',
}

const RESOLUTIONS = [
  { module: 'esnext', moduleResolution: 'bundler' },
  { module: 'node16', moduleResolution: 'node16' },
]

describe('a page whose project has no types of Node.js and checks the declarations of packages', () => {
  let page: InstalledProject

  beforeAll(async () => {
    page = await installProject({
      dependencies: { ...PACKAGES, 'typescript-7': 'npm:typescript@^7.0.0' },
      files: {
        'package.json': JSON.stringify({ private: true, type: 'module' }),
        ...Object.fromEntries(
          Object.entries(PAGE).map(([name, text]) => [`src/${name}`, text] as const),
        ),
        ...Object.fromEntries(
          RESOLUTIONS.map((resolution) => [
            `tsconfig.${resolution.module}.json`,
            JSON.stringify({
              compilerOptions: { ...PAGE_OPTIONS, ...resolution },
              include: ['src'],
            }),
          ]),
        ),
      },
    })
  })
  afterAll(() => page?.remove())

  const compilers = [
    ['typescript', '5.9'],
    ['typescript-6', '6'],
    ['typescript-7', '7'],
  ] as const

  it.each(
    compilers.flatMap(([compiler, version]) =>
      RESOLUTIONS.map((resolution) => ({ compiler, version, ...resolution })),
    ),
  )(
    'compiles under TypeScript $version with moduleResolution $moduleResolution',
    async ({ compiler, version, module }) => {
      const tsc = path.join('node_modules', compiler, 'bin/tsc')
      const { version: found } = JSON.parse(
        page.read(path.join('node_modules', compiler, 'package.json')),
      ) as { version: string }
      expect(found.startsWith(version)).toBe(true)
      const listed = await page.run('node', [tsc, '-p', `tsconfig.${module}.json`, '--listFiles'])
      const others = listed.output.split('\n').filter((line) => !line.startsWith(page.folder))
      expect(others.join('\n')).toBe('')
      // What reaches the compiler is the components and the value, and nothing that knows Node.js.
      expect(listed.output).not.toContain('@types/node')
      const ours = listed.output.match(/(?<=unplugin-imagegen\/dist\/).*/g)
      expect([...new Set(ours)].toSorted()).toEqual([
        'client.d.ts',
        'components/html.d.ts',
        'components/picture-props.d.ts',
        'components/react.d.ts',
        'components/svelte.d.ts',
        'components/vue.d.ts',
        'emit/generated-image.d.ts',
      ])
    },
  )

  it('is accepted by vue-tsc and svelte-check', async () => {
    // The code that it makes of a component has no explicit types.
    const options = ['--noEmit', '--isolatedDeclarations', 'false']
    const vue = await page.run('vue-tsc', [...options, '-p', 'tsconfig.esnext.json'])
    expect(vue).toEqual({ code: 0, output: '' })
    const svelte = await page.run('svelte-check', ['--tsconfig', './tsconfig.esnext.json'])
    expect(svelte.code, svelte.output).toBe(0)
    expect(svelte.output).toContain('0 errors and 0 warnings')
  })
})
