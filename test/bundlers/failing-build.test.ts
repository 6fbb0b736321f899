import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../../src/emulator/index.ts'
import type { Options } from '../../src/options/options.ts'
import { hashesBelow, openSandbox, optionsFor, sandbox, type Sandbox } from './sandbox.ts'
import { viteBuild } from './vite.ts'
import { webpackBuild } from './webpack.ts'

let store: string
let filled: Awaited<ReturnType<typeof openSandbox>>

beforeAll(async () => {
  filled = await openSandbox()
  await viteBuild(filled)
  store = filled.path('.imagegen')
})
afterAll(() => filled.dispose())

interface Case {
  readonly name: string
  /** A project that is wrong in one way, of whose store only what it needs is there. */
  readonly options?: (project: Sandbox) => Options
  readonly spoil?: (project: Sandbox) => void
  readonly store?: boolean
  readonly faults?: readonly Fault[]
  readonly says: readonly RegExp[]
  /** Requests that were sent: those that the provider refuses. */
  readonly asked?: number
}

const cases: readonly Case[] = [
  {
    name: 'a broken manifest',
    spoil: (project) => project.edit('src/cast.image.yaml', 'seed:', 'sede:'),
    says: [/src\/cast\.image\.yaml:9:5 {2}.*`sede`/, /Did you mean `seed`\?/, /> +9 \|/],
  },
  {
    name: 'a file that is missing',
    spoil: (project) => project.edit('src/cast.image.yaml', './face.png', './fase.png'),
    says: [/src\/cast\.image\.yaml:\d+:\d+ {2}.*fase\.png.*no such file/],
  },
  {
    name: 'frozen with a missing image',
    options: ({ options }) => ({ ...options, mode: 'frozen' }),
    says: [
      /7 images missing/,
      /src\/cast\.image\.yaml:6:3 {2}kira is missing/,
      /imagegen generate/,
    ],
  },
  {
    name: 'no key',
    options: ({ emulator }) => optionsFor(emulator.url, ''),
    says: [
      /MINIMAX_API_KEY is not set/,
      /kira is missing/,
      /0\.0245 USD/,
      /IMAGEGEN_MODE=placeholder/,
    ],
  },
  {
    name: 'past the budget',
    options: ({ options }) => ({ ...options, budget: { images: 6 } }),
    says: [/7 pictures for 0\.0245 USD would pass the budget of 6 images/, /imagegen generate/],
  },
  {
    name: 'an imported manifest that the options do not find',
    store: true,
    options: ({ options }) => ({ ...options, exclude: '**/hero*' }),
    says: [/src\/hero\.image\.yaml is imported, but the option `include` does not find it/],
  },
  {
    name: 'a key that is refused',
    faults: [{ kind: 'status', code: 1004 }],
    says: [/1004/],
    // Those that were on their way before the first answer.
    asked: 6,
  },
  {
    name: 'a prompt that is refused',
    faults: [{ kind: 'status', code: 1026 }],
    says: [/1026/, /src\/cast\.image\.yaml:7:5 {2}kira/],
    asked: 6,
  },
  {
    name: 'an original that is a Git LFS pointer',
    store: true,
    spoil(project) {
      const picture = originalOfKira(project)
      writeFileSync(
        project.path('.imagegen', picture),
        `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`,
      )
    },
    says: [/Git LFS pointer/, /git lfs pull/, /kira/],
  },
]

describe.each([
  ['Vite', viteBuild],
  ['webpack', webpackBuild],
])('%s', (_, build) => {
  test.each(cases)('$name', async ({ options, spoil, says, asked = 0, faults = [], ...own }) => {
    const project = await sandbox({
      ...(own.store === true ? { store } : {}),
      emulator: { faults },
    })
    spoil?.(project)
    const before = existsSync(project.path('.imagegen'))
      ? hashesBelow(project.path('.imagegen'))
      : {}
    const error = await build({ ...project, options: options?.(project) ?? project.options }).then(
      () => new Error('It was built.'),
      (thrown: unknown) => thrown as Error,
    )
    for (const pattern of says) expect(error.message).toMatch(pattern)
    const shown = `${error.message}\n${error.stack}`
    expect(shown).not.toMatch(/src\/(?:plugin|pipeline|manifest|generate)\//)
    expect(existsSync(project.path('dist'))).toBe(false)
    expect(project.asked()).toBeLessThanOrEqual(asked)
    expect(project.emulator.stats().images).toBe(0)
    const originals = existsSync(project.path('.imagegen'))
      ? readdirSync(project.path('.imagegen')).filter((name) => /\.(?:jpg|json)$/.test(name))
      : []
    expect(originals).toEqual(
      Object.keys(before).filter((name) => /^[^/]*\.(?:jpg|json)$/.test(name)),
    )
  })
})

test('a build never requests an unavailable image, and uses its cached renditions', async () => {
  const project = await sandbox({ store })
  await viteBuild(project)
  const first = hashesBelow(project.path('dist'))
  const picture = originalOfKira(project)
  renameSync(project.path('.imagegen', picture), project.path('kept.jpg'))
  await viteBuild(project)
  expect(hashesBelow(project.path('dist'))).toEqual(first)

  project.edit('src/cast.image.yaml', 'widths: [64, 128]', 'widths: [64, 100]')
  await expect(viteBuild(project)).rejects.toThrow(/kira is unavailable/)
  await expect(webpackBuild(project)).rejects.toThrow(/kira is unavailable/)
  expect(project.asked()).toBe(0)
  renameSync(project.path('kept.jpg'), project.path('.imagegen', picture))
  await viteBuild(project)
  expect(project.asked()).toBe(0)
})

function originalOfKira(project: Sandbox): string {
  const names = readdirSync(project.path('.imagegen'))
  return names.find((name) => /^kira\..*\.jpg$/.test(name))!
}
