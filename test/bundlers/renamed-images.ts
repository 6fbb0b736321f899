import type { createServer } from 'vite'
import { expect } from 'vitest'
import { listenToConsole } from './console.ts'
import { connectHmr } from './hmr-client.ts'
import { sandbox } from './sandbox.ts'
import { viteDev } from './vite-dev.ts'

/** The versions differ in types alone, as far as this goes. */
export type Create = typeof createServer

const CAST = 'src/cast.image.yaml'
const APP = 'src/app.js'

/** Edits, one after the other, of a page that takes updates. */
const EDITS: ReadonlyArray<readonly [file: string, from: string, to: string]> = [
  // The code first, then the manifest.
  [APP, '{ kira }', '{ mira as kira }'],
  [CAST, '  kira:', '  mira:'],
  // The manifest first, then the code.
  [CAST, '  mira:', '  vera:'],
  [APP, '{ mira as kira }', '{ vera as kira }'],
  // An image that the page does not show comes, is referred to, goes, and comes again.
  [
    CAST,
    '  vera:',
    '  extra: { prompt: E, alt: e, references: ["./sheet.image.yaml#sheet"] }\n  vera:',
  ],
  [CAST, '  extra: { prompt: E, alt: e, references: ["./sheet.image.yaml#sheet"] }\n', ''],
  [CAST, '  vera:', '  extra: { prompt: E, alt: e }\n  vera:'],
  // Renamed, and back.
  [CAST, '  vera:', '  zora:'],
  [CAST, '  zora:', '  vera:'],
  // Code stops importing a manifest, and starts again.
  [APP, `import { sheet } from './sheet.image.yaml'\n`, 'const sheet = { alt: "" }\n'],
  [APP, 'const sheet = { alt: "" }\n', `import { sheet } from './sheet.image.yaml'\n`],
]

/** Edits a page of some version of Vite's dev server, and expects that it is never loaded again. */
export async function expectUpdates(create: Create): Promise<void> {
  listenToConsole()
  const defaults =
    'defaults: { size: 512x512, output: { formats: [jpeg], widths: [32] } }\nimages:\n'
  const project = await sandbox({
    files: {
      [CAST]: `${defaults}  kira: { prompt: K, alt: cast 0, references: [./face.png] }\n`,
      'src/sheet.image.yaml': `${defaults}  sheet: { prompt: S, alt: sheet 0 }\n`,
      [APP]: [
        `import { kira } from './cast.image.yaml'`,
        `import { sheet } from './sheet.image.yaml'`,
        'globalThis.shown = [kira.alt, sheet.alt]',
        'if (import.meta.hot) import.meta.hot.accept()',
        '',
      ].join('\n'),
      'src/main.js': `import './app.js'\n`,
    },
  })
  const dev = await viteDev(project, {}, { mode: 'placeholder' }, create)
  const hmr = await connectHmr(dev.server)
  const told = (): readonly string[] => hmr.left.map(({ type }) => type)
  const updates = (): number => told().filter((type) => type === 'update').length
  const edit = async (...change: (typeof EDITS)[number]): Promise<void> => {
    const before = updates()
    project.edit(...change)
    // A watcher may take two changes that follow each other at once for one.
    let looks = 0
    const again = (): number => {
      if (updates() === before && ++looks % 20 === 0)
        project.write(change[0], project.read(change[0]))
      return updates()
    }
    await expect.poll(again, POLL).toBeGreaterThan(before)
  }
  const shown = async (): Promise<string> => [...(await dev.visit()).modules.values()].join('\n')

  await shown()
  for (const [step, change] of EDITS.entries()) {
    await edit(...change)
    // A browser asks for all that it is told of before it finds out what is wrong with it.
    await shown()
    await edit(CAST, `cast ${step}`, `cast ${step + 1}`)
    await expect.poll(shown, POLL).toContain(`cast ${step + 1}`)
  }
  await edit('src/sheet.image.yaml', 'sheet 0', 'sheet 1')
  await expect.poll(shown, POLL).toContain('sheet 1')
  expect(told()).not.toContain('full-reload')
}

const POLL = { timeout: 90_000, interval: 20 }
