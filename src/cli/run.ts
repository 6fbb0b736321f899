import { parseArgs, renderUsage, type ArgsDef, type CommandDef } from 'citty'
import { ImagegenError, type ErrorCode } from '../shared/errors.ts'
import { release } from '../shared/release.ts'
import { nearest } from '../shared/suggest.ts'
import type { Command } from './command.ts'
import { createOutput } from './output.ts'

/** Every command: what it is for, and its file, which is loaded only when it runs. */
const COMMANDS: Readonly<Record<string, { about: string; load: () => Promise<Command> }>> = {
  plan: {
    about: 'what is current and what is missing, and what it would cost',
    load: async () => (await import('./plan.ts')).plan,
  },
  generate: {
    about: 'make what is missing',
    load: async () => (await import('./generate.ts')).generate,
  },
  emulator: {
    about: "MiniMax's image API on this machine, for tests that cost nothing",
    load: async () => (await import('./emulator.ts')).emulator,
  },
}

const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  config: 2,
  manifest: 2,
  frozen: 1,
  budget: 1,
  credentials: 1,
  provider: 1,
  unusable: 1,
  unavailable: 1,
  damaged: 1,
  render: 1,
  aborted: 130,
}

/** Runs one command line and gives its exit code. A user's mistake shows no stack trace. */
export async function run(rawArguments: readonly string[]): Promise<number> {
  const output = createOutput(process)
  try {
    const [name, ...rest] = rawArguments
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      output.result(help())
      return name === undefined ? 2 : 0
    }
    if (name === '--version' || name === '-v') {
      output.result(release())
      return 0
    }
    const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (found === undefined) throw unknownCommand(name)
    const command = await found.load()
    if (rest.includes('--help') || rest.includes('-h')) {
      output.result(await renderUsage(describe(name, command)))
      return 0
    }
    refuseUnknown(name, rest, command.args)
    return await command.run(parseArgs(rest, command.args), output)
  } catch (error) {
    if (!(error instanceof ImagegenError)) throw error
    output.fail(error)
    return EXIT_CODES[error.code]
  }
}

function describe(name: string, command: Command): CommandDef {
  return {
    meta: { name: `imagegen ${name}`, description: COMMANDS[name]?.about ?? '' },
    args: command.args,
  }
}

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  return [
    `imagegen ${release()}: pictures written as text, made once, kept, and built in.`,
    '',
    'imagegen <command> [options]',
    '',
    ...Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`),
    '',
    '`imagegen <command> --help` says more.',
  ].join('\n')
}

function unknownCommand(name: string): ImagegenError {
  const suggestion = nearest(name, Object.keys(COMMANDS))
  return new ImagegenError('usage', {
    message: `There is no command \`${name}\`.`,
    hint:
      suggestion === undefined
        ? '`imagegen --help` lists the commands.'
        : `Did you mean \`${suggestion}\`?`,
  })
}

/** A misspelt option must not be ignored: it may be the one that bounds what is spent. */
function refuseUnknown(command: string, rest: readonly string[], args: ArgsDef): void {
  const known = Object.keys(args).filter((name) => args[name]?.type !== 'positional')
  for (const [index, argument] of rest.entries()) {
    if (argument === '--') return
    if (!argument.startsWith('-') || argument === '-') continue
    const [name = '', value] = argument.replace(/^--?/, '').split(/=(.*)/s)
    const definition = args[name]
    if (definition === undefined || definition.type === 'positional' || !argument.startsWith('--')) {
      const suggestion = nearest(name, known)
      throw new ImagegenError('usage', {
        message: `\`imagegen ${command}\` has no option \`${argument}\`.`,
        hint:
          suggestion === undefined
            ? `\`imagegen ${command} --help\` lists the options.`
            : `Did you mean \`--${suggestion}\`?`,
      })
    }
    const needsValue = definition.type === 'string'
    const next = rest[index + 1]
    if (needsValue && value === undefined && (next === undefined || next.startsWith('--'))) {
      throw new ImagegenError('usage', { message: `\`--${name}\` needs a value.` })
    }
  }
}
