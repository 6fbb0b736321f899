import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { conclude } from './findings.ts'
import { isShort } from './settings.ts'
import { chaosProject, type ChaosProject, type Ended } from './project.ts'

const nodeModules = path.join(import.meta.dirname, '../../node_modules')

/**
 * Texts that control a terminal, change the direction of text, are commands to a CI, or look like this plugin's lines.
 */
const HOSTILE = [
  'a\u001b]0;owned\u0007b',
  'a\u001b[2J\u009b31mb',
  'a\r\u0008b\u007f',
  'a\u202etxt.b\u2066c\u2069\u061c',
  'a\u2028::error::b\u2029',
  '\n::error file=x::forged',
  'a\n##[error]forged',
  'a\r\n  ##vso[task.complete result=Failed;]',
  'a\n[imagegen] error: forged',
  'a\nerror forged',
]

const UNSAFE = /(?![\n\t])[\p{Cc}\p{Bidi_C}\p{Zl}\p{Zp}]/u
const COMMAND = /^\s*::|##\w*\[/m
/** Forged lines. The plugin's own lines are longer. */
const FORGED = /^(?:\[imagegen\] error: |error )?forged/m

function faultsOf(name: string, text: string): string[] {
  const unsafe = UNSAFE.exec(text)
  return [
    ...(unsafe === null
      ? []
      : [`${name}: U+${unsafe[0].codePointAt(0)?.toString(16)} in ${around(text, unsafe.index)}`]),
    ...[COMMAND, FORGED].flatMap((pattern) => {
      const found = pattern.exec(text)
      return found === null ? [] : [`${name}: ${pattern} in ${around(text, found.index)}`]
    }),
  ]
}

function around(text: string, index: number): string {
  return JSON.stringify(text.slice(Math.max(0, index - 60), index + 60))
}

/** Names of files and folders cannot contain a slash; prompts and everything else can contain any character. */
function hostileProject(url: string): Record<string, string> {
  const files: Record<string, string> = {
    'src/good.image.yaml': 'images:\n  good: { prompt: A good one, alt: "", size: 512x512 }\n',
    'src/entry.js': "import './good.image.yaml'\n",
  }
  for (const [index, text] of HOSTILE.entries()) {
    const name = text.replaceAll('/', '-')
    const quoted = JSON.stringify(text)
    const prompt = `{ prompt: ${JSON.stringify(`A ${index} ${text}`)}, size: 512x512 }`
    files[`names/${name}/${name}.image.yaml`] = `images:\n  one: ${prompt}\n`
    files[`names/n${index}.image.yaml`] = `images:\n  ok: ${prompt}\n`
    files[`wrong/${name}.image.yaml`] = `images:\n  ${quoted}: { prompt: x }\n`
    files[`wrong/${index}.image.yaml`] = [
      `${quoted}: 1`,
      'images:',
      `  field: { prompt: x, ${quoted}: 1 }`,
      `  value: { prompt: x, model: ${quoted}, references: [${quoted}], size: ${quoted} }`,
      `  variable: { prompt: ${JSON.stringify(`\${${text}}`)}, alt: ${quoted} }`,
      `  raw: "${text.replaceAll('"', '')}`,
    ].join('\n')
  }
  files['wrong.config.json'] = JSON.stringify({ include: 'src/*', ...odd() })
  files['imagegen.config.mjs'] = `import { minimax } from 'unplugin-imagegen'
const wrong = process.env.WRONG
export default wrong === 'throws' ? (() => { throw new Error(${JSON.stringify(HOSTILE.join(' '))}) })()
  : wrong === 'options' ? ${JSON.stringify(odd())}
  : {
    include: wrong === 'manifests' ? 'wrong/**' : ['names/**/*.image.yaml', 'src/**/*.image.yaml'],
    models: { 'image-01': minimax('image-01', { host: ${JSON.stringify(url)}, rpm: 60000 }) },
    budget: { images: 500 },
  }
`
  files['vite.config.mjs'] = `import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [imagegen()], build: { lib: { entry: 'src/entry.js', formats: ['es'] } }, logLevel: 'info' }
`
  files['webpack.mjs'] =
    `import webpack from '${pathToFileURL(path.join(nodeModules, 'webpack/lib/index.js')).href}'
import imagegen from 'unplugin-imagegen/webpack'
const compiler = webpack({ mode: 'production', context: import.meta.dirname, entry: './src/entry.js', plugins: [imagegen()] })
compiler.run((error, stats) => {
  console.log(error ?? stats.toString())
  compiler.close(() => {})
})
`
  files['esbuild.mjs'] =
    `import { build } from '${pathToFileURL(path.join(nodeModules, 'esbuild/lib/main.js')).href}'
import imagegen from 'unplugin-imagegen/esbuild'
await build({ entryPoints: ['src/entry.js'], bundle: true, outdir: 'out', plugins: [imagegen()] }).catch(() => {})
`
  return files
}

