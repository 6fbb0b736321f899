import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Reporter } from 'vitest/node'

/** How many tests of one or several runs ended how. */
export interface TestCounts {
  passed: number
  failed: number
  skipped: number
}

/** The usual report, and the counts added to the JSON file that `TEST_COUNTS` names, where it names one. */
export function reporters(
  file: string | undefined = process.env.TEST_COUNTS,
): Array<Reporter | 'default'> {
  return file === undefined ? ['default'] : ['default', createCountingReporter(file)]
}

function createCountingReporter(file: string): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const counts = readCounts(file)
      counts.failed += unhandledErrors.length
      for (const module of modules) {
        // A file or a hook that fails on its own has no failed test to stand for it.
        const broken = [module, ...module.children.allSuites()].filter(
          (part) => part.errors().length > 0,
        )
        counts.failed += broken.length
        for (const test of module.children.allTests()) {
          const { state } = test.result()
          counts[state === 'pending' ? 'failed' : state] += 1
        }
      }
      writeFileSync(file, JSON.stringify(counts))
    },
  }
}

function readCounts(file: string): TestCounts {
  if (!existsSync(file)) return { passed: 0, failed: 0, skipped: 0 }
  return JSON.parse(readFileSync(file, 'utf8')) as TestCounts
}
