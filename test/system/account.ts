/** The environment of a program that may make pictures. */
export function accountAt(provider: string): NodeJS.ProcessEnv {
  return { MINIMAX_API_KEY: 'any', MINIMAX_API_HOST: provider, IMAGEGEN_MODE: 'generate' }
}
