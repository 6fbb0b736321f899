import { expect, test } from 'vitest'
import { createStorage, type Driver } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import httpDriver from 'unstorage/drivers/http'
import redisDriver from 'unstorage/drivers/redis'
import { serve } from '../model/loopback.ts'
import { temporaryProject } from '../temporary-project.ts'

/*
 * Parts of unstorage that are not documented and that `src/store/remote/storage.ts` and `secrets.ts` rely on. A failure
 * here says which one is gone.
 */

// https://github.com/unjs/unstorage/blob/main/src/storage.ts (`getMount`)
test('getMount gives the driver of a storage, and the driver its options', async () => {
  const { root } = await temporaryProject()
  const driver: Driver = fsDriver({ base: root })
  const storage = createStorage({ driver })
  expect(storage.getMount('').driver, 'see `driverOf`').toBe(driver)
  expect(driver.options, 'see `secretsOf`').toMatchObject({ base: root })
})

// https://github.com/unjs/unstorage/blob/main/src/_utils.ts (`serializeRaw`)
test('base64: marks bytes in a storage that accepts only text', async () => {
  const items = new Map<string, string>()
  const storage = createStorage({
    driver: {
      hasItem: (key) => items.has(key),
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      getKeys: () => [...items.keys()],
    },
  })
  await storage.setItemRaw('kira', new Uint8Array([0, 255]))
  expect(items.get('kira'), 'see `bytesOf` and `writeItem`').toBe('base64:AP8=')
})

// https://github.com/unjs/unstorage/blob/main/src/drivers/redis.ts (`getInstance`)
test('getInstance gives the client of the Redis driver, whose errors can be listened to', async () => {
  const driver: Driver = redisDriver({ url: 'redis://127.0.0.1:1', lazyConnect: true })
  expect(driver.getInstance, 'see `silenceClient`').toBeTypeOf('function')
  const client: unknown = driver.getInstance?.()
  expect(Reflect.get(client as object, 'on'), 'see `silenceClient`').toBeTypeOf('function')
  await driver.dispose?.()
})

// https://github.com/unjs/unstorage/blob/main/src/drivers/http.ts (`getItemRaw`)
test('the HTTP driver throws a TypeError for an item that is not there', async () => {
  const server = await serve((response) => response.writeHead(404).end())
  const driver: Driver = httpDriver({ base: server.url })
  const storage = createStorage({ driver })
  const error: unknown = await Promise.resolve(storage.getItemRaw('kira', {})).then(
    (value: unknown) => value,
    (thrown: unknown) => thrown,
  )
  // Once it answers with nothing, the exception in `readWhole` can go.
  expect(error, 'see `readWhole`').toBeInstanceOf(TypeError)
})

// https://github.com/unjs/unstorage/blob/main/src/drivers/utils/node-fs.ts (`readFile`)
test('the file system driver returns an error that is not about a missing file', async () => {
  const { root } = await temporaryProject({ kira: 'a file where a folder is expected' })
  const driver: Driver = fsDriver({ base: root })
  const value: unknown = await Promise.resolve(driver.getItemRaw?.('kira:inside', {})).catch(
    () => 'thrown',
  )
  // Once it throws, the exception in `bytesOf` can go.
  expect(value, 'see `bytesOf`').toBeInstanceOf(Error)
})
