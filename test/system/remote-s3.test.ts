import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Driver } from 'unstorage'
import s3Driver from 'unstorage/drivers/s3'
import { remoteContract } from '../store/remote/contract.ts'
import { KIRA, machine, outcomes, picture, TOMAS } from '../store/remote/remotes.ts'
import { startObjectStore, type ObjectStore } from './radosgw.ts'

let server: ObjectStore

beforeAll(async () => {
  server = await startObjectStore()
})

afterAll(() => server[Symbol.asyncDispose]())

interface Access {
  readonly bucket?: string
  readonly secretAccessKey?: string
  readonly endpoint?: string
}

async function bucketDriver(changes: Access = {}): Promise<Driver> {
  const { endpoint, accessKeyId, secretAccessKey, region } = server
  const bucket = changes.bucket ?? (await server.createBucket())
  const options = { endpoint, accessKeyId, secretAccessKey, region, ...changes, bucket }
  return s3Driver(options) as Driver
}

remoteContract('a bucket', () => bucketDriver())

describe('a bucket', () => {
  test('with a misspelled name is not mistaken for an empty one', async () => {
    const wrong = await bucketDriver({ bucket: `no-such-${randomUUID()}` })
    await expect(machine(wrong).store.prepare()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no such bucket'),
    })
  })

  test('that refuses every login makes nothing missing and shows no secret', async () => {
    const bucket = await server.createBucket()
    await machine(await bucketDriver({ bucket })).make(KIRA, await picture(1))
    const secretAccessKey = 'not-the-secret-of-anybody'
    const one = machine(await bucketDriver({ bucket, secretAccessKey }))
    const { problems } = (await one.store.read([KIRA.key])).lookup(KIRA.key)
    expect(problems).toMatchObject([
      { kind: 'remote-silent', message: expect.stringMatching(/403|SignatureDoesNotMatch/) },
    ])
    expect(problems[0]!.message).not.toContain(secretAccessKey)
    expect(problems[0]!.message).not.toContain(server.accessKeyId)
    expect(await one.store.prepare().catch(String)).not.toContain(server.accessKeyId)
  })

  test('behind a server that is gone makes nothing missing', async () => {
    const one = machine(await bucketDriver({ bucket: 'any', endpoint: 'http://127.0.0.1:9' }))
    const { problems } = (await one.store.read([KIRA.key])).lookup(KIRA.key)
    expect(problems).toMatchObject([
      { kind: 'remote-silent', message: expect.stringContaining('fetch failed') },
    ])
  })

  test('that is read-only serves a frozen build, and warns if something is generated', async () => {
    const bucket = await server.createBucket()
    await machine(await bucketDriver({ bucket })).make(KIRA, await picture(1))
    const reading = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: ['s3:PutObject'],
          Resource: [`arn:aws:s3:::${bucket}/*`],
        },
      ],
    })
    const put = await server.request(`${bucket}?policy`, { method: 'PUT', body: reading })
    expect(put.ok).toBe(true)
    const one = machine(await bucketDriver({ bucket }))
    const { candidates } = (await one.store.read([KIRA.key])).lookup(KIRA.key)
    expect((await one.store.readOriginal(candidates[0]!)).length).toBe(candidates[0]!.receipt.bytes)
    expect(one.warnings).toEqual([])
    await one.make(TOMAS, await picture(2))
    expect(one.warnings).toEqual([expect.stringMatching(/403.*`imagegen push`/)])
    const { transfers } = await one.push()
    expect(transfers.map(({ outcome }) => outcome.kind).sort()).toEqual(['failed', 'present'])
    expect((await server.request(`${bucket}?policy`, { method: 'DELETE' })).ok).toBe(true)
    const later = machine(await bucketDriver({ bucket }), { dir: one.dir })
    expect(outcomes(await later.push())).toEqual({ moved: 1, present: 1 })
  })

  test('that lost or changed an object says so, and push repairs it', async () => {
    const bucket = await server.createBucket()
    const maker = machine(await bucketDriver({ bucket }))
    const { sha256 } = await maker.make(KIRA, await picture(1))
    const object = `${bucket}/originals/${sha256}`
    await server.request(object, { method: 'PUT', body: 'something else' })
    const reader = machine(await bucketDriver({ bucket }))
    const { candidates } = (await reader.store.read([KIRA.key])).lookup(KIRA.key)
    await expect(reader.store.readOriginal(candidates[0]!)).rejects.toThrow('is damaged')
    expect(outcomes(await maker.push({ isThorough: true }))).toEqual({ moved: 1 })

    await server.request(object, { method: 'DELETE' })
    const other = machine(await bucketDriver({ bucket }))
    expect((await other.store.read([KIRA.key])).lookup(KIRA.key).candidates).toMatchObject([
      { bytes: 'absent' },
    ])
    expect(outcomes(await maker.push())).toEqual({ moved: 1 })
    const file = candidates[0]!.file
    rmSync(file, { force: true })
    expect((await reader.store.readOriginal(candidates[0]!)).length).toBeGreaterThan(0)
  })
})
