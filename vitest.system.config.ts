import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { reporters } from './test/counting-reporter.ts'
import { longTests } from './test/long-tests.ts'

/** What needs more than Node (browsers, servers, frameworks), or minutes. */
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: reporters(),
    // Conditions are awaited on machines that do other things too.
    expect: { poll: { timeout: 120_000 } },
    include: ['test/system/**/*.test.ts', ...longTests],
    // Installs and browsers wait more than they compute.
    maxWorkers: '100%',
    globalSetup: ['test/build-dist.ts', 'test/system/fetch-newer-node.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})

export default config
