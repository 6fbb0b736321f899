import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { devNull } from 'node:os'
import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { errorCode } from '../../shared/files.ts'
import { sentence } from '../../shared/plain-text.ts'
import { realPathOf } from '../../shared/real-path.ts'
import { findProgram } from '../actions/programs.ts'

/** The commit that a branch left another one at. */
export interface MergeBase {
  /** As it was named. */
  readonly ref: string
  /** The commit that the name means now. */
  readonly commit: string
  /** The newest commit that it shares with what is checked out. */
  readonly mergeBase: string
}

/** The git repository around a folder. */
export interface Repository {
  /** The top of the work tree, absolute, without links. */
  readonly top: string
  /** Where Git LFS keeps what it has fetched, absolute. */
  readonly lfsObjects: string
  /**
   * Whether commits of this repository hold a file.
   *
   * @returns `false` for a file that is ignored, that is outside the work tree, or that belongs to a submodule.
   */
  holds(file: string): Promise<boolean>
  /**
   * Finds the merge base of a commit and what is checked out.
   *
   * @param ref any name of a commit. It is an argument and nothing else, whatever it looks like.
   * @throws ImagegenError with code `usage` if there is no such commit, or no merge base here.
   */
  mergeBase(ref: string): Promise<MergeBase>
  /**
   * Writes the files of a commit into a folder. Git LFS pointers stay pointers.
   *
   * @param tree absolute; created.
   * @param scratch absolute; a folder for git's own files.
   */
  checkOut(commit: string, tree: string, scratch: string): Promise<void>
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Variables that say where git looks for a repository. All others of git's own are of whoever started this process. */
const KEPT = new Set(['GIT_CEILING_DIRECTORIES', 'GIT_DISCOVERY_ACROSS_FILESYSTEM'])

/** What a repository's config could make git start. */
const WITHOUT_PROGRAMS = [
  '--no-pager',
  '-c',
  'core.fsmonitor=false',
  '-c',
  `core.hooksPath=${devNull}`,
]

/**
 * Opens the repository around a folder.
 *
 * @throws ImagegenError with code `usage` without git or a repository.
 */
export async function openRepository(folder: string, signal: AbortSignal): Promise<Repository> {
  const program = findProgram('git', process.env)
  if (program === undefined) {
    throw new ImagegenError('usage', {
      message: 'git is not installed, or its folder is not in PATH.',
      hint: 'Install git. Without `--base`, the report needs no git.',
    })
  }
  const environment = gitEnvironment(process.env)

  function run(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return new Promise((resolve, reject) => {
      execFile(
        program ?? 'git',
        [...WITHOUT_PROGRAMS, ...args],
        { cwd: folder, env: { ...environment, ...more }, shell: false, signal, windowsHide: true },
        (error, stdout, stderr) => {
          if (signal.aborted) reject(new ImagegenError('aborted', { message: 'Interrupted.' }))
          else if (error === null) resolve({ code: 0, stdout, stderr })
          else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr })
          else reject(failed(`git cannot be started: ${errorCode(error) ?? error.message}`))
        },
      )
    })
  }

  /** The one line that a command prints; `undefined` if it fails. */
  async function line(...args: readonly string[]): Promise<string | undefined> {
    const { code, stdout } = await run(args)
    return code === 0 ? stdout.replace(/\r?\n$/, '') : undefined
  }

  const found = await run(['rev-parse', '--show-toplevel'])
  if (found.code !== 0) throw noRepository(folder, found.stderr)
  const top = realPathOf(path.resolve(folder, found.stdout.replace(/\r?\n$/, '')))
  const common = (await line('rev-parse', '--git-common-dir')) ?? '.git'
  const objects = (await line('rev-parse', '--git-path', 'objects')) ?? path.join(common, 'objects')

  async function commitOf(name: string): Promise<string | undefined> {
    const object = await line('rev-parse', '--verify', '--end-of-options', name)
    if (object === undefined || !isObjectName(object)) return undefined
    return line('rev-parse', '--verify', '--end-of-options', `${object}^{commit}`)
  }

  return {
    top,
    lfsObjects: path.resolve(folder, common, 'lfs/objects'),
    async holds(file) {
      // 0: ignored; 128: not a file of this repository.
      const { code } = await run(['check-ignore', '--quiet', '--no-index', '--', file])
      return code === 1
    },
    async mergeBase(ref) {
      const isShallow = (await line('rev-parse', '--is-shallow-repository')) === 'true'
      const commit = await commitOf(ref)
      if (commit === undefined) throw unknownCommit(ref, isShallow)
      const head = await commitOf('HEAD')
      if (head === undefined) {
        throw new ImagegenError('usage', {
          message: 'The branch that is checked out has no commit yet.',
          hint: 'Commit first, or leave `--base` out.',
        })
      }
      const mergeBase = await line('merge-base', commit, head)
      if (mergeBase === undefined) throw noMergeBase(ref, isShallow)
      return { ref, commit, mergeBase: mergeBase.slice(0, mergeBase.search(/\s|$/)) }
    },
    async checkOut(commit, tree, scratch) {
      // A repository of its own on the same objects: no config of the user or the project names a filter, a hook or
      // another program here, and the index of the work tree is not touched.
      const format = (await line('rev-parse', '--show-object-format')) ?? 'sha1'
      const directory = path.join(scratch, 'git')
      const own = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull }
      const there = {
        ...own,
        GIT_DIR: directory,
        GIT_WORK_TREE: tree,
        GIT_OBJECT_DIRECTORY: path.resolve(folder, objects),
        GIT_INDEX_FILE: path.join(scratch, 'index'),
        GIT_LFS_SKIP_SMUDGE: '1',
      }
      const lfsOff = ['filter.lfs.smudge=', 'filter.lfs.process=', 'filter.lfs.required=false']
      mkdirSync(tree, { recursive: true })
      const steps = [
        {
          args: [
            'init',
            '--quiet',
            '--bare',
            '--template=',
            `--object-format=${format}`,
            directory,
          ],
          variables: own,
        },
        { args: ['read-tree', commit], variables: there },
        {
          args: [
            ...lfsOff.flatMap((setting) => ['-c', setting]),
            'checkout-index',
            '--all',
            '--force',
            '--quiet',
            `--prefix=${tree}${path.sep}`,
          ],
          variables: there,
        },
      ]
      for (const { args, variables } of steps) {
        const { code, stderr } = await run(args, variables)
        if (code !== 0) throw failed(`The files of ${commit} cannot be read: ${firstLine(stderr)}`)
      }
    },
  }
}

