/**
 * Who makes the pictures, and how its requests are counted.
 *
 * @typedef {object} Provider
 * @property {boolean} isPaid
 * @property {string} about
 * @property {NodeJS.ProcessEnv} env what the builds see
 * @property {(() => number) | undefined} countRequests nothing where the provider cannot be asked for it
 * @property {() => Promise<void>} close
 */

/**
 * MiniMax where there is a key, else the emulator.
 *
 * @returns {Promise<Provider>}
 */
export async function openProvider() {
  // In CI, builds are frozen by default, so set the mode explicitly.
  const env = { ...process.env, IMAGEGEN_MODE: 'generate', NO_COLOR: '1' }
  if (process.env['MINIMAX_API_KEY']) {
    return {
      isPaid: true,
      about: 'MINIMAX_API_KEY is set: MiniMax makes the pictures, and they cost money.',
      env,
      countRequests: undefined,
      async close() {},
    }
  }
  const { startEmulator } = await import('unplugin-imagegen/emulator')
  const emulator = await startEmulator({ rpm: 0 })
  return {
    isPaid: false,
    about: 'MINIMAX_API_KEY is not set: the emulator draws the pictures, and they cost nothing.',
    env: { ...env, MINIMAX_API_KEY: 'demo', MINIMAX_API_HOST: emulator.url },
    countRequests: () => emulator.stats().requests,
    close: () => emulator.close(),
  }
}
