import { storeContract } from './contract.ts'
import { temporaryStore } from './samples.ts'

storeContract('a store in a folder', () => temporaryStore().store)
