import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { sha256 } from '../../shared/hash.ts'

/** Identifies one process among all that may share a folder. */
export interface ProcessIdentity {
  /** The scope of process ids: the machine since its last start, and the container on it. */
  readonly host: string
  readonly pid: number
  /**
   * Distinguishes a process from a later one with the same id, in letters and digits. `null` where the system does not
   * tell.
   */
  readonly startTime: string | null
}

/** `elsewhere`: on another machine or in another container, where its state cannot be seen. */
export type ProcessState = 'alive' | 'gone' | 'elsewhere'

export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.host === other.host && one.pid === other.pid && one.startTime === other.startTime
}

/** The identity of the current process. */
export function thisProcess(host: string = thisHost()): ProcessIdentity {
  return { host, pid: process.pid, startTime: startTimeOf(process.pid) }
}

/** Whether a process still runs, as far as `self` can see. */
export function stateOf(other: ProcessIdentity, self: ProcessIdentity): ProcessState {
  if (other.host !== self.host) return 'elsewhere'
  // A run mostly looks at its own claims. Asking the system about each of them would dominate the run time.
  if (other.pid === self.pid && other.startTime === self.startTime) return 'alive'
  if (!answersSignals(other.pid) || isZombie(other.pid)) return 'gone'
  const startTime = startTimeOf(other.pid)
  const isSame = other.startTime === null || startTime === null || other.startTime === startTime
  return isSame ? 'alive' : 'gone'
}

/** A container has its own process table, and a restart of the machine begins a new one. */
function thisHost(): string {
  const table = [attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'))]
  table.push(attempt(() => readlinkSync('/proc/self/ns/pid')))
  return `${hostname()}-${sha256(table.join('\n')).slice(0, 12)}`
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // The signal to another user's process is refused, so the process exists.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Whether a process was killed but not yet reaped by its parent. In a container without an init process this lasts for
 * ever.
 */
function isZombie(pid: number): boolean {
  const state = linuxStat(pid)?.[0]
  return state === 'Z' || state === 'X'
}

function startTimeOf(pid: number): string | null {
  // Field 22 of proc(5), counted from the state, which is field 3.
  if (process.platform === 'linux') return linuxStat(pid)?.[19] ?? null
  if (process.platform === 'darwin') return darwinStartTime(pid) ?? null
  return null
}

function darwinStartTime(pid: number): string | undefined {
  return attempt(() =>
    execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).replaceAll(/\W/g, ''),
  )
}

/** The fields after the process's name, which may itself contain spaces and brackets. */
function linuxStat(pid: number): string[] | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
