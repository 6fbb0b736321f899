import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ImagegenError, messageOf } from '../../shared/errors.ts'

/** An editor with a window of its own. */
export interface Editor {
  /** For people. */
  readonly name: string
  /** Opens a file, absolute, at a line from 1. */
  open(file: string, line: number): Promise<void>
}

/** A program with the arguments that come before the file. */
interface Program {
  readonly file: string
  readonly args: readonly string[]
}

/** How editors take a line. Others get the file alone. */
const AT_LINE: Readonly<Record<string, (file: string, line: number) => string[]>> = {
  ...named(
    ['code', 'code-insiders', 'codium', 'vscodium', 'cursor', 'windsurf', 'positron'],
    (file, line) => ['-g', `${file}:${line}`],
  ),
  ...named(['subl', 'sublime_text', 'zed', 'zeditor', 'atom'], (file, line) => [`${file}:${line}`]),
  ...named(
    ['idea', 'webstorm', 'phpstorm', 'pycharm', 'rider', 'goland', 'rubymine'],
    (file, line) => ['--line', String(line), file],
  ),
  ...named(['gvim', 'mvim', 'gedit', 'emacsclient'], (file, line) => [`+${line}`, file]),
  ...named(['kate', 'mate'], (file, line) => ['-l', String(line), file]),
}

function named<Value>(names: readonly string[], value: Value): Record<string, Value> {
  return Object.fromEntries(names.map((name) => [name, value]))
}

/** Editors that need the terminal, which the studio's process does not give away. */
const IN_TERMINAL: ReadonlySet<string> = new Set([
  'vi',
  'vim',
  'nvim',
  'view',
  'nano',
  'pico',
  'emacs',
  'hx',
  'helix',
  'micro',
  'joe',
  'ed',
  'kak',
  'ne',
])

type Environment = Readonly<Record<string, string | undefined>>

/** The user's editor: `VISUAL`, `EDITOR`, else VS Code. `undefined` if none of them has a window. */
export function findEditor(environment: Environment): Editor | undefined {
  const wanted = [environment['VISUAL'], environment['EDITOR'], 'code']
  for (const text of wanted) {
    const [command, ...args] = wordsOf(text ?? '')
    if (command === undefined) continue
    const name = path.basename(command).replace(/\.exe$/i, '')
    if (IN_TERMINAL.has(name)) continue
    const file = findProgram(command, environment)
    if (file === undefined) continue
    const argumentsFor = AT_LINE[name] ?? ((target: string) => [target])
    return {
      name,
      open: (target, line) => start({ file, args: [...args, ...argumentsFor(target, line)] }),
    }
  }
  return undefined
}

/**
 * Opens an address in the user's browser. The address holds the token, and other users of the machine see the arguments
 * of every program; so the browser is given a file that only this user can read, which leads there.
 *
 * @returns a function that removes that file.
 */
export async function openInBrowser(
  address: string,
  environment: Environment,
): Promise<() => void> {
  const opener = { darwin: 'open', win32: 'explorer.exe' }[process.platform as string] ?? 'xdg-open'
  const program = findProgram(environment['BROWSER'] ?? opener, environment)
  if (program === undefined) {
    throw new ImagegenError('usage', {
      message: 'There is no program here that opens a browser.',
      hint: 'Open the address by hand.',
    })
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'imagegen-studio-'))
  const forget = (): void => rmSync(folder, { recursive: true, force: true })
  const file = path.join(folder, 'studio.html')
  const target = JSON.stringify(address)
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>imagegen studio</title><script>location.replace(${target})</script>\n`,
    { mode: 0o600 },
  )
  try {
    await start({ file: program, args: [file] })
  } catch (error) {
    forget()
    throw error
  }
  return forget
}

/** Starts a program without a shell, and lets it go. */
async function start({ file, args }: Program): Promise<void> {
  try {
    const child = spawn(file, args, { detached: true, stdio: 'ignore', shell: false })
    await once(child, 'spawn')
    child.unref()
  } catch (error) {
    throw new ImagegenError(
      'usage',
      { message: `${path.basename(file)} cannot be started: ${messageOf(error)}` },
      { cause: error },
    )
  }
}

/** The words of a command: quotes keep blanks together, and nothing else means anything. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)].map(
    ([whole, double, single]) => double ?? single ?? whole,
  )
}

/**
 * A program's absolute path: as it is named, or in a folder of PATH. On Windows only `.exe` files can be started without a
 * shell; what has their name without it, as `code` of VS Code, is a script for another shell.
 */
export function findProgram(
  name: string,
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (path.isAbsolute(name)) return isExecutable(name) ? name : undefined
  if (name.includes('/') || name.includes(path.sep)) return undefined
  const folders = (environment['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
  const file = platform === 'win32' && !/\.exe$/i.test(name) ? `${name}.exe` : name
  return folders.map((folder) => path.join(folder, file)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
