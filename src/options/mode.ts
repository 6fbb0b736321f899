import { ImagegenError } from '../shared/errors.ts'
import { isContinuousIntegration, type Environment } from './environment.ts'
import type { Mode } from './options.ts'

/** Whether providers are asked, and what decided it. */
export interface ChosenMode {
  readonly mode: Mode
  /** What set the mode. An explicit `frozen` also applies to the command line, the default in CI does not. */
  readonly modeSource: 'environment' | 'option' | 'test' | 'ci' | 'default'
}

/** What decides the mode where the user did not set it. */
export interface ModeContext {
  /** Vite's mode, or NODE_ENV. It decides which `.env` files are read. */
  readonly mode: string
  /** Whether this is a build that ends. Only then is `frozen` the default in CI. */
  readonly isBuild: boolean
  readonly environment: NodeJS.ProcessEnv
}

/**
 * The mode that the user set, in the environment before the option; otherwise the default for the situation.
 *
 * @throws ImagegenError with code `config` where the environment has an unknown mode.
 */
export function resolveMode(
  option: Mode | undefined,
  { mode: fromEnvironment }: Environment,
  { mode, isBuild, environment }: ModeContext,
): ChosenMode {
  if (fromEnvironment !== undefined) {
    return { mode: checkMode(fromEnvironment), modeSource: 'environment' }
  }
  if (option !== undefined) return { mode: option, modeSource: 'option' }
  if (mode === 'test' || environment['VITEST'] !== undefined) {
    return { mode: 'placeholder', modeSource: 'test' }
  }
  return isBuild && isContinuousIntegration(environment)
    ? { mode: 'frozen', modeSource: 'ci' }
    : { mode: 'generate', modeSource: 'default' }
}

function checkMode(mode: string): Mode {
  switch (mode) {
    case 'generate':
    case 'frozen':
    case 'placeholder':
      return mode
    default:
      throw new ImagegenError('config', {
        message: `IMAGEGEN_MODE is \`${mode}\`; expected generate, frozen or placeholder.`,
        hint: 'Set it to `generate`, `frozen` or `placeholder`.',
      })
  }
}
