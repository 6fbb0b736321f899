import { sha256 } from '../shared/hash.ts'
import type { ProcessIdentity } from './locks/process-identity.ts'

/** The name of the folder of a process's unfinished files, which says who may clean it. */
export function temporaryName(owner: ProcessIdentity): string {
  return `${hostDigest(owner.host)}-${owner.pid}-${owner.startTime ?? ''}.tmp`
}

/** Whose unfinished files a folder holds, or nothing where its name does not say. */
export function temporaryOwner(name: string, self: ProcessIdentity): ProcessIdentity | undefined {
  const [, host, pid, startTime] = /^([0-9a-f]{12})-(\d+)-(\w*)\.tmp$/.exec(name) ?? []
  if (host === undefined || pid === undefined || startTime === undefined) return undefined
  return {
    host: host === hostDigest(self.host) ? self.host : host,
    pid: Number(pid),
    startTime: startTime === '' ? null : startTime,
  }
}

function hostDigest(host: string): string {
  return sha256(host).slice(0, 12)
}
