import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createProject, emulatorFor, type Project } from '../cli/project.ts'
import { temporaryProject } from '../temporary-project.ts'

const teams = path.join(import.meta.dirname, '../../examples/teams')
const read = (file: string): string => readFileSync(path.join(teams, file), 'utf8')

interface Step {
  readonly run?: string
  readonly uses?: string
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>
}

interface GitLabJob {
  readonly script: readonly string[]
  readonly after_script?: readonly string[]
}

function workflow(file: string): Workflow {
  return parse(read(file)) as Workflow
}

function gitLabJobs(): Readonly<Record<string, GitLabJob>> {
  return parse(read('gitlab/gitlab-ci.yml')) as Record<string, GitLabJob>
}

/** The shell lines of a job, in order. */
function linesOf(steps: readonly Step[]): string[] {
  return steps.flatMap(({ run }) => (run ?? '').split('\n')).filter((line) => line.trim() !== '')
}

/** The commands of this package in what a job runs, without `npx unplugin-imagegen`. */
function commandsOf(lines: readonly string[]): string[][] {
  return lines.flatMap((line) => {
    const [, command] = /\bnpx unplugin-imagegen ([^\n#]+)/.exec(line) ?? []
    return command === undefined ? [] : [command.trim().split(/\s+/)]
  })
}

const MANIFEST = `defaults: { alt: "", size: 512x512 }
images:
  hero: { prompt: A hero }
  scene: { prompt: Her in a forest, references: ["#hero"] }
  house: { prompt: A house }
  river: { prompt: A river }
  hill: { prompt: A hill }
`

async function castProject(): Promise<Project> {
  const project = await createProject({ 'cast.image.yaml': MANIFEST })
  await emulatorFor(project)
  return project
}

async function codesOf(project: Project, commands: readonly string[][]): Promise<unknown[]> {
  const codes: unknown[] = []
  for (const command of commands) codes.push((await project.run(...command)).code)
  return codes
}

/** Runs shell lines as the CI service does: bash, in the project, ending at the first failure. */
function shell(project: Project, lines: readonly string[]): string {
  return execFileSync('bash', ['--norc', '-euo', 'pipefail', '-c', lines.join('\n')], {
    cwd: project.folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: project.folder, GIT_CONFIG_NOSYSTEM: '1' },
  })
}

/** A repository with a remote to push to; gives how many commits the remote has. */
function withGit(project: Project): () => number {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: project.folder, encoding: 'utf8' })
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  git('init', '-q', '-b', 'main')
  git('init', '-q', '--bare', 'remote.git')
  project.write('.gitignore', 'node_modules\nremote.git\n')
  git('add', '.')
  git(...who, 'commit', '-qm', 'start')
  git('remote', 'add', 'origin', path.join(project.folder, 'remote.git'))
  git('push', '-q', '-u', 'origin', 'main')
  return () => Number(git('-C', 'remote.git', 'rev-list', '--count', 'main'))
}

describe.concurrent('the recipe for GitHub Actions', () => {
  const { jobs } = workflow('github/pictures.yml')

  it('restores the cache after npm ci, which empties node_modules', () => {
    const steps = jobs['check']!.steps.map(({ run, uses }) => run ?? uses)
    expect(steps.indexOf('npm ci')).toBeLessThan(steps.indexOf('actions/cache@v4'))
  })

  it('fails the check while images are missing, generates them, then passes it', async () => {
    const project = await castProject()
    const check = commandsOf(linesOf(jobs['check']!.steps))
    const generate = commandsOf(linesOf(jobs['generate']!.steps))
    expect([check.length, generate.length]).toEqual([1, 1])
    expect(await codesOf(project, [...check, ...generate, ...check])).toEqual([3, 0, 0])
  })

  it('commits what was made, and commits nothing when nothing was made', async () => {
    const project = await castProject()
    const commits = withGit(project)
    await codesOf(project, commandsOf(linesOf(jobs['generate']!.steps)))
    const commit = linesOf(jobs['generate']!.steps.slice(-1))
    shell(project, commit)
    expect(commits()).toBe(2)
    shell(project, commit)
    expect(commits()).toBe(2)
  })

  it('splits a run into shards that make everything once', async () => {
    const project = await castProject()
    const shards = workflow('github/shards.yml')
    const [command] = commandsOf(
      linesOf(shards.jobs['generate']!.steps).map((line) =>
        line.replace('${{ matrix.shard }}', 'SHARD'),
      ),
    )
    const all = ['1', '2', '3', '4'].map((shard) =>
      command!.map((part) => part.replace('SHARD', shard)),
    )
    expect(await codesOf(project, all)).toEqual([0, 0, 0, 0])
    expect((await project.run('plan', '--check')).stdout).toContain('5 images: 5 current.')
  })
})

