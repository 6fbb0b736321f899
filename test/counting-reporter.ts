import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Reporter } from 'vitest/node'

/** How many tests of one or several runs ended how. */
export interface TestCounts {
  passed: number
  failed: number
  skipped: number
  /** What failed, each as one line: file, test, and the first line of the error. */
  failures: string[]
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
      const failed = (where: string, error: { message: string } | undefined): void => {
        counts.failed += 1
        counts.failures.push(`${where}: ${error?.message.split('\n', 1)[0] ?? 'it never ended'}`)
      }
      for (const error of unhandledErrors) failed('outside of tests', error)
      for (const module of modules) {
        // A file or a hook that fails on its own has no failed test to stand for it.
        if (module.errors().length > 0) failed(module.relativeModuleId, module.errors()[0])
        for (const suite of module.children.allSuites()) {
          if (suite.errors().length > 0) {
            failed(`${module.relativeModuleId} > ${suite.fullName}`, suite.errors()[0])
          }
        }
        for (const test of module.children.allTests()) {
          const { state, errors } = test.result()
          if (state === 'passed' || state === 'skipped') counts[state] += 1
          else failed(`${module.relativeModuleId} > ${test.fullName}`, errors?.[0])
        }
      }
      writeFileSync(file, JSON.stringify(counts))
    },
  }
}

function readCounts(file: string): TestCounts {
  if (!existsSync(file)) return { passed: 0, failed: 0, skipped: 0, failures: [] }
  return JSON.parse(readFileSync(file, 'utf8')) as TestCounts
}
