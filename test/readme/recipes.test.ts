import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readArguments } from '../../src/cli/terminal/arguments.ts'
import type { Command } from '../../src/cli/command.ts'
import { generate } from '../../src/cli/commands/generate.ts'
import { plan } from '../../src/cli/commands/plan.ts'
import { temporaryProject } from '../temporary-project.ts'

const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8')
const COMMANDS: Readonly<Record<string, Command>> = { generate, plan }

/** The code of a recipe, by what it begins with. */
function recipe(language: string, start: string): string {
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const found = blocks.find(([, name, code = '']) => name === language && code.startsWith(start))
  expect(found, `${language} ${start}`).toBeDefined()
  return found![2]!
}

/** Every command line in what a job runs. */
function commandsIn(text: string): string[][] {
  const lines = [...text.matchAll(/\bnpx imagegen ([^\n"]+)/g)]
  return lines.map(([, line = '']) => line.trim().split(/\s+/))
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { steps: ReadonlyArray<{ run?: string; uses?: string }> }>>
}

describe('the recipes of the README', () => {
  it('for GitHub Actions make jobs of steps that do something', () => {
    const { jobs } = parse(recipe('yaml', '# .github/')) as Workflow
    expect(Object.keys(jobs)).toEqual(['check', 'generate'])
    for (const { steps } of Object.values(jobs)) {
      for (const { run, uses } of steps) expect(run ?? uses).toMatch(/\w/)
    }
    // The cache lies in a folder that `npm ci` empties.
    const steps = jobs['check']!.steps.map(({ run, uses }) => run ?? uses)
    expect(steps.indexOf('npm ci')).toBeLessThan(steps.indexOf('actions/cache@v4'))
  })

  it('for GitLab CI make jobs with scripts', () => {
    const jobs = parse(recipe('yaml', '# .gitlab-ci.yml')) as Record<string, { script?: string[] }>
    expect(jobs['check']!.script).toContain('npx imagegen plan --check')
    expect(jobs['generate']!.script).toHaveLength(2)
  })

  it('run commands that exist, with options that they take', () => {
    const lines = ['# .github/', '# .gitlab-ci.yml'].flatMap((start) =>
      commandsIn(recipe('yaml', start)),
    )
    expect(lines).toHaveLength(4)
    for (const [name = '', ...rest] of lines) {
      expect(() => readArguments(name, COMMANDS[name]!, rest)).not.toThrow()
    }
  })

  it('for Turborepo and Nx are JSON', () => {
    expect(JSON.parse(recipe('json', '{\n  "tasks"'))).toHaveProperty('tasks.build.outputs')
    expect(JSON.parse(recipe('json', '{\n  "targetDefaults"'))).toHaveProperty(
      'targetDefaults.build.inputs',
    )
  })

  it('keep receipts in git and bytes out of it, or give bytes and no receipt to LFS', async () => {
    const files = ['kira.0123456789abcdef.01234567.jpg', 'kira.0123456789abcdef.01234567.json']
    const project = await temporaryProject({
      '.gitignore': recipe('gitignore', '# .gitignore'),
      '.gitattributes': recipe('gitattributes', '# .gitattributes'),
      '.imagegen/.gitignore': 'types/\npending/\n',
      '.imagegen/pending/one.json': '',
      ...Object.fromEntries(files.map((name) => [`.imagegen/${name}`, ''])),
    })
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: project.root, encoding: 'utf8' })
    git('init', '-q')
    const untracked = git('ls-files', '--others', '--exclude-standard', '.imagegen')
    expect(untracked.trim().split('\n').toSorted()).toEqual([
      '.imagegen/.gitignore',
      `.imagegen/${files[1]}`,
    ])
    const attributes = git('check-attr', 'filter', ...files.map((name) => `.imagegen/${name}`))
    expect(attributes).toMatch(/\.jpg: filter: lfs\n.*\.json: filter: unspecified/)
  })
})
