import { createOpenAI as createOpenAIV2 } from 'openai-v2'
import { createOpenAI as createOpenAIV3 } from 'openai-v3'
import { describeFaults } from './fault-table.ts'
import { OPENAI_DIALECT } from './image-services.ts'

const OPENAI = {
  dialect: OPENAI_DIALECT,
  shape: 'size: 96x64',
  drawn: { width: 96, height: 64 },
  ignoresSeed: true,
  perCall: 10,
} as const

describeFaults('@ai-sdk/openai 2', {
  ...OPENAI,
  // Specification v2 has no reference pictures.
  references: 0,
  create: (baseURL) => createOpenAIV2({ baseURL, apiKey: 'sk-test-0123' }).image('gpt-image-1'),
})

describeFaults('@ai-sdk/openai 3', {
  ...OPENAI,
  references: 2,
  create: (baseURL) => createOpenAIV3({ baseURL, apiKey: 'sk-test-0123' }).image('gpt-image-1'),
})
