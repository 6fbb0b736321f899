import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadSharp } from '../../src/pixels/sharp.ts'
import { versionsFromFiles } from '../../src/pixels/versions.ts'
import { isRecord } from '../../src/shared/record.ts'

/*
 * Parts of Node and of sharp's packages that are not documented and that the code relies on. A failure here says which one
 * is gone.
 */

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error
}

async function failureOf(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => undefined,
    (error: unknown) => rootCause(error),
  )
}

// https://github.com/nodejs/undici/blob/main/lib/core/errors.js
test('fetch gives the failed system call as the last cause if it cannot connect', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const refused = await failureOf(fetch(`http://127.0.0.1:${port}`))
  const calls = refused instanceof AggregateError ? refused.errors : [refused]
  for (const call of calls) {
    expect(call, 'see `isConnecting` in src/model/http/transfer.ts').toMatchObject({
      syscall: 'connect',
    })
  }
  const unknown = await failureOf(fetch('http://nowhere.invalid'))
  expect(isRecord(unknown) && unknown['syscall'], 'see `isConnecting`').toBe('getaddrinfo')
})

// https://github.com/lovell/sharp/blob/main/lib/sharp.js, https://github.com/lovell/sharp/tree/main/npm
test('@img/sharp-* say in versions.json which libvips sharp uses', async () => {
  const { versions } = await loadSharp()
  expect(versionsFromFiles(), 'the files beside sharp changed: see src/pixels/versions.ts').toEqual(
    {
      sharp: versions.sharp,
      vips: versions.vips,
    },
  )
  const entry = createRequire(import.meta.url).resolve('sharp')
  expect(existsSync(path.join(path.dirname(entry), '../package.json'))).toBe(true)
})
