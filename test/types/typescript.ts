import { spawnSync } from 'node:child_process'
import path from 'node:path'

const tsc = path.join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')

export type CompilerOptions = Readonly<Record<string, unknown>>

/** What exact types need, and strictness. Declarations are checked as everything else is. */
const COMPILER_OPTIONS: CompilerOptions = {
  target: 'es2023',
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  types: [],
  allowArbitraryExtensions: true,
  rootDirs: ['.', './.imagegen/types'],
}

/** A tsconfig.json for what lies in `src`. */
export function tsconfig(options: CompilerOptions): string {
  return JSON.stringify({ compilerOptions: { ...COMPILER_OPTIONS, ...options }, include: ['src'] })
}

/** What the compiler says, as `file:line TS1234`, in the order of the files and lines. */
export function typeErrors(folder: string, config: string = 'tsconfig.json'): string[] {
  const { stdout, status } = spawnSync(process.execPath, [tsc, '--pretty', 'false', '-p', config], {
    cwd: folder,
    encoding: 'utf8',
  })
  const errors = errorsIn(stdout)
  // What is wrong with the configuration has no place.
  if (errors.length === 0 && status !== 0) throw new Error(stdout)
  return errors
}

/** The errors in what a compiler of this family prints, each as `file:line TS1234`. */
export function errorsIn(said: string): string[] {
  return [...said.matchAll(/^(\S[^(\n]*)\((\d+),\d+\): error (TS\d+)/gm)].map(
    ([, file, line, code]) => `${file}:${line} ${code}`,
  )
}

/** What a text says it expects: a line that ends with `// TS1234` is an error of that number. */
export function expectedErrors(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const code = / \/\/ (TS\d+)$/.exec(line)?.[1]
    return code === undefined ? [] : [`${file}:${index + 1} ${code}`]
  })
}
