import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import {
  askChannel,
  openChannel,
  type ModuleAnswer,
} from '../../src/plugin/next/turbopack-channel.ts'
import { temporaryProject } from '../temporary-project.ts'

const ID = { file: '/project/cast.image.yaml', image: 'kira' }

interface Address {
  readonly port: number
  readonly token: string
}

function addressIn(folder: string): Address {
  return JSON.parse(readFileSync(path.join(folder, `${process.pid}.json`), 'utf8')) as Address
}

/** What comes back for some text. */
async function send(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('utf8')
  let answer = ''
  socket.on('data', (chunk: string) => (answer += chunk))
  socket.end(text)
  await once(socket, 'close')
  return answer
}

describe('the channel between Turbopack’s loaders and Next’s process', () => {
  it('carries questions and long answers, several at once', async () => {
    const { root } = await temporaryProject()
    const code = 'x'.repeat(3_000_000)
    await openChannel(root, ({ file, image }) =>
      Promise.resolve({ code: `${image}${code}`, problem: undefined, files: [file] }),
    )
    const ids = ['kira', 'marco', 'lena'].map((image) => ({ ...ID, image }))
    const answers = await Promise.all(ids.map((id) => askChannel(root, id)))
    expect(answers).toEqual(
      ids.map(({ file, image }) => ({ code: `${image}${code}`, files: [file] })),
    )
  })

  it('carries refusals', async () => {
    const { root } = await temporaryProject()
    await openChannel(root, () => Promise.resolve({ refused: 'no', files: ['a'] }))
    expect(await askChannel(root, ID)).toEqual({ refused: 'no', files: ['a'] })
  })

  it('does not answer a process that cannot read the address, and gives no reason', async () => {
    const { root } = await temporaryProject()
    const asked: unknown[] = []
    await openChannel(root, (id) => {
      asked.push(id)
      return Promise.resolve<ModuleAnswer>({ code: '', problem: undefined, files: [] })
    })
    const { port } = addressIn(root)
    expect(await send(port, JSON.stringify({ token: 'guessed', id: ID }))).toBe('')
    expect(await send(port, 'GET / HTTP/1.1\r\n\r\n')).toBe('')
    expect(asked).toEqual([])
    const { mode } = statSync(path.join(root, `${process.pid}.json`))
    expect(mode & 0o077).toBe(0)
  })

  it('says that Next has ended if there is no answer', async () => {
    const { root } = await temporaryProject()
    await openChannel(root, () => Promise.reject(new Error('an error of ours')))
    await expect(askChannel(root, ID)).rejects.toThrow('Next ended before')
  })

  it('finds no process that has ended or was killed', async () => {
    const { root } = await temporaryProject()
    expect(await askChannel(root, ID)).toBeUndefined()
    const address = JSON.stringify({ port: 1, token: 'x' })
    writeFileSync(path.join(root, `${process.pid}.json`), address)
    expect(await askChannel(root, ID)).toBeUndefined()
  })

  it('clears away what killed processes have left', async () => {
    const { file } = await temporaryProject({ 'channel/4194999.json': '{}' })
    await openChannel(file('channel'), () => Promise.resolve({ refused: '', files: [] }))
    expect(readdirSync(file('channel'))).toEqual([`${process.pid}.json`])
  })
})
