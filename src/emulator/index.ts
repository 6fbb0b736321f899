/**
 * MiniMax's image API on 127.0.0.1, for tests of builds that should not cost anything:
 *
 * ```js
 * import { startEmulator } from 'unplugin-imagegen/emulator'
 *
 * const emulator = await startEmulator()
 * process.env.MINIMAX_API_HOST = emulator.url
 * process.env.MINIMAX_API_KEY = 'any'
 * ```
 *
 * @module
 */
import { readFaultsFile } from './faults-file.ts'
import { startEmulator } from './server.ts'

export type { Fault, FaultEffect, FaultSelection } from './faults.ts'
export type { EmulatorStats, RecordedRequest, ServedImage } from './journal.ts'
export type { EmulatorOptions } from './options.ts'
export type { Emulator } from './server.ts'
export { readFaultsFile, startEmulator }

/** What `require` returns: `startEmulator` itself, with the named exports as its properties. */
const emulator: typeof startEmulator & {
  startEmulator: typeof startEmulator
  readFaultsFile: typeof readFaultsFile
} = Object.assign(startEmulator.bind(undefined), { startEmulator, readFaultsFile })

export { emulator as default, emulator as 'module.exports' }
