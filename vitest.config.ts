import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { reporters } from './test/counting-reporter.ts'

/** Tests of what is built, not of what is written: `dist` is brought up to date before them. */
const built = ['test/package/**/*.test.ts', 'test/**/*.built.test.ts']

/** What needs no more than Node. */
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: reporters(),
    // Conditions are awaited on machines that do other things too.
    expect: { poll: { timeout: 30_000 } },
    // Vitest leaves a core to itself, and of two that is half.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          exclude: ['test/system/**', 'test/bench/**', ...built],
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: built,
          exclude: ['test/system/**', 'test/bench/**'],
          globalSetup: 'test/build-dist.ts',
        },
      },
    ],
  },
})

export default config
