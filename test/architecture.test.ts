import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourcesIn, type Sources } from './architecture/read-source.ts'
import { violations } from './architecture/rules.ts'

const root = path.join(import.meta.dirname, '..')

describe('the source', () => {
  it('keeps to the layers, the doors and the names of the design', () => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const sources = sourcesIn(path.join(root, 'src'))
    expect(Object.keys(sources)).toContain('shared/errors.ts')
    expect(violations(sources, Object.keys(manifest.dependencies))).toEqual([])
  })
})

describe('the rules notice', () => {
  it.each<[what: string, sources: Sources, broken: string[]]>([
    [
      'a value where only types are allowed',
      {
        'plan/plan.ts': "import { a } from '../model/image-model.ts'",
        'model/image-model.ts': '',
      },
      ['plan/plan.ts: plan may not import model/image-model.ts'],
    ],
    [
      'a value among the types',
      {
        'plan/plan.ts': "import { type A, b } from '../model/image-model.ts'",
        'model/image-model.ts': '',
      },
      ['plan/plan.ts: plan may not import model/image-model.ts'],
    ],
    [
      'types of a part that is out of reach',
      { 'store/store.ts': "import type { A } from '../manifest/read.ts'", 'manifest/read.ts': '' },
      ['store/store.ts: store may not import types of manifest/read.ts'],
    ],
    [
      'a type spelt as import()',
      { 'store/store.ts': "const a: import('../plan/plan.ts').A = 1", 'plan/plan.ts': '' },
      ['store/store.ts: store may not import types of plan/plan.ts'],
    ],
    [
      'a dynamic import',
      { 'store/store.ts': "await import('../plan/plan.ts')", 'plan/plan.ts': '' },
      ['store/store.ts: store may not import plan/plan.ts'],
    ],
    [
      'a re-export',
      { 'emit/a.ts': "export * from '../store/store.ts'", 'store/store.ts': '' },
      ['emit/a.ts: emit may not import store/store.ts'],
    ],
    [
      'a stage composed outside the pipeline',
      { 'plugin.ts': "import { render } from './render/render.ts'", 'render/render.ts': '' },
      ['plugin.ts: plugin may not import render/render.ts'],
    ],
    [
      'a host that thinks',
      { 'vite.ts': "import { plan } from './plan/plan.ts'", 'plan/plan.ts': '' },
      ['vite.ts: plugin may not import plan/plan.ts'],
    ],
    [
      'a layer that looks up',
      { 'shared/hash.ts': "import '../pixels/sharp.ts'", 'pixels/sharp.ts': '' },
      ['shared/hash.ts: shared may not import pixels/sharp.ts'],
    ],
    [
      'what is for every provider and knows one',
      {
        'model/http/host.ts': "import { a } from '../minimax/service.ts'",
        'model/image-model.ts': "import type { A } from './minimax/service.ts'",
        'model/minimax/service.ts': '',
      },
      [
        'model/http/host.ts: only options/ and index.ts may import the provider in model/minimax/',
        'model/image-model.ts: only options/ and index.ts may import the provider in model/minimax/',
        'model/http/host.ts: names minimax, and is for every provider',
        'model/image-model.ts: names minimax, and is for every provider',
      ],
    ],
    [
      'a provider that leans on another',
      {
        'model/acme/acme.ts': "import { a } from '../minimax/request.ts'",
        'model/minimax/request.ts': '',
      },
      [
        'model/acme/acme.ts: only options/ and index.ts may import the provider in model/minimax/',
        'model/acme/acme.ts: names minimax, and is for every provider',
      ],
    ],
    [
      'a message that is for every provider and names one',
      { 'generate/agreement.ts': "const hint = 'Set MINIMAX_API_KEY.'" },
      ['generate/agreement.ts: names minimax, and is for every provider'],
    ],
    [
      'a cycle of types',
      {
        'store/a.ts': "import type { B } from './b.ts'",
        'store/b.ts': "export type { A } from './a.ts'",
      },
      ['import cycle: store/a.ts → store/b.ts → store/a.ts'],
    ],
    ['a drawer', { 'store/utils.ts': '' }, ['store/utils.ts: a drawer, not a name']],
    [
      'a part that the design does not know',
      { 'services/a.ts': '', 'manager.ts': '' },
      [
        'services/a.ts: belongs to no part of the design',
        'manager.ts: belongs to no part of the design',
      ],
    ],
    [
      'a room that imports from one after it',
      {
        'plugin/session/session.ts': "import type { A } from '../hosts/vite.ts'",
        'plugin/hosts/vite.ts': "import '../next/host.ts'",
        'plugin/next/host.ts': '',
      },
      [
        'plugin/session/session.ts: plugin/session may not import from plugin/hosts, which comes after it',
        'plugin/hosts/vite.ts: plugin/hosts may not import from plugin/next, which comes after it',
      ],
    ],
    [
      'a room that its wing does not have',
      { 'store/cellar/a.ts': '', 'render/attic/a.ts': '' },
      [
        'store/cellar/a.ts: store has no room cellar',
        'render/attic/a.ts: render has no room attic',
      ],
    ],
    [
      'a file that is too long',
      { 'store/store.ts': 'export {}\n'.repeat(401) },
      ['store/store.ts: 401 lines, at most 400 can be read'],
    ],
    [
      'console, fetch and process.exit away from their doors',
      {
        'store/a.ts': 'console.log(1)',
        'store/b.ts': "const send = options.fetch ?? fetch\nglobalThis.fetch('x')",
        'store/c.ts': 'process.exit(1)',
      },
      [
        'store/a.ts: console is the business of shared/logger.ts, cli/, components/missing-sizes.ts',
        'store/b.ts: fetch is the business of model/, emulator/references.ts, studio/page/connection.ts',
        'store/c.ts: process.exit is the business of cli/main.ts',
      ],
    ],
    [
      'a second door to sharp, a child process',
      { 'render/a.ts': "import type { Sharp } from 'sharp'\nimport 'node:child_process'" },
      [
        'render/a.ts: sharp is the business of pixels/',
        'render/a.ts: node:child_process is the business of store/locks/process-identity.ts, studio/actions/programs.ts, studio/report/git.ts',
      ],
    ],
    [
      'a connection and a thread away from their doors',
      { 'store/a.ts': "import 'node:net'\nimport { Worker } from 'node:worker_threads'" },
      [
        'store/a.ts: node:net is the business of plugin/next/turbopack-channel.ts, model/http/, options/trusted-host.ts, emulator/loopback-host.ts, studio/listener/host-header.ts',
        'store/a.ts: node:worker_threads is the business of manifest/read/parse-ahead.ts, manifest/read/parse-worker.ts',
      ],
    ],
    [
      'a package that is not a dependency, and a dependency that is not used',
      { 'manifest/a.ts': "import { b } from 'ajv/dist/core.js'\nimport c from '@scope/name/deep'" },
      ['manifest/a.ts: ajv is not a dependency', 'manifest/a.ts: @scope/name is not a dependency'],
    ],
    [
      'a package of the page outside the page',
      {
        'studio/server.ts': "import { signal } from '@preact/signals'",
        'studio/page/wall.tsx': "import { render } from 'preact'\nexport const a = <p>{1}</p>",
      },
      ['studio/server.ts: @preact/signals is not a dependency'],
    ],
    [
      'the code of a host',
      { 'vite.ts': "import { version } from 'vite'" },
      ['vite.ts: vite is not a dependency'],
    ],
  ])('%s', (_, sources, broken) => {
    expect(violations(sources, ['sharp']).filter((one) => !one.endsWith('imports sharp'))).toEqual(
      broken,
    )
  })

  it('a dependency that nothing imports', () => {
    expect(violations({ 'store/a.ts': "import 'yaml'" }, ['yaml', 'left-pad'])).toEqual([
      'package.json: nothing imports left-pad',
    ])
  })

  it('nothing in what is allowed', () => {
    const sources: Sources = {
      'shared/logger.ts': "export const log = () => console.error('x')",
      'pixels/sharp.ts': "import sharp from 'sharp'\nimport '../shared/logger.ts'",
      'model/model.ts': "await fetch('x')",
      'manifest/read.ts':
        "import { parse } from '../pixels/sharp.ts'\nconst a = { fetch: 1, console: 2 }",
      'plan/plan.ts':
        "import type { A } from '../model/model.ts'\nimport { type B } from '../model/model.ts'",
      'emit/module.ts':
        'export interface Door { fetch(): void }\nimport x from "../manifest/read.ts"',
      'pipeline.ts': "import './plan/plan.ts'\nimport './emit/module.ts'\nimport './options.ts'",
      'options.ts': "import './model/model.ts'",
      'plugin.ts': "import './pipeline.ts'\nimport type { Plugin } from 'vite'",
      'vite.ts': "import './plugin.ts'\nimport type { Plugin } from 'vite'",
      'index.ts': "export * from './options.ts'",
      'plugin/next/config.ts': "import '../hosts/vite.ts'\nimport '../module-id.ts'",
      'plugin/hosts/vite.ts': "import '../session/session.ts'",
      'plugin/session/session.ts': '',
      'plugin/module-id.ts': '',
      'cli/main.ts': "import '../pipeline.ts'\nprocess.exit(console.log(1))",
    }
    expect(violations(sources, ['sharp'])).toEqual([])
  })
})
