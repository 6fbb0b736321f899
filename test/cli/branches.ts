import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import path from 'node:path'
import { createProject, emulatorFor, type Project } from './project.ts'

/** A project in a git repository, with the branch `main`, and `feature` checked out. */
export interface Branches {
  readonly project: Project
  /** Runs git in the project, with nothing of the user's own config. */
  readonly git: (...args: string[]) => string
  /** Commits everything. */
  readonly commit: (message: string) => void
}

/** The prompt that a reprompted image has on the branch: what must never be more than text. */
export const HOSTILE_PROMPT =
  'Tom </script><script>alert(1)</script> <img src=x onerror=alert(2)> @octocat #12 | **bold** `code` \\| [a](https://example.com)'

const MAIN = `defaults: { aspectRatio: 1:1, output: { formats: [webp], widths: [64] } }
images:
  kira: { prompt: Kira keeps the lighthouse, alt: Kira, n: 2 }
  tom: { prompt: "Tom, a ferryman", alt: "" }
  mira: { prompt: Mira mends nets, alt: Mira }
  old: { prompt: An old man, alt: Old }
  same: { prompt: The harbour, alt: The harbour }
`

const FEATURE = `defaults: { aspectRatio: 1:1, output: { formats: [webp], widths: [64] } }
images:
  kira: { prompt: Kira keeps the lighthouse, alt: Kira, n: 2, pick: 2 }
  tom: { prompt: ${JSON.stringify(HOSTILE_PROMPT)}, alt: "" }
  mira: { prompt: Mira mends nets, alt: Mira, output: { formats: [webp], widths: [64, 128] } }
  same: { prompt: The harbour, alt: The harbour }
  fresh: { prompt: A fresh face, alt: Fresh }
  later: { prompt: Made later, alt: Later }
`

export const MANIFEST = 'art/cast.image.yaml'

let drawn: Promise<Branches> | undefined

/** A copy of these branches for one test: its pictures are drawn once. */
export async function copyBranches(): Promise<Branches> {
  const { project: original } = await (drawn ??= createBranches())
  const project = await createProject()
  cpSync(original.folder, project.folder, {
    recursive: true,
    filter: (file) => path.basename(file) !== 'node_modules',
  })
  project.environment = { ...original.environment }
  return branchesIn(project)
}

function branchesIn(project: Project): Branches {
  const git = gitIn(project)
  return {
    project,
    git,
    commit(message: string) {
      git('add', '--all')
      git('commit', '--quiet', '--message', message)
    },
  }
}

/** The branch that reprompts, picks, changes output, adds (one with and one without a picture) and removes. */
export async function createBranches(before?: (branches: Branches) => void): Promise<Branches> {
  const project = await createProject({
    [MANIFEST]: MAIN,
    '.gitignore': 'node_modules\nreport\n',
  })
  await emulatorFor(project)
  const branches = branchesIn(project)
  const { git, commit } = branches
  git('init', '--quiet', '--initial-branch', 'main')
  before?.(branches)
  await run(project, 'generate', '--yes')
  commit('feat: pictures')
  git('checkout', '--quiet', '-b', 'feature')
  project.write(MANIFEST, FEATURE)
  await run(project, 'generate', '--yes', `${MANIFEST}#tom`, `${MANIFEST}#fresh`)
  commit('feat: a branch')
  return branches
}

export function gitIn(project: Project, folder: string = project.folder): Branches['git'] {
  return (...args) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: project.folder, GIT_CONFIG_NOSYSTEM: '1' },
    })
}

async function run(project: Project, ...args: string[]): Promise<void> {
  const { code, stderr } = await project.run(...args)
  if (code !== 0) throw new Error(stderr)
}
