import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { reporters } from './test/counting-reporter.ts'
import { longTests } from './test/long-tests.ts'

/** Tests of what is built, not of what is written: `dist` is brought up to date before them. */
const built = ['test/package/**/*.test.ts', 'test/**/*.built.test.ts']

// The chaos command runs its long tests with this configuration.
const elsewhere = [
  'test/system/**',
  'test/bench/**',
  ...(process.env['CHAOS_SCALE'] === undefined ? longTests : []),
]

/** What needs no more than Node. */
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: reporters(),
    // Conditions are awaited on machines that do other things too.
    expect: { poll: { timeout: 90_000 } },
    // Vitest leaves a core to itself, and of two that is half.
    maxWorkers: '100%',
    // Loading every module again for each file took as long as many of the tests.
    isolate: false,
    setupFiles: 'test/shared-process.ts',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          exclude: [...elsewhere, ...built],
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: built,
          exclude: elsewhere,
          globalSetup: 'test/build-dist.ts',
        },
      },
    ],
  },
})

export default config
