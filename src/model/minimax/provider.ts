import type { Provider } from '../provider.ts'
import { minimax } from './minimax.ts'
import { MINIMAX } from './service.ts'

/** MiniMax for the options: its variables, its hosts (international, and the two names of the Chinese one), its models. */
export const minimaxProvider: Provider = {
  id: 'minimax',
  name: MINIMAX.name,
  keyVariable: MINIMAX.keyVariable,
  hostVariable: MINIMAX.hostVariable,
  origins: [MINIMAX.defaultHost, 'https://api.minimax.cn', 'https://api.minimaxi.com'],
  models: { 'image-01': minimax('image-01'), 'image-01-live': minimax('image-01-live') },
}
