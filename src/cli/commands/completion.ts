import { ImagegenError } from '../../shared/errors.ts'
import type { Command } from '../command.ts'
import { completionScript, SHELLS, type CompletedCommand } from '../setup/completion-scripts.ts'

/**
 * Creates the command that prints completion scripts.
 *
 * @param commands reads the definitions of all commands, so that a script has exactly their options.
 */
export function createCompletion(commands: () => Promise<readonly CompletedCommand[]>): Command {
  return {
    operands: { usage: SHELLS.join('|'), least: 1, most: 1, words: SHELLS },
    options: {},
    examples: [
      {
        line: 'bash >> ~/.bashrc',
        about: 'complete commands and options in every new bash',
      },
      {
        line: 'fish > ~/.config/fish/completions/imagegen.fish',
        about: 'the same in fish; zsh reads a file _imagegen in a folder of its fpath',
      },
    ],
    async run({ operands: [wanted = ''] }, output) {
      const shell = SHELLS.find((name) => name === wanted)
      if (shell === undefined) {
        throw new ImagegenError('usage', {
          message: `There is no completion for \`${wanted}\`.`,
          hint: `Name one of ${SHELLS.join(', ')}.`,
        })
      }
      output.verbatim(completionScript(shell, await commands()))
      return 0
    },
  }
}
