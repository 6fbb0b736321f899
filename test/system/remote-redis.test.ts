import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createStorage, type Driver } from 'unstorage'
import redisDriver from 'unstorage/drivers/redis'
import { remoteContract } from '../store/remote/contract.ts'
import { KIRA, machine, outcomes, picture, TOMAS } from '../store/remote/remotes.ts'
import { startRedis, type RedisServer } from './redis.ts'

const PASSWORD = 'redis-password-not-to-be-seen'
let server: RedisServer
const drivers: Driver[] = []

beforeAll(async () => {
  server = await startRedis({ password: PASSWORD })
})

afterAll(async () => {
  for (const driver of drivers) await driver.dispose?.()
  await server[Symbol.asyncDispose]()
})

function driverOf(url: string = server.url, base: string = randomUUID()): Driver {
  const driver = redisDriver({ url, base, maxRetriesPerRequest: 1 }) as Driver
  drivers.push(driver)
  return driver
}

remoteContract('Redis', () => driverOf())
remoteContract('a storage over Redis', () => createStorage({ driver: driverOf() }))

describe('Redis', () => {
  test('with another password makes nothing missing, and shows none', async () => {
    const one = machine(driverOf(server.url.replace(PASSWORD, 'wrong-password')))
    const { problems } = (await one.store.read([KIRA.key])).lookup(KIRA.key)
    expect(problems).toMatchObject([{ kind: 'remote-silent' }])
    expect(problems[0]!.message).toMatch(/WRONGPASS|NOAUTH/)
    expect(problems[0]!.message).not.toContain('wrong-password')
    await expect(one.store.prepare()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('that is full costs a warning, and push repairs it', async () => {
    const admin = new Redis(server.url)
    onTestFinished(() => admin.disconnect())
    const base = randomUUID()
    const one = machine(driverOf(server.url, base))
    await one.make(KIRA, await picture(1))
    await admin.config('SET', 'maxmemory', '1')
    await one.make(TOMAS, await picture(2))
    expect(one.warnings).toEqual([expect.stringMatching(/OOM .*`imagegen push`/)])
    const { candidates } = (
      await machine(driverOf(server.url, base)).store.read([KIRA.key])
    ).lookup(KIRA.key)
    expect(candidates).toHaveLength(1)
    await admin.config('SET', 'maxmemory', '0')
    const later = machine(driverOf(server.url, base), { dir: one.dir })
    expect(outcomes(await later.push())).toEqual({ moved: 1, present: 1 })
  })

  test('that is gone makes nothing missing, and is used once it is back', async () => {
    const own = await startRedis()
    onTestFinished(() => own[Symbol.asyncDispose]())
    const base = randomUUID()
    const maker = machine(driverOf(own.url, base))
    await maker.make(KIRA, await picture(1))
    await own.kill()
    const reader = machine(driverOf(own.url, base))
    const { problems } = (await reader.store.read([KIRA.key])).lookup(KIRA.key)
    expect(problems).toMatchObject([{ kind: 'remote-silent' }])
    await own.start()
    const later = machine(driverOf(own.url, base))
    expect((await later.store.read([KIRA.key])).lookup(KIRA.key)).toMatchObject({
      candidates: [{ bytes: 'present' }],
      problems: [],
    })
  })

  test('that lost its data is not mistaken for a new one', async () => {
    const own = await startRedis()
    onTestFinished(() => own[Symbol.asyncDispose]())
    const admin = new Redis(own.url)
    onTestFinished(() => admin.disconnect())
    const base = randomUUID()
    const one = machine(driverOf(own.url, base))
    await one.make(KIRA, await picture(1))
    await admin.flushall()
    const again = machine(driverOf(own.url, base), { dir: one.dir })
    expect((await again.store.read([TOMAS.key])).lookup(TOMAS.key).problems).toMatchObject([
      { hint: expect.stringContaining('`imagegen push`') },
    ])
    expect(outcomes(await again.push())).toEqual({ moved: 1 })
    expect((await again.store.read([TOMAS.key])).lookup(TOMAS.key).problems).toEqual([])
  })

  test('opened by a function is closed, and opened again when it is needed', async () => {
    const base = randomUUID()
    let opened = 0
    const one = machine(() => {
      opened += 1
      return driverOf(server.url, base)
    })
    await one.make(KIRA, await picture(1))
    await one.store.close()
    await one.store.close()
    expect(outcomes(await one.push())).toEqual({ present: 1 })
    expect(opened).toBe(2)
    await one.store.close()
  })
})