describe.concurrent('the recipe for GitLab CI', () => {
  it('fails the check while images are missing, generates them, then passes it', async () => {
    const project = await castProject()
    const { check, generate } = gitLabJobs()
    const checks = commandsOf(check!.script)
    const all = [...checks, ...commandsOf(generate!.script), ...checks]
    expect(await codesOf(project, all)).toEqual([3, 0, 0])
  })

  it('commits what was made', async () => {
    const project = await castProject()
    withGit(project)
    await project.run('generate', '--yes')
    const [after] = gitLabJobs()['generate']!.after_script!
    // The push goes to GitLab's own address.
    shell(project, [after!.replace(/^git push .*$/m, '')])
    const subject = execFileSync('git', ['log', '-1', '--format=%s'], { cwd: project.folder })
    expect(subject.toString().trim()).toBe('chore: pictures [skip ci]')
  })
})

describe.concurrent('the recipes for a report of a pull request', () => {
  /** Runs shell lines with the built command in place of npx, and programs of the CI service that write what they got. */
  async function reported(
    lines: readonly string[],
    variables: Readonly<Record<string, string>>,
  ): Promise<Project> {
    const project = await castProject()
    await project.run('generate', '--yes')
    withGit(project)
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: project.folder, encoding: 'utf8' })
    git('checkout', '-q', '-b', 'feature')
    project.write('cast.image.yaml', MANIFEST.replace('A house', 'A house | @octocat'))
    const bin = path.join(import.meta.dirname, '../../dist/cli/main.js')
    const programs = {
      npx: `shift; exec '${process.execPath}' '${bin}' "$@"`,
      npm: 'exit 0',
      gh: 'printf "%s\\n" "$@" > gh.txt',
      curl: 'printf "%s\\n" "$@" > curl.txt',
    }
    for (const [name, text] of Object.entries(programs)) {
      project.write(`bin/${name}`, `#!/bin/sh\n${text}\n`)
      chmodSync(path.join(project.folder, 'bin', name), 0o755)
    }
    execFileSync('bash', ['--norc', '-euo', 'pipefail', '-c', lines.join('\n')], {
      cwd: project.folder,
      stdio: 'pipe',
      env: {
        PATH: `${path.join(project.folder, 'bin')}:${process.env['PATH']}`,
        HOME: project.folder,
        ...variables,
      },
    })
    return project
  }

  it('on GitHub writes the page, the step summary and one comment', async () => {
    const { steps } = workflow('github/report.yml').jobs['report']!
    const project = await reported(linesOf(steps), {
      BASE: 'main',
      NUMBER: '7',
      GITHUB_STEP_SUMMARY: 'step.md',
    })
    const summary = project.read('report/summary.md')
    expect(summary).toMatch(/^## 1 image changed: 1 reprompted\n/)
    expect(summary).toContain('`A house \\| @octocat`')
    expect(project.read('step.md')).toBe(summary)
    expect(project.read('gh.txt').split('\n')).toEqual(
      expect.arrayContaining(['comment', '7', 'report/summary.md', '--edit-last']),
    )
    expect(project.files()).toContain('report/index.html')
  })

  it('on GitHub fetches the whole history, and has no key', () => {
    const text = read('github/report.yml')
    expect(text).toContain('fetch-depth: 0')
    expect(text).not.toContain('secrets.')
    // What people choose, such as the name of a branch, is never a part of a script.
    const { steps } = workflow('github/report.yml').jobs['report']!
    expect(linesOf(steps).filter((line) => line.includes('${{'))).toEqual([])
  })

  it('in GitLab writes the page and a note', async () => {
    const { report } = gitLabJobs()
    const project = await reported([...report!.script, ...report!.after_script!], {
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      NOTE_TOKEN: 'a-token',
      CI_API_V4_URL: 'http://127.0.0.1/api/v4',
      CI_PROJECT_ID: '1',
      CI_MERGE_REQUEST_IID: '7',
    })
    expect(project.read('report/summary.md')).toMatch(/^## 1 image changed: 1 reprompted\n/)
    expect(project.read('curl.txt')).toContain('body=<report/summary.md')
  })
})

describe('the other recipes', () => {
  it('for Turborepo and Nx are JSON that names the receipts as inputs', () => {
    for (const file of ['monorepo/turbo.json', 'monorepo/nx.json']) {
      expect(JSON.stringify(JSON.parse(read(file)))).toContain('.imagegen/*.json')
    }
  })

  it('keep receipts in git and bytes out of it, or give bytes and no receipt to LFS', async () => {
    const files = ['kira.0123456789abcdef.01234567.jpg', 'kira.0123456789abcdef.01234567.json']
    const project = await temporaryProject({
      '.gitignore': read('remote-store/gitignore'),
      '.gitattributes': read('git-lfs/gitattributes'),
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