/** Unknown options, and values that no option may have. */
function odd(): Record<string, unknown> {
  return Object.fromEntries(HOSTILE.map((text) => [text, text]))
}

test(
  'text from manifests and providers never reaches a terminal, log or overlay as a command',
  { timeout: 240_000 },
  async () => {
    const said = HOSTILE.join(' ')
    await using emulator = await startEmulator({
      rpm: 0,
      faults: [
        { kind: 'status', code: 1000, message: said, match: /^A 0/, times: 2 },
        { kind: 'status', code: 1026, message: said, match: /^A 1/ },
        { kind: 'http', status: 418, body: said, match: /^A 2/ },
        { kind: 'unsafe-url', url: `file:///${said}`, match: /^A 3/ },
      ],
    })
    await using project = await chaosProject(emulator.url, hostileProject(emulator.url))
    const broken: string[] = []
    let outputs = 0
    let characters = 0
    const check = async (
      name: string,
      running: { readonly ended: Promise<Ended> },
    ): Promise<void> => {
      const { code, stdout, stderr } = await running.ended
      if (`${stdout}${stderr}` === '') broken.push(`${name}: said nothing (${code})`)
      outputs += 1
      characters += stdout.length + stderr.length
      broken.push(...faultsOf(`${name}, standard output`, stdout))
      broken.push(...faultsOf(`${name}, standard error`, stderr))
    }

    await check('plan', project.start('plan'))
    await check('plan --json', project.start('plan', '--json'))
    await check('generate', project.start('generate', '--yes', '--json'))
    await check('generate again', project.start('generate', '--yes'))
    await check('reroll', project.start('reroll', nameOf(project)))
    await check('types', project.start('types'))
    await check('verify', project.start('verify'))
    await check('prune', project.start('prune', '--dry-run'))
    await check('export', project.start('export', '--out', `out ${HOSTILE[0]}`))
    for (const text of isShort ? [said] : HOSTILE) {
      await check('an unknown command', project.start(text))
      await check('an unknown image', project.start('plan', `x${text}`))
      await check('an unknown option', project.start('plan', `--${text}`, '--json'))
    }
    project.environment['WRONG'] = 'manifests'
    await check('wrong manifests', project.start('plan'))
    await check('wrong manifests, as JSON', project.start('plan', '--json'))
    const vite = path.join(nodeModules, 'vite/bin/vite.js')
    const builds = async (wrong: string): Promise<void> => {
      await check(`Vite, ${wrong}`, project.startScript(vite, 'build'))
      await check(`webpack, ${wrong}`, project.startScript(project.file('webpack.mjs')))
      await check(`esbuild, ${wrong}`, project.startScript(project.file('esbuild.mjs')))
    }
    await builds('manifests')
    project.environment['WRONG'] = 'options'
    await check('wrong options', project.start('plan'))
    if (!isShort) await builds('options')
    project.environment['WRONG'] = 'throws'
    await check('a config that throws', project.start('plan'))
    await builds('throws')
    delete project.environment['WRONG']
    if (!isShort) await builds('nothing')

    conclude([
      {
        scenario: 'control characters',
        promised:
          'foreign text reaches no terminal or log as a command, or as a line of this plugin',
        measured: `${outputs} outputs, ${Math.round(characters / 1024)} KB`,
        broken,
      },
    ])
  },
)

/** The id of an image with a hostile name. */
function nameOf(project: ChaosProject): string {
  const file = project.files().find((name) => name.includes('owned') && name.startsWith('names/'))
  return `${file}#one`
}
