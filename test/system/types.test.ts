import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorsIn, expectedErrors, tsconfig } from '../types/typescript.ts'
import { svelteErrorsIn } from './svelte-errors.ts'

const bin = path.join(import.meta.dirname, '../../dist/cli/main.js')

/** Both checkers are written against the programming interface of TypeScript 5, which 7 does not have. */
const PACKAGES = {
  typescript: '~5.9.3',
  vue: '^3.5.45',
  'vue-tsc': '^3.3.14',
  svelte: '^5.57.3',
  'svelte-check': '^4.7.8',
}

const CAST = `
images:
  kira: { prompt: x, alt: "", aspectRatio: "16:9", output: { formats: [avif, webp], widths: [640] } }
  hero: { prompt: x, alt: "" }
`

// Markup has no comments to the end of the line: what is expected there begins one that the next line ends.
const GOOD_VUE = `<script setup lang="ts">
import { hero, kira } from './cast.image.yaml'
const width: 640 = kira.width
</script>

<template>
  <picture>
    <source v-for="(srcset, format) in kira.sources" :key="format" :type="\`image/\${format}\`" :srcset="srcset" />
    <source v-for="(srcset, format) in hero.sources" :key="format" :srcset="srcset" />
    <img :src="kira.src" :srcset="kira.srcset" :width :height="kira.height" :alt="kira.alt" />
  </picture>
</template>
`

const BAD_VUE = `<script setup lang="ts">
import everything, { kira, kirra } from './cast.image.yaml' // TS2724
const width: 1280 = kira.width // TS2322
</script>

<template>
  <img :src="kira.srk" :width :alt="kirra.alt" /> <!-- // TS2339
  --><source :srcset="kira.sources.webp" /> <!-- // TS2339
  --><img :src="everything.herro.src" alt="" /> <!-- // TS2551
  -->
</template>
`

const GOOD_SVELTE = `<script lang="ts">
  import { hero, kira } from './cast.image.yaml'
  const width: 640 = kira.width
</script>

<picture>
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
  import everything, { kira, kirra } from './cast.image.yaml' // TS2724
  const width: 1280 = kira.width // TS2322
</script>

<img src={kira.srk} {width} alt={kirra.alt} /> <!-- // TS2339
--><img src={kira.sources.webp} alt="" /> <!-- // TS2339
--><img src={everything.herro.src} alt="" /> <!-- // TS2551
-->
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
  }
  mkdirSync(path.join(folder, 'src'))
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text)
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund']
  const { status, stderr } = spawnSync('npm', install, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) {
    const wanted = Object.entries(PACKAGES).map(([name, range]) => `${name}@${range}`)
    throw new Error(`npm could not install ${wanted.join(' ')}: it needs a registry.\n${stderr}`)
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
    expect(errors, said).toEqual(expectedErrors('src/Bad.vue', BAD_VUE))
    expect(errors).toHaveLength(5)
  })

  it('reach into Svelte’s components, markup included', () => {
    const said = check('svelte-check', '--output', 'machine-verbose', '--threshold', 'error')
    const errors = svelteErrorsIn(said)
    expect(errors, said).toEqual(expectedErrors('src/Bad.svelte', BAD_SVELTE))
    expect(errors).toHaveLength(5)
  })
})
