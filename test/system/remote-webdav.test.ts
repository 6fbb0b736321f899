import { chmodSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Driver } from 'unstorage'
import httpDriver from 'unstorage/drivers/http'
import { remoteContract } from '../store/remote/contract.ts'
import { KIRA, machine, outcomes, picture, TOMAS } from '../store/remote/remotes.ts'
import { startWebDav, type WebDav } from './webdav.ts'

let server: WebDav

beforeAll(async () => {
  server = await startWebDav()
})

afterAll(() => server[Symbol.asyncDispose]())

function driverOf(base: string, password: string = server.password): Driver {
  const credentials = Buffer.from(`${server.user}:${password}`).toString('base64')
  return httpDriver({ base, headers: { authorization: `Basic ${credentials}` } }) as Driver
}

remoteContract('WebDAV', () => driverOf(server.createFolder().url))

describe('WebDAV', () => {
  test('with another password makes nothing missing, and shows none', async () => {
    const one = machine(driverOf(server.createFolder().url, 'a-wrong-password'))
    const { problems } = (await one.store.read([KIRA.key])).lookup(KIRA.key)
    expect(problems).toMatchObject([
      { kind: 'remote-silent', message: expect.stringContaining('401') },
    ])
    expect(problems[0]!.message).not.toContain(
      Buffer.from(`${server.user}:a-wrong-password`).toString('base64'),
    )
  })

  test('without the folders that PUT does not create is refused before anything is spent', async () => {
    const one = machine(driverOf(`${server.url}/no-such-folder`))
    await expect(one.store.prepare()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('with a truncated, changed or lost file says so', async () => {
    const { url, path: place } = server.createFolder()
    const maker = machine(driverOf(url))
    const { sha256, bytes } = await maker.make(KIRA, await picture(1))
    const file = path.join(place, 'originals', sha256)
    const whole = readFileSync(file)
    for (const change of [
      () => truncateSync(file, bytes >> 1),
      () => writeFileSync(file, Buffer.alloc(bytes)),
    ]) {
      change()
      const one = machine(driverOf(url))
      const { candidates } = (await one.store.read([KIRA.key])).lookup(KIRA.key)
      await expect(one.store.readOriginal(candidates[0]!)).rejects.toThrow('is damaged')
    }
    expect(outcomes(await maker.push({ isThorough: true }))).toEqual({ moved: 1 })
    expect(readFileSync(file)).toEqual(whole)
  })

  test('that is read-only warns', async () => {
    const { url, path: place } = server.createFolder()
    const one = machine(driverOf(url))
    await one.make(KIRA, await picture(1))
    for (const name of readdirSync(place, { withFileTypes: true })) {
      if (name.isDirectory()) chmodSync(path.join(place, name.name), 0o555)
    }
    await one.make(TOMAS, await picture(2))
    expect(one.warnings).toEqual([expect.stringContaining('`imagegen push`')])
  })
})
