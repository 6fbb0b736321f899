import { expect, test } from 'vitest'
import { listenToConsole } from './console.ts'
import { png, sandbox, type Sandbox } from './sandbox.ts'
import { viteDev } from './vite-dev.ts'
import { webpackWatch } from './webpack.ts'

/** What somebody does while the sheet of a chain is being made, and what the whole chain then asks for. */
const EDITS: Readonly<
  Record<
    string,
    { readonly edit: (project: Sandbox) => void | Promise<void>; readonly asked: readonly string[] }
  >
> = {
  'the sheet': {
    edit: (project) => project.edit('src/the-sheet.image.yaml', 'old sheet', 'new sheet'),
    asked: ['old sheet', 'new sheet', 'scene', 'poster'],
  },
  'the scene': {
    edit: (project) =>
      project.edit('src/the-scene-scenes.image.yaml', 'scene for', 'new scene for'),
    asked: ['old sheet', 'new scene', 'poster'],
  },
  'a file of the sheet': {
    edit: async (project) => project.write('src/a-file-of-the-sheet.png', await png('#468')),
    asked: ['old sheet', 'old sheet', 'scene', 'poster'],
  },
  'the sheet and back': {
    edit(project) {
      project.edit('src/the-sheet-and-back.image.yaml', 'old sheet', 'new sheet')
      project.edit('src/the-sheet-and-back.image.yaml', 'new sheet', 'old sheet')
    },
    asked: ['old sheet', 'scene', 'poster'],
  },
  'the text alternative': {
    edit: (project) =>
      project.edit('src/the-text-alternative.image.yaml', 'alt: ""', 'alt: A sheet'),
    asked: ['old sheet', 'scene', 'poster'],
  },
  'a sheet with requests to come': {
    edit(project) {
      project.edit('src/a-sheet-with-requests-to-come.image.yaml', 'n: 20', 'n: 1')
      project.edit('src/a-sheet-with-requests-to-come.image.yaml', 'old sheet', 'new sheet')
    },
    asked: ['old sheet', 'new sheet', 'scene', 'poster'],
  },
}

const slug = (name: string): string => name.replaceAll(' ', '-')

/** A sheet, a scene that refers to it and a poster that refers to the scene, for each of these edits. */
async function chains(names: readonly string[]): Promise<Sandbox> {
  const defaults =
    'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }\nimages:\n'
  const files = names.flatMap((name) => [
    [
      `src/${slug(name)}.image.yaml`,
      `${defaults}  sheet: { prompt: "old sheet for ${name}.", alt: "", n: ${name.includes('requests') ? 20 : 1}, references: [./${slug(name)}.png] }\n`,
    ],
    [
      `src/${slug(name)}-scenes.image.yaml`,
      `${defaults}  scene: { prompt: "scene for ${name}.", alt: "", references: ["./${slug(name)}.image.yaml#sheet"] }
  poster: { prompt: "poster for ${name}.", alt: "", references: ["#scene"] }\n`,
    ],
  ])
  const project = await sandbox({
    files: {
      ...(Object.fromEntries(files) as Record<string, string>),
      'src/main.js': `import hero from './hero.image.yaml'; globalThis.shown = hero`,
    },
    emulator: {
      faults: names.map((name) => ({
        kind: 'delay',
        milliseconds: 2000,
        match: `old sheet for ${name}.`,
        nth: 1,
      })),
    },
  })
  for (const name of names) project.write(`src/${slug(name)}.png`, await png('#abc'))
  return project
}

/** What was asked for a chain, by what its prompts begin with. */
function askedFor({ emulator }: Sandbox, name: string): readonly string[] {
  return emulator
    .requests()
    .map(({ body }) => (body as { prompt: string }).prompt)
    .flatMap((prompt) => (prompt.endsWith(` for ${name}.`) ? [prompt.split(' for ')[0] ?? ''] : []))
}

test.each<[string, readonly string[], (project: Sandbox) => unknown]>([
  ['Vite', Object.keys(EDITS), (project) => viteDev(project, {}, { budget: { images: 200 } })],
  ['webpack, whose page shows none of them', ['the sheet', 'the scene'], webpackWatchOnly],
])(
  'an edit costs the request under way, and nothing that refers to what it replaces: %s',
  async (_, names, start) => {
    listenToConsole()
    const project = await chains(names)
    await start(project)
    const asked = (): unknown => names.map((name) => [name, askedFor(project, name)])
    const under = names.map((name) => [name, ['old sheet']])
    await expect.poll(asked, { timeout: 90_000 }).toEqual(under)
    for (const name of names) await EDITS[name]!.edit(project)
    const isMade = (): boolean => names.every((name) => askedFor(project, name).includes('poster'))
    await expect.poll(isMade, { timeout: 90_000 }).toBe(true)
    expect(asked()).toEqual(names.map((name) => [name, EDITS[name]!.asked]))
  },
)

function webpackWatchOnly(project: Sandbox): void {
  webpackWatch(project)
}
