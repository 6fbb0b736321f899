import { remoteContract } from './contract.ts'
import { sharedFolder } from './remotes.ts'

remoteContract('a shared folder', () => sharedFolder())
