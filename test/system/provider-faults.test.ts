import { afterAll, beforeAll } from 'vitest'
import type { ImageModel } from '../../src/model/image-model.ts'
import { describeFaults } from '../model/providers/fault-table.ts'
import {
  FAL_DIALECT,
  GEMINI_DIALECT,
  IMAGEN_DIALECT,
  OPENAI_DIALECT,
  REPLICATE_DIALECT,
} from '../model/providers/image-services.ts'
import { installed, type InstalledPackages } from './installed.ts'

let packages: InstalledPackages

beforeAll(() => {
  packages = installed({
    '@ai-sdk/openai-compatible': '^2.0.92',
    '@ai-sdk/google': '^3.0.141',
    '@ai-sdk/fal': '^2.0.59',
    '@ai-sdk/replicate': '^2.0.57',
  })
})

afterAll(() => packages?.remove())

const KEY = 'sk-test-0123456789'

interface Provider {
  imageModel(id: string): ImageModel
}

/** A provider of one of the packages, at a server of the test. */
function provider(name: string, factory: string, baseURL: string): Provider {
  const factories = packages.load(name) as Record<string, (settings: object) => Provider>
  return factories[factory]!({ name: 'local', baseURL, apiKey: KEY, apiToken: KEY })
}

const WIDE = { shape: 'size: 96x64', drawn: { width: 96, height: 64 } } as const

describeFaults('@ai-sdk/openai-compatible', {
  ...WIDE,
  dialect: OPENAI_DIALECT,
  references: 2,
  ignoresSeed: true,
  perCall: 10,
  create: (url) =>
    provider('@ai-sdk/openai-compatible', 'createOpenAICompatible', url).imageModel('sd-turbo'),
})

describeFaults('@ai-sdk/google, Imagen', {
  dialect: IMAGEN_DIALECT,
  shape: 'aspectRatio: 16:9',
  drawn: { width: 256, height: 144 },
  references: 0,
  ignoresSeed: true,
  perCall: 4,
  create: (url) =>
    provider('@ai-sdk/google', 'createGoogleGenerativeAI', url).imageModel(
      'imagen-4.0-generate-001',
    ),
})

describeFaults('@ai-sdk/google, Gemini', {
  dialect: GEMINI_DIALECT,
  shape: 'aspectRatio: 16:9',
  drawn: { width: 256, height: 144 },
  references: 2,
  ignoresSeed: false,
  perCall: 10,
  create: (url) =>
    provider('@ai-sdk/google', 'createGoogleGenerativeAI', url).imageModel(
      'gemini-2.5-flash-image',
    ),
})

describeFaults('@ai-sdk/fal', {
  ...WIDE,
  dialect: FAL_DIALECT,
  references: 1,
  ignoresSeed: false,
  perCall: 1,
  create: (url) => provider('@ai-sdk/fal', 'createFal', url).imageModel('fal-ai/flux/dev'),
})

describeFaults('@ai-sdk/replicate', {
  ...WIDE,
  dialect: REPLICATE_DIALECT,
  references: 1,
  ignoresSeed: false,
  perCall: 1,
  create: (url) => provider('@ai-sdk/replicate', 'createReplicate', url).imageModel('acme/brush'),
})
