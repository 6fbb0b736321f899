import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import {
  stateOf,
  thisProcess,
  type ProcessIdentity,
} from '../../src/store/locks/process-identity.ts'

const self = thisProcess()

/** A process that runs until its input ends. */
async function sleeper(): Promise<{ identity: ProcessIdentity; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)'])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const identity = { ...self, pid: child.pid!, startTime: null }
  return {
    identity,
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('this process is alive, by its id and its start time', () => {
  expect(self).toMatchObject({ pid: process.pid })
  expect(stateOf(self, self)).toBe('alive')
  expect(thisProcess()).toEqual(self)
})

test('another process is alive until it is killed', async () => {
  const { identity, kill } = await sleeper()
  expect(stateOf(identity, self)).toBe('alive')
  await kill()
  expect(stateOf(identity, self)).toBe('gone')
})

test('the state of a process of another host is unknown', () => {
  expect(stateOf({ ...self, host: 'elsewhere' }, self)).toBe('elsewhere')
})

test.runIf(process.platform === 'linux')(
  'a process with the same id and another start time is gone',
  () => {
    expect(self.startTime).toMatch(/^\d+$/)
    expect(stateOf({ ...self, startTime: '1' }, self)).toBe('gone')
  },
)

test.runIf(process.platform === 'linux')(
  'a killed process that nobody has waited for yet counts as gone',
  async () => {
    // The shell starts a child and becomes a program that never reaps it, which leaves a zombie. That program writes
    // first, because the shell itself would still reap the child.
    const idle = 'console.log(process.argv[1]); process.stdin.resume()'
    const script = `sleep 60 & exec ${process.execPath} -e "${idle}" $!`
    const parent = spawn('sh', ['-c', script])
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    expect(stateOf({ ...self, pid, startTime: null }, self)).toBe('alive')
    process.kill(pid, 'SIGKILL')
    const stateLetter = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0]!
    await expect.poll(stateLetter).toBe('Z')
    expect(stateOf({ ...self, pid, startTime: null }, self)).toBe('gone')
  },
)
