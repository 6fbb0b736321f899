import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const bin = path.join(import.meta.dirname, '../../dist/cli/main.js')
const SHELLS = ['bash', 'zsh', 'fish'] as const

/** A folder with the script of every shell, and a folder and a file to complete. */
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imagegen-completion-'))
  for (const shell of SHELLS) {
    const script = execFileSync(process.execPath, [bin, 'completion', shell], { encoding: 'utf8' })
    writeFileSync(path.join(folder, `script.${shell}`), script)
  }
  const recorder = `#!/bin/sh\nprintf '%s\\n' "$@" > "$HOME/called"\necho was called\n`
  mkdirSync(path.join(folder, 'bin'))
  writeFileSync(path.join(folder, 'bin/imagegen'), recorder, { mode: 0o755 })
  mkdirSync(path.join(folder, 'pictures'))
  writeFileSync(path.join(folder, 'kira.png'), '')
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** A shell of this machine, and what to install where it has none. */
function installed(shell: string): string {
  try {
    execFileSync(shell, ['-c', 'true'])
    return shell
  } catch (error) {
    throw new Error(`This test needs ${shell}: apt-get install ${shell}`, { cause: error })
  }
}

/** What `imagegen` is called with when a line is typed into an interactive shell. */
async function called(command: string, set: readonly string[], typed: string): Promise<string[]> {
  const PATH = `${path.join(folder, 'bin')}:${process.env['PATH']}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: { PATH, HOME: folder, TERM: 'xterm' },
  })
  let said = ''
  const texts: AsyncIterator<string> = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]()
  const until = async (text: string): Promise<void> => {
    while (!said.includes(text)) {
      const { value, done } = await texts.next()
      if (done === true) throw new Error(`The shell never said ${text}: ${said}`)
      said += value
    }
  }
  try {
    child.stdin.write(`${[...set, "printf 'all %s\\n' set"].join('\n')}\n`)
    await until('all set')
    child.stdin.write(`${typed}\n`)
    await until('was called')
    return readFileSync(path.join(folder, 'called'), 'utf8').trim().split('\n')
  } finally {
    child.kill('SIGKILL')
  }
}

describe('imagegen completion', () => {
  it('completes commands, options and folders in an interactive bash', async () => {
    const set = ['source script.bash']
    const shell = `${installed('bash')} --norc --noprofile -i`
    expect(await called(shell, set, 'imagegen gener\t--bud\t5')).toEqual([
      'generate',
      '--budget',
      '5',
    ])
    expect(await called(shell, set, 'imagegen export --o\tpic\t')).toEqual([
      'export',
      '--out',
      'pictures/',
    ])
  })

  it('offers in bash what each place takes', () => {
    const offered = (...words: string[]): string[] => {
      const line = `source script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _imagegen; printf '%s\\n' "\${COMPREPLY[@]}"`
      const options = { cwd: folder, encoding: 'utf8' } as const
      return execFileSync('bash', ['-c', line, 'bash', 'imagegen', ...words], options)
        .split('\n')
        .filter((word) => word !== '')
    }
    expect(offered('pu')).toEqual(['push', 'pull'])
    expect(offered('help', 'exp')).toEqual(['export'])
    expect(offered('--v')).toEqual(['--version'])
    expect(offered('plan', '--')).toEqual(expect.arrayContaining(['--check', '--json', '--help']))
    expect(offered('plan', '--')).not.toContain('--budget')
    expect(offered('generate', '--budget', '')).toEqual([])
    expect(offered('completion', '')).toEqual([...SHELLS])
    expect(offered('adopt', 'kira', 'kir')).toEqual(['kira.png'])
    expect(offered('emulator', '--faults', 'kir')).toEqual(['kira.png'])
    expect(offered('export', '--out', 'pic')).toEqual(['pictures'])
  })

  it('completes commands and options in an interactive zsh', async () => {
    const set = ['autoload -Uz compinit && compinit -u', 'source script.zsh']
    expect(
      await called(`${installed('zsh')} -f -i`, set, 'imagegen gener\t--bud\t5 --outd\t'),
    ).toEqual(['generate', '--budget', '5', '--outdated'])
  })

  it('completes commands and options in fish', () => {
    const offered = (line: string): string[] =>
      execFileSync(installed('fish'), ['-c', `source script.fish; complete -C ${line}`], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, HOME: folder },
      })
        .trim()
        .split('\n')
        .map((each) => each.split('\t')[0]!)
    expect(offered("'imagegen pu'").toSorted()).toEqual(['pull', 'push'])
    expect(offered("'imagegen generate --bud'")).toEqual(['--budget'])
    expect(offered("'unplugin-imagegen export --o'")).toEqual(['--out'])
    expect(offered("'imagegen completion z'")).toEqual(['zsh'])
  })

  it('names the shells that it knows', () => {
    expect(() =>
      execFileSync(process.execPath, [bin, 'completion', 'tcsh'], { stdio: 'pipe' }),
    ).toThrow(/There is no completion for `tcsh`\.\n {2}→ Name one of bash, zsh, fish\./)
  })
})
