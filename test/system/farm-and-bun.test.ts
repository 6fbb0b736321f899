import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { preview } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectFiles, expectNoLeaks } from '../bundlers/expect-pictures.ts'
import type { GeneratedImage } from '../bundlers/generated-image.ts'
import { vite8 } from '../bundlers/hosts/vite.ts'
import { buildWith } from '../bundlers/hosts/host.ts'
import { FILES, MEDIA, mediaFacts } from '../bundlers/media-project.ts'
import { look, openSandbox, picturesBelow, png } from '../bundlers/sandbox.ts'
import { launchChromium } from './chromium.ts'
import { installed, type InstalledPackages } from './installed.ts'
import { AT_NIGHT, expectWellShown, MEDIA as SEEN_MEDIA, SIZES } from './well-shown.ts'

const repository = path.join(import.meta.dirname, '../..')

let packages: InstalledPackages
let project: Awaited<ReturnType<typeof openSandbox>>
let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
  const tarball = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', process.env['TMPDIR'] ?? '/tmp'],
    { cwd: repository, encoding: 'utf8' },
  ).trim()
  packages = installed({
    '@farmfe/core': '^1.7.11',
    bun: '^1.4.5',
    'unplugin-imagegen': `file:${path.join(process.env['TMPDIR'] ?? '/tmp', tarball)}`,
  })
  rmSync(path.join(process.env['TMPDIR'] ?? '/tmp', tarball))
  project = await openSandbox({
    files: {
      'src/one.js': `import { kira } from './cast.image.yaml'; globalThis.shown = kira`,
      'src/media.js': `import { kira } from './media/cast.image.yaml'; globalThis.shown = kira`,
      'src/media/cast.image.yaml': FILES['src/cast.image.yaml']!,
      'src/media/sky.image.yaml': FILES['src/sky.image.yaml']!,
      'src/page/cast.image.yaml': `defaults: { aspectRatio: "4:3", output: { formats: [avif, jpeg], widths: [480, 960] } }
images:
  kira: { prompt: Kira, alt: Kira, output: { ${SEEN_MEDIA} } }
${AT_NIGHT}`,
      'src/page.js': `import { picture } from 'unplugin-imagegen/html'
import { kira } from './page/cast.image.yaml'
document.querySelector('main').innerHTML = picture(kira, { sizes: '${SIZES}' }) + '<p>Text below'
`,
    },
  })
  project.write('src/media/line.png', await png('#246'))
  await buildWith(vite8, project)
  for (const name of ['src', '.imagegen']) {
    cpSync(project.path(name), path.join(packages.folder, name), { recursive: true })
  }
})
afterAll(async () => {
  await browser?.close()
  packages?.remove()
  await project?.dispose()
})

/** The entries of a build, by their names below `src`, follow as its arguments. */
const BUILDS = {
  farm: `
    import { build } from '@farmfe/core'
    import imagegen from 'unplugin-imagegen/farm'
    for (const name of process.argv.slice(2)) {
      const input = { index: './src/' + name }
      const path = 'out/farm-' + name.split('.')[0]
      const output = { path, publicPath: '/sub/', format: 'esm' }
      await build({
        root: process.cwd(),
        configPath: false,
        compilation: { input, output, minify: false, sourcemap: true, persistentCache: false },
        plugins: [imagegen({ mode: 'frozen' })],
      })
    }
  `,
  bun: `
    import imagegen from 'unplugin-imagegen/bun'
    for (const name of process.argv.slice(2)) {
      await Bun.build({
        entrypoints: ['src/' + name],
        outdir: 'out/bun-' + name.split('.')[0],
        publicPath: '/sub/',
        sourcemap: 'linked',
        plugins: [imagegen({ mode: 'frozen' })],
      })
    }
  `,
}

/** Runs a build script there. What it says, where it fails. */
function build(
  kind: keyof typeof BUILDS,
  entries: readonly string[] = ['main.js', 'one.js'],
): string | undefined {
  writeFileSync(path.join(packages.folder, `${kind}.mjs`), BUILDS[kind])
  const runner = kind === 'bun' ? path.join(packages.folder, 'node_modules/.bin/bun') : 'node'
  try {
    execFileSync(runner, [`${kind}.mjs`, ...entries], {
      cwd: packages.folder,
      env: { ...process.env, CI: '', VITEST: undefined, NODE_ENV: 'production', NO_COLOR: '1' },
      stdio: 'pipe',
    })
    return undefined
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer }
    return `${stdout.toString()}${stderr.toString()}`
  }
}

