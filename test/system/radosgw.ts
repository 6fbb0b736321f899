import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { AwsClient } from 'aws4fetch'
import { expect, vi } from 'vitest'
import { freePort } from './free-port.ts'

/** A real S3 server on loopback, which checks signatures. */
export interface ObjectStore extends AsyncDisposable {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  /** @returns the name of a new, empty bucket. */
  createBucket(): Promise<string>
  /** Asks it anything, as its owner. */
  request(path: string, init?: RequestInit): Promise<Response>
}

const PROGRAMS = {
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  radosgw: 'radosgw',
  ceph: 'ceph-common',
}

/** Milliseconds. */
const PATIENCE = { timeout: 90_000, interval: 200 }

/** The smallest Ceph there can be: a monitor, one store in memory, and the gateway that speaks S3. */
export async function startObjectStore(): Promise<ObjectStore> {
  for (const [program, name] of Object.entries(PROGRAMS)) {
    if (!existsSync(`/usr/bin/${program}`)) {
      throw new Error(`${program} is missing: apt-get install --no-install-recommends ${name}`)
    }
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'imagegen-ceph-'))
  const [port, first, second] = [await freePort(), await freePort(), await freePort()]
  const file = (name: string): string => path.join(folder, name)
  const running: ChildProcess[] = []
  const account = {
    accessKeyId: 'imagegen-tests',
    secretAccessKey: randomUUID(),
    region: 'default',
  }
  const endpoint = `http://127.0.0.1:${port}`

  const cluster = randomUUID()
  for (const name of ['mon', 'osd', 'run', 'log']) mkdirSync(file(name))
  writeFileSync(file('ceph.conf'), configuration(folder, cluster, { port, first, second }))
  const config = ['-c', file('ceph.conf')]
  const run = async (program: string, ...args: string[]): Promise<string> =>
    (await promisify(execFile)(program, args, { timeout: 90_000 })).stdout
  const start = (program: string, ...args: string[]): void => {
    running.push(spawn(program, [...config, ...args, '-f'], { stdio: 'ignore' }))
  }
  const stop = async (): Promise<void> => {
    for (const child of running.toReversed()) {
      const ended = once(child, 'close')
      if (child.exitCode === null && child.kill('SIGKILL')) await ended
    }
    await rm(folder, { recursive: true, force: true })
  }

  try {
    const keyring = file('keyring')
    await run(
      'ceph-authtool',
      '--create-keyring',
      keyring,
      '--gen-key',
      '-n',
      'mon.',
      '--cap',
      'mon',
      'allow *',
    )
    const all = ['mon', 'osd', 'mgr'].flatMap((part) => ['--cap', part, 'allow *'])
    await run('ceph-authtool', keyring, '--gen-key', '-n', 'client.admin', ...all)
    const addresses = `[v2:127.0.0.1:${first},v1:127.0.0.1:${second}]`
    await run('monmaptool', '--create', '--fsid', cluster, '--addv', 'a', addresses, file('monmap'))
    await run(
      'ceph-mon',
      ...config,
      '-i',
      'a',
      '--mkfs',
      '--monmap',
      file('monmap'),
      '--keyring',
      keyring,
    )
    start('ceph-mon', '-i', 'a')
    const disk = randomUUID()
    await run('ceph', ...config, 'osd', 'new', disk)
    const osd = await run(
      'ceph',
      ...config,
      'auth',
      'get-or-create',
      'osd.0',
      'mon',
      'allow *',
      'osd',
      'allow *',
    )
    writeFileSync(file('osd/keyring'), osd)
    await run('ceph-osd', ...config, '-i', '0', '--mkfs', '--osd-uuid', disk)
    start('ceph-osd', '-i', '0')
    await vi.waitFor(async () => {
      expect(await run('ceph', ...config, 'osd', 'stat')).toContain('1 up')
    }, PATIENCE)
    const { accessKeyId, secretAccessKey } = account
    const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]
    await run(
      'radosgw-admin',
      ...config,
      'user',
      'create',
      '--uid=tests',
      '--display-name=tests',
      ...keys,
    )
    start('radosgw', '-n', 'client.admin')
    await vi.waitFor(() => fetch(endpoint), PATIENCE)
  } catch (error) {
    await stop()
    throw error
  }

  const client = new AwsClient({ ...account, service: 's3', retries: 0 })
  const request = (to: string, init?: RequestInit): Promise<Response> =>
    client.fetch(`${endpoint}/${to}`, init)
  return {
    endpoint,
    ...account,
    request,
    async createBucket() {
      const bucket = `b-${randomUUID()}`
      expect((await request(bucket, { method: 'PUT' })).status).toBe(200)
      return bucket
    },
    [Symbol.asyncDispose]: stop,
  }
}

interface Ports {
  readonly port: number
  readonly first: number
  readonly second: number
}

function configuration(folder: string, cluster: string, { port, first, second }: Ports): string {
  return `[global]
fsid = ${cluster}
mon host = [v2:127.0.0.1:${first},v1:127.0.0.1:${second}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = true
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
pid file =
log file = ${folder}/log/$name.log
keyring = ${folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 500
[mon.a]
mon data = ${folder}/mon
[osd.0]
osd data = ${folder}/osd
keyring = ${folder}/osd/keyring
osd objectstore = memstore
memstore device bytes = 1073741824
[client.admin]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw enable apis = s3
`
}
