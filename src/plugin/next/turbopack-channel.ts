import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { readFileIfThere } from '../../shared/files.ts'
import { isRecord } from '../../shared/record.ts'
import type { ModuleId } from '../module-id.ts'

/*
 * Turbopack starts and ends the processes of its loaders at any time. A process that generates must outlive a request, so
 * Next's own process does all work and the loaders call it: over the loopback, with a token from a file that is named
 * after that process and that other users cannot read.
 */

/** A module for a loader. */
export interface ModuleAnswer {
  readonly code: string
  /** Why it shows a placeholder although the image should exist, or the code from before an edit. */
  readonly problem: string | undefined
  /** The files that the module depends on, absolute. */
  readonly files: readonly string[]
}

/** Why there is no module. */
export interface ModuleRefusal {
  readonly refused: string
  /** Files whose change may fix it, absolute. */
  readonly files: readonly string[]
}

interface Address {
  readonly port: number
  readonly token: string
}

/**
 * Answers loaders for as long as this process lives, without keeping it alive.
 *
 * @param folder where loaders look for the address, absolute.
 */
export async function openChannel(
  folder: string,
  answer: (id: ModuleId) => Promise<ModuleAnswer | ModuleRefusal>,
): Promise<void> {
  const token = randomBytes(16).toString('hex')
  const serve = async (socket: Socket): Promise<void> => {
    const question: unknown = JSON.parse(await readToEnd(socket))
    if (!isRecord(question) || question['token'] !== token) throw new Error('not a loader')
    socket.end(JSON.stringify(await answer(question['id'] as ModuleId)))
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    // The loader, if it still runs, notices that there is no answer.
    socket.on('error', () => socket.destroy())
    serve(socket).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  mkdirSync(folder, { recursive: true })
  removeLeftOver(folder)
  const file = addressFile(folder, process.pid)
  writeFileSync(file, JSON.stringify({ port, token } satisfies Address), { mode: 0o600 })
  process.once('exit', () => rmSync(file, { force: true }))
}

/**
 * Calls Next's process.
 *
 * @returns undefined if none answers: Next is not building or serving, or its configuration is not wrapped.
 */
export async function askChannel(
  folder: string,
  id: ModuleId,
): Promise<ModuleAnswer | ModuleRefusal | undefined> {
  const address = findAddress(folder)
  if (address === undefined) return undefined
  const socket = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true })
  try {
    await once(socket, 'connect')
  } catch {
    // Left by an earlier process with the same id.
    return undefined
  }
  socket.end(JSON.stringify({ token: address.token, id }))
  const answer = await readToEnd(socket).catch(() => '')
  if (answer !== '') return JSON.parse(answer) as ModuleAnswer | ModuleRefusal
  throw new ImagegenError('aborted', { message: `Next ended before ${id.file} was there.` })
}

/** Iterating over the socket would destroy it before the answer is sent. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(socket, 'end')
  return text
}

/** Loaders run in threads of Next's process, or in processes that it starts. */
function findAddress(folder: string): Address | undefined {
  for (const pid of [process.pid, process.ppid]) {
    const file = readFileIfThere(addressFile(folder, pid))
    if (file !== undefined) return JSON.parse(file.toString('utf8')) as Address
  }
  return undefined
}

function addressFile(folder: string, pid: number): string {
  return path.join(folder, `${pid}.json`)
}

/** Removes the addresses of processes that were killed. */
function removeLeftOver(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!isRunning(Number.parseInt(name))) rmSync(path.join(folder, name), { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Another user's process runs, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
