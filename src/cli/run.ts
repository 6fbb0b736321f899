import { type ErrorCode, ImagegenError, messageOf } from '../shared/errors.ts'
import { errorCode } from '../shared/files.ts'
import { release } from '../shared/release.ts'
import { nearest } from '../shared/suggest.ts'
import type { Command } from './command.ts'
import type { CompletedCommand } from './setup/completion-scripts.ts'
import { helpOf, helpOfAll, readArguments } from './terminal/arguments.ts'
import { createOutput } from './terminal/output.ts'

/** A command's line in the help, and its file, which is loaded on demand. */
export interface Listed {
  readonly about: string
  readonly load: () => Promise<Command>
}

/** Every command, in the order of the help. */
export const COMMANDS: Readonly<Record<string, Listed>> = {
  plan: {
    about: 'show what is current, what is missing, and what it would cost',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  list: {
    about: 'show every image with its candidates and files',
    load: async () => (await import('./commands/list.ts')).list,
  },
  generate: {
    about: 'generate missing images',
    load: async () => (await import('./commands/generate.ts')).generate,
  },
  export: {
    about: 'write every rendition and an images.json, without a bundler',
    load: async () => (await import('./commands/export.ts')).exportImages,
  },
  types: {
    about: 'write exact types of every manifest, for TypeScript',
    load: async () => (await import('./commands/exact-types.ts')).types,
  },
  verify: {
    about: 'check every original against its receipt',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  push: {
    about: 'upload originals and receipts to the remote store',
    load: async () => (await import('./commands/push.ts')).push,
  },
  pull: {
    about: 'download originals and receipts from the remote store',
    load: async () => (await import('./commands/pull.ts')).pull,
  },
  prune: {
    about: 'move unused originals to the trash',
    load: async () => (await import('./commands/prune.ts')).prune,
  },
  studio: {
    about: 'see, pick, correct and generate images on a page',
    load: async () => (await import('./commands/studio.ts')).studio,
  },
  report: {
    about: 'write a page of every image, or of what a branch changes',
    load: async () => (await import('./commands/report.ts')).report,
  },
  adopt: {
    about: 'use an image file instead of generating one',
    load: async () => (await import('./commands/adopt.ts')).adopt,
  },
  import: {
    about: 'write a manifest of pictures that exist, with the prompts that they carry',
    load: async () => (await import('./commands/import.ts')).importPictures,
  },
  reroll: {
    about: 'request another image of the same prompt',
    load: async () => (await import('./commands/reroll.ts')).reroll,
  },
  pick: {
    about: 'choose which candidate an image uses',
    load: async () => (await import('./commands/pick.ts')).pick,
  },
  worker: {
    about: "generate the queue's jobs",
    load: async () => (await import('./commands/worker.ts')).worker,
  },
  queue: {
    about: "show the queue's waiting, active and failed jobs",
    load: async () => (await import('./commands/queue.ts')).queue,
  },
  init: {
    about: 'write a first manifest and a config file',
    load: async () => (await import('./commands/init.ts')).init,
  },
  emulator: {
    about: "run MiniMax's image API on this machine, for tests that cost nothing",
    load: async () => (await import('./commands/emulator.ts')).emulator,
  },
  completion: {
    about: 'print a script that completes commands and options in a shell',
    load: async () => (await import('./commands/completion.ts')).createCompletion(definitions),
  },
}

/** The definitions of all commands, for completion in shells. */
function definitions(): Promise<CompletedCommand[]> {
  return Promise.all(
    Object.entries(COMMANDS).map(async ([name, { about, load }]) => {
      const { options, operands } = await load()
      return { name, about, options, words: operands?.words ?? [] }
    }),
  )
}

const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  config: 2,
  manifest: 2,
  conflict: 2,
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

/** Runs one command line and returns its exit code. A user's mistake shows no stack trace. */
export async function run(rawArguments: readonly string[]): Promise<number> {
  const output = createOutput(process)
  // Check for `--json` first, so that a mistake in the command line is also reported as JSON.
  if (asksForJson(rawArguments)) output.answerAsJson()
  try {
    const [first, ...rest] = rawArguments
    const isHelp = first === 'help' || isHelpFlag(first)
    if (first === '--version' || first === '-v') {
      output.result(release())
      return 0
    }
    const name = isHelp ? rest[0] : first
    if (name === undefined) {
      output.result(helpOfAll(Object.entries(COMMANDS).map(([key, { about }]) => [key, about])))
      return isHelp ? 0 : 2
    }
    const { about, load } = commandOf(name)
    const command = await load()
    if (isHelp || rest.some(isHelpFlag)) {
      output.result(helpOf(name, about, command))
      return 0
    }
    return await command.run(readArguments(name, command, rest), output)
  } catch (error) {
    if (error instanceof ImagegenError) {
      output.fail(error)
      return EXIT_CODES[error.code]
    }
    // A system error, such as a full disk, is not a bug, so print no stack trace. For a bug, print it.
    const message = messageOf(error)
    const isOfSystem =
      errorCode(error) !== undefined && error instanceof Error && 'syscall' in error
    const trace = error instanceof Error ? error.stack : undefined
    output.fail({
      code: isOfSystem ? 'system' : 'internal',
      message: isOfSystem ? message : (trace ?? message),
      problems: [{ message }],
    })
    return 1
  }
}

function asksForJson(rawArguments: readonly string[]): boolean {
  const end = rawArguments.indexOf('--')
  return rawArguments.slice(0, end < 0 ? undefined : end).includes('--json')
}

function isHelpFlag(argument: string | undefined): boolean {
  return argument === '--help' || argument === '-h'
}

function commandOf(name: string): Listed {
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (found !== undefined) return found
  const suggestion = nearest(name, Object.keys(COMMANDS))
  throw new ImagegenError('usage', {
    message: `There is no command \`${name}\`.`,
    hint:
      suggestion === undefined
        ? '`imagegen --help` lists the commands.'
        : `Did you mean \`${suggestion}\`?`,
  })
}
