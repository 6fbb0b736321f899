import { createOpenAI } from 'openai-v3'
import { describeAiSdkInAManifest } from './ai-sdk-in-a-manifest.ts'

// Specification v4 needs Node 22, so the system tests install it and run the same.
describeAiSdkInAManifest({ version: 'v3', createOpenAI })