/** No variable that would change what git does here reaches it, and none of the providers' keys. */
function gitEnvironment(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(
    ([name]) => KEPT.has(name) || PASSED.has(name.toUpperCase()),
  )
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
  }
}

/** What git itself needs: programs, the user's config, temporary files. */
const PASSED = new Set([
  'PATH',
  'HOME',
  'XDG_CONFIG_HOME',
  'USERPROFILE',
  'HOMEDRIVE',
  'HOMEPATH',
  'SYSTEMROOT',
  'PROGRAMDATA',
  'TMPDIR',
  'TEMP',
  'TMP',
])

function isObjectName(text: string): boolean {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text)
}

function noRepository(folder: string, said: string): ImagegenError {
  if (said.includes('dubious ownership') || said.includes('safe.directory')) {
    return failed(
      'git does not read this repository, because another user owns its folder.',
      'In CI, run `git config --global --add safe.directory "$PWD"` before.',
    )
  }
  return failed(
    `${folder} is not in a git repository with files: ${firstLine(said)}`,
    'Run the command in a clone, or leave `--base` out.',
  )
}

const WHOLE_HISTORY =
  'This clone is shallow. Fetch the whole history: `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` in GitLab, or `git fetch --unshallow`.'

function unknownCommit(ref: string, isShallow: boolean): ImagegenError {
  return failed(
    `\`${ref}\` is no commit of this repository.`,
    isShallow
      ? WHOLE_HISTORY
      : '`git branch --all` lists the branches; a branch of the remote is called `origin/main`, and `git fetch` brings it here.',
  )
}

function noMergeBase(ref: string, isShallow: boolean): ImagegenError {
  return failed(
    `\`${ref}\` and what is checked out have no commit in common here.`,
    isShallow ? WHOLE_HISTORY : 'Name a branch that this one was begun from.',
  )
}

function failed(message: string, hint?: string): ImagegenError {
  return new ImagegenError('usage', { message, ...(hint === undefined ? {} : { hint }) })
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n')
  return sentence(line.replace(/^fatal: /, '')) || 'git does not say why'
}
