import { minimaxProvider } from '../model/minimax/provider.ts'
import type { Provider } from '../model/provider.ts'

/** The providers that are asked through their HTTP API. A new one is a folder in `src/model/` and a line here. */
export const PROVIDERS: readonly Provider[] = [minimaxProvider]
