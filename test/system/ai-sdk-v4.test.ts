import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeAiSdkInAManifest, type NewestProvider } from '../model/ai-sdk-in-a-manifest.ts'
import { describeImageModel, OPENAI } from '../model/contract.ts'
import { describeFaults } from '../model/providers/fault-table.ts'
import { OPENAI_DIALECT } from '../model/providers/image-services.ts'
import { resolveModel } from '../../src/model/resolved-model.ts'
import { installed, type InstalledPackages } from './installed.ts'

const root = path.join(import.meta.dirname, '../..')

/** They declare that they need Node 22, so they are no dependencies of this project. */
const PACKAGES = {
  '@ai-sdk/openai': '^4.0.118',
  '@ai-sdk/provider': '^4.0.38',
  '@types/node': '^20.19.43',
  typescript: '~6.0.3',
}

let packages: InstalledPackages

beforeAll(() => {
  packages = installed(PACKAGES)
})

afterAll(() => packages?.remove())

const createOpenAI: NewestProvider['createOpenAI'] = (account) => {
  const provider = packages.load('@ai-sdk/openai') as NewestProvider
  return provider.createOpenAI(account)
}

describeImageModel('OpenAI of specification v4', {
  ...OPENAI,
  create: (url) => createOpenAI({ apiKey: 'sk-test', baseURL: url }).image('gpt-image-1'),
})

describeAiSdkInAManifest({ version: 'v4', createOpenAI })

describeFaults('@ai-sdk/openai 4', {
  dialect: OPENAI_DIALECT,
  shape: 'size: 96x64',
  drawn: { width: 96, height: 64 },
  references: 2,
  ignoresSeed: true,
  perCall: 10,
  create: (url) => createOpenAI({ apiKey: 'sk-test-0123', baseURL: url }).image('gpt-image-1'),
})

it('takes references unless the model says that it takes none', async () => {
  const provider = createOpenAI({ apiKey: 'x', baseURL: 'http://127.0.0.1:9' })
  expect(
    (await resolveModel('any', provider.image('gpt-image-1'))).limits.references,
  ).toBeUndefined()
  expect((await resolveModel('any', provider.image('dall-e-3'))).limits.references).toBe(false)
})

it('a model of specification v4 is an image model without a cast', () => {
  const index = JSON.stringify(path.join(root, 'dist/index.js'))
  const text = `import type { ImageModelV4 } from '@ai-sdk/provider'
import type { Options } from ${index}
declare const model: ImageModelV4
export const sound: Options = { models: { v4: model } }
// @ts-expect-error: no specification that there is
export const old: Options = { models: { v1: { ...model, specificationVersion: 'v1' } } }
`
  writeFileSync(path.join(packages.folder, 'models.mts'), text)
  const tsc = path.join(packages.folder, 'node_modules/typescript/bin/tsc')
  const strict = ['--noEmit', '--strict', '--skipLibCheck', '--exactOptionalPropertyTypes']
  const target = ['--module', 'nodenext', '--target', 'es2023', 'models.mts']
  const { stdout } = spawnSync(process.execPath, [tsc, ...strict, ...target], {
    cwd: packages.folder,
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})