/** The value of an image with `output.media`, as the code that was built of it says, with its files. */
async function buildMedia(kind: keyof typeof BUILDS): Promise<GeneratedImage> {
  const out = path.join(packages.folder, `out/${kind}-media`)
  rmSync(out, { recursive: true, force: true })
  expect(build(kind, ['media.js'])).toBeUndefined()
  const entry = kind === 'bun' ? 'media.js' : 'index.js'
  // A page has a window and a document, and takes every script for a module.
  writeFileSync(path.join(out, 'package.json'), '{ "type": "module" }')
  const code = `const document = { baseURI: 'http://localhost/' }
Object.assign(globalThis, { window: globalThis, document })
await import('./${entry}')
console.log(JSON.stringify(globalThis.shown))`
  const said = execFileSync('node', ['--input-type=module', '--eval', code], {
    cwd: out,
    encoding: 'utf8',
  })
  const value = JSON.parse(said) as GeneratedImage
  await expectFiles({ out, fileOf: (url) => path.join(out, url.replace(/^\/sub\//, '')) }, [value])
  return value
}

/** Entries that name a manifest as something else than a module, and what they hold. */
const REFERENCES = {
  bun: {
    'css.js': { file: 'src/style.css', text: 'b { background: url(./cast.image.yaml) }\n' },
    'page.html': { file: 'src/page.html', text: '<img src="./cast.image.yaml">\n' },
  },
  farm: {
    'css.js': { file: 'src/style.css', text: `b { background: url('./cast.image.yaml') }\n` },
    'url.js': {
      file: 'src/url.js',
      text: `globalThis.shown = new URL('./cast.image.yaml', import.meta.url).href\n`,
    },
    'raw.js': {
      file: 'src/raw.js',
      text: `import text from './cast.image.yaml?raw'\nglobalThis.shown = text\n`,
    },
  },
} as const

test('farm refuses a manifest in its public folder', () => {
  cpSync(project.path('src/cast.image.yaml'), path.join(packages.folder, 'public/cast.image.yaml'))
  try {
    expect(build('farm', ['one.js'])).toContain(
      'The build would publish public/cast.image.yaml with its prompts',
    )
  } finally {
    rmSync(path.join(packages.folder, 'public'), { recursive: true })
  }
})

describe.each(['bun', 'farm'] as const)('%s', (kind) => {
  test('builds pictures of the promised sizes, below its public path', async () => {
    expect(build(kind)).toBeUndefined()
    const out = path.join(packages.folder, `out/${kind}-main`)
    const pictures = picturesBelow(out)
    // Both leave the files of all images of a manifest there.
    expect(pictures).toHaveLength(30)
    expect(picturesBelow(path.join(packages.folder, `out/${kind}-one`))).toHaveLength(24)
    const code = readdirSync(out)
      .filter((name) => /\.m?js$/.test(name))
      .map((name) => readFileSync(path.join(out, name), 'utf8'))
      .join('\n')
    const urls = [...code.matchAll(/["'](\/sub\/(?:kira|hero)[\w.-]+)["']/g)].map(([, url]) => url!)
    expect(urls.length).toBeGreaterThanOrEqual(14)
    for (const url of urls) {
      const { width } = await look(path.join(out, url.slice('/sub/'.length)))
      expect([64, 96, 128, 192]).toContain(width)
    }
    const folder = {
      root: packages.folder,
      path: (...parts: string[]) => project.path(...parts),
    }
    expectNoLeaks(out, folder)
  })

  test('builds what an image shows for other media', async () => {
    const before = await buildMedia(kind)
    expect(mediaFacts(before)).toEqual(MEDIA)

    const manifest = path.join(packages.folder, 'src/media/cast.image.yaml')
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace('aspectRatio: 1:2', 'aspectRatio: 1:1'))
    const after = await buildMedia(kind)
    writeFileSync(manifest, text)
    expect(mediaFacts(after)[0]).toEqual(['(max-width: 600px)', 16, 16, 'jpeg', ['webp']])
    expect(after.media?.slice(1)).toEqual(before.media?.slice(1))
  })

  test('shows the files that suit the window, and the page never moves', async () => {
    expect(build(kind, ['page.js'])).toBeUndefined()
    const out = path.join(packages.folder, `out/${kind}-page`)
    const entry = kind === 'bun' ? 'page.js' : 'index.js'
    const icon = '<link rel="icon" href="data:,">'
    writeFileSync(
      path.join(out, 'index.html'),
      `<!doctype html>${icon}<body><main></main><script type="module" src="/sub/${entry}"></script>`,
    )
    const server = await preview({
      root: packages.folder,
      base: '/sub/',
      configFile: false,
      logLevel: 'silent',
      build: { outDir: out },
      preview: { port: 0, host: '127.0.0.1' },
    })
    try {
      await expectWellShown(browser, server.resolvedUrls!.local[0]!, [
        { alt: 'Kira', hasMedia: true },
      ])
    } finally {
      await server.close()
    }
  })

  test('refuses to publish a manifest, however code names it', () => {
    writeFileSync(path.join(packages.folder, 'src/css.js'), `import './style.css'\n`)
    for (const [entry, { file, text }] of Object.entries(REFERENCES[kind])) {
      writeFileSync(path.join(packages.folder, file), text)
      const failed = build(kind, [entry])
      expect(failed, entry).toContain(
        'The build would publish src/cast.image.yaml with its prompts, because ',
      )
      expect(failed, entry).toContain(`${file}:1:`)
      const out = path.join(packages.folder, `out/${kind}-${entry.split('.')[0]}`)
      const at = (...parts: string[]): string => project.path(...parts)
      if (existsSync(out)) expectNoLeaks(out, { root: packages.folder, path: at })
    }
  })

  test('says what is wrong with a manifest', () => {
    const file = path.join(packages.folder, 'src/cast.image.yaml')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('seed:', 'sede:'))
    expect(build(kind)).toMatch(/src\/cast\.image\.yaml:9:5 {2}Unknown field `sede`/)
    writeFileSync(file, text)
  })
})
