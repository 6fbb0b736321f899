import sharp from 'sharp'
import { expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { accountAt } from './account.ts'
import { installProject, type InstalledProject } from './installed-project.ts'

const MANIFEST = `# Adopted below.
images:
  kira:
    prompt: >-
      Portrait of Kira, a young cartographer with a very long description that
      needs more than one line
    alt: Kira smiling
    seed: 7
  kira-at-night:
    prompt: Kira at night
    alt: ""
    references: ["#kira", ./face.png]
  marco: { prompt: Marco, alt: "" }
`

const APP = `import { kira, kiraAtNight } from "./cast.image.yaml";
import { lighthouse } from "./starter.image.yaml";

export default function App() {
  const width: number = kira.width;
  return <img src={lighthouse.src} width={width} alt={kiraAtNight.alt} />;
}
`

/** As create-vite wrote it until it chose oxlint. */
const ESLINT = `import js from "@eslint/js";
import globals from "globals";
import tseslint from "typescript-eslint";
import { defineConfig, globalIgnores } from "eslint/config";

export default defineConfig([
  globalIgnores(["dist"]),
  {
    files: ["**/*.{ts,tsx}"],
    extends: [js.configs.recommended, tseslint.configs.recommended],
    languageOptions: { ecmaVersion: 2020, globals: globals.browser },
  },
]);
`

/** What `init` prints: a title, and the lines below it. */
function stepsIn(output: string): Array<{ title: string; lines: string[] }> {
  return output
    .split('\n- ')
    .slice(1)
    .map((step) => {
      const [title = '', ...lines] = step.trimEnd().split('\n')
      return { title, lines: lines.map((line) => line.replace(/^ {4}/, '')) }
    })
}

/** Does by program what a person does who follows the steps to the letter. */
function follow(project: InstalledProject, output: string): string[] {
  const done: string[] = []
  for (const { title, lines } of stepsIn(output)) {
    const [, verb, place] = /^(Add to|Set in|Write the exact types)(.*):$/.exec(title) ?? []
    if (verb === undefined || place === undefined) continue
    const file = / ?([\w./-]+)$/.exec(place)?.[1] ?? ''
    const [first = '', second = ''] = lines
    if (file.startsWith('vite.config')) {
      project.write(file, `${first}\n${project.read(file)}`)
      const plugin = /^plugins: \[(.+)\]$/.exec(second)?.[1]
      project.edit(file, 'plugins: [', `plugins: [${plugin}, `)
    } else if (file.endsWith('.json')) {
      const added = JSON.parse(`{${lines.join('\n')}}`) as Record<string, unknown>
      for (const [name, value] of Object.entries(added)) {
        const old = new RegExp(`"${name}": (?:\\[[^\\]]*\\]|"[^"]*"),?`)
        project.write(file, project.read(file).replace(old, ''))
        const block = { 'package.json': '"scripts": {', '.oxlintrc.json': '{' }[file]
        const start = block ?? '"compilerOptions": {'
        project.edit(file, start, `${start} "${name}": ${JSON.stringify(value)},`)
      }
    }
    done.push(file)
  }
  return done
}

it('a create-vite project that follows init type-checks and builds, and Prettier and ESLint pass before and after adopting, generating and writing types', async () => {
  const emulator = await startEmulator({ rpm: 0 })
  onTestFinished(() => emulator.close())
  const project = await installProject({
    starter: ['--yes', 'create-vite', '.', '--template', 'react-ts', '--no-interactive'],
    files: { 'eslint.config.js': ESLINT },
    dependencies: {
      prettier: '^3.10.0',
      eslint: '^10.0.0',
      '@eslint/js': '^10.0.0',
      globals: '^17.0.0',
      'typescript-eslint': '^8.60.0',
      // typescript-eslint stands on the programming interface that TypeScript 7 does not have.
      typescript: '~5.9.3',
    },
  })
  onTestFinished(() => project.remove())
  const expectClean = async (...command: [program: string, ...args: string[]]): Promise<void> => {
    const [name, ...args] = command
    const { code, output } = await project.run(name, args, accountAt(emulator.url))
    expect(code, `${command.join(' ')}:\n${output}`).toBe(0)
  }
  const expectLinted = async (): Promise<void> => {
    await expectClean('prettier', '--check', '.')
    await expectClean('eslint', '--max-warnings', '0', '.')
  }

  const init = await project.run('imagegen', ['init'])
  const done = follow(project, init.output)
  expect(done).toEqual([
    'vite.config.ts',
    'tsconfig.app.json',
    'package.json',
    '.prettierignore',
    'eslint.config.js',
    '.oxlintrc.json',
  ])
  // Without the lines for `.prettierignore` and ESLint: their defaults have nothing to say about the store.
  // What the starter came with, and what was edited by hand. What we write stays as it is.
  await expectClean('prettier', '--write', '.', '!.imagegen', '!src/*.image.yaml', '!imagegen.*')
  project.write('src/App.tsx', APP)
  await expectLinted()

  const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } })
  project.write('src/cast.image.yaml', MANIFEST)
  await picture.clone().png().toFile(`${project.folder}/src/face.png`)
  await picture.clone().png().toFile(`${project.folder}/hand-made.png`)
  await expectClean('npm', 'run', 'build')
  await expectClean('imagegen', 'adopt', 'marco', 'hand-made.png')
  await expectClean('imagegen', 'reroll', 'kira')
  await expectClean('imagegen', 'generate', '--yes')
  await expectClean('imagegen', 'types')
  await expectLinted()
  await expectClean('imagegen', 'adopt', 'kira', 'hand-made.png')
  await expectClean('imagegen', 'types')
  await expectLinted()
  project.edit('src/App.tsx', 'kiraAtNight }', 'kiraAtNight, kirra }')
  const misspelt = await project.run('npm', ['run', 'build'], accountAt(emulator.url))
  expect(misspelt.output).toContain("no exported member named 'kirra'")
})
