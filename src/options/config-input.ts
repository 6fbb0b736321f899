import { sha256 } from '../shared/hash.ts'
import type { ConfigInput } from './options.ts'

/** What a config that is a function has looked at: `command`, `mode`, `env.OPENAI_API_KEY`, … */
export interface ConfigInputs {
  /** Each with its value; of a variable, which may be a secret, a short digest. */
  readonly read: Readonly<Record<string, string>>
  /** The same for an input that may not have been looked at. */
  readonly valueOf: (name: string) => string
}

/** The input of a config that is a function, and what that has looked at by now. */
export function watchInput(input: ConfigInput): {
  readonly watched: ConfigInput
  readonly inputs: () => ConfigInputs
} {
  const read = new Set<string>()
  const valueOf = (name: string): string => {
    if (name === 'command') return input.command
    if (name === 'mode') return input.mode
    return sha256(JSON.stringify([name, input.env[name.replace('env.', '')] ?? null])).slice(0, 8)
  }
  const env = new Proxy(input.env, {
    get(values, name) {
      if (typeof name === 'string') read.add(`env.${name}`)
      return Reflect.get(values, name) as unknown
    },
    has(values, name) {
      if (typeof name === 'string') read.add(`env.${name}`)
      return Reflect.has(values, name)
    },
  })
  return {
    watched: {
      env,
      get mode() {
        read.add('mode')
        return input.mode
      },
      get command() {
        read.add('command')
        return input.command
      },
    },
    inputs: () => ({
      read: Object.fromEntries([...read].sort().map((name) => [name, valueOf(name)])),
      valueOf,
    }),
  }
}
