import { describe, expect, test } from 'vitest'
import { resolveOptions, type ResolvedOptions } from '../../src/options.ts'
import { temporaryProject } from '../temporary-project.ts'

const PASSWORD = 'pass word/4711+@:'

async function resolve(queue: unknown): Promise<ResolvedOptions> {
  const { root } = await temporaryProject()
  const inline = { queue }
  return resolveOptions({ start: root, inline, mode: 'production', isBuild: true, environment: {} })
}

describe('the option `queue`', () => {
  test('every default is filled in', async () => {
    const { queue } = await resolve({ connection: 'redis://localhost' })
    expect(queue).toEqual({
      connection: 'redis://localhost',
      name: 'imagegen',
      stalledAfter: 30_000,
      patience: 60_000,
    })
    expect((await resolve(undefined)).queue).toBeUndefined()
  })

  test.each([
    [`rediss://user:${encodeURIComponent(PASSWORD)}@redis.example.org:6380/2`],
    [{ host: 'redis.example.org', password: PASSWORD }],
    [{ sentinels: [{ host: 'a', port: 1 }], name: 'main', sentinelPassword: PASSWORD }],
  ])('the secrets in %j are known', async (connection) => {
    expect((await resolve({ connection })).secrets).toContain(PASSWORD)
  })

  test.each<[queue: unknown, field: string]>([
    [{}, 'queue.connection'],
    [{ connection: 42 }, 'queue.connection'],
    [{ connection: `http://:${PASSWORD}@localhost` }, 'queue.connection'],
    [{ connection: `localhost:6379 ${PASSWORD}` }, 'queue.connection'],
    [{ connection: 'redis://localhost', name: 'a:b' }, 'queue.name'],
    [{ connection: 'redis://localhost', name: '' }, 'queue.name'],
    [{ connection: 'redis://localhost', stalledAfter: 1 }, 'queue.stalledAfter'],
    [{ connection: 'redis://localhost', patience: -1 }, 'queue.patience'],
    [{ connection: 'redis://localhost', conection: 1 }, 'queue.conection'],
  ])('%j is refused', async (queue, field) => {
    const error: unknown = await resolve(queue).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'config' })
    expect(String(error)).toContain(field)
    expect(String(error)).not.toContain(PASSWORD)
  })
})
