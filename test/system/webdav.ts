import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { vi } from 'vitest'
import { freePort } from './free-port.ts'

/** Apache with WebDAV on loopback. */
export interface WebDav extends AsyncDisposable {
  readonly url: string
  readonly user: string
  readonly password: string
  /** A new place for one store, with the folders that it needs: PUT makes none. */
  createFolder(): { readonly url: string; readonly path: string }
}

const PROGRAM = '/usr/sbin/apache2'

export async function startWebDav(): Promise<WebDav> {
  if (!existsSync(PROGRAM)) {
    throw new Error('apache2 is missing: apt-get install --no-install-recommends apache2-bin')
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'imagegen-webdav-'))
  const port = await freePort()
  const [user, password] = ['team', randomUUID()]
  for (const name of ['files', 'run']) mkdirSync(path.join(folder, name))
  // Apache gives up its rights, and must be able to read and write here all the same.
  for (const name of ['', 'files', 'run']) chmodSync(path.join(folder, name), 0o777)
  const digest = Buffer.from(await sha1(password)).toString('base64')
  writeFileSync(path.join(folder, 'users'), `${user}:{SHA}${digest}\n`)
  writeFileSync(path.join(folder, 'apache.conf'), configuration(folder, port))
  const child = spawn(PROGRAM, ['-f', path.join(folder, 'apache.conf'), '-D', 'FOREGROUND'], {
    stdio: 'ignore',
  })
  const stop = async (): Promise<void> => {
    const ended = once(child, 'close')
    if (child.exitCode === null && child.kill()) await ended
    await rm(folder, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  await vi
    .waitFor(() => fetch(url), { timeout: 90_000 })
    .catch(async (error: unknown) => {
      await stop()
      throw error
    })
  return {
    url,
    user,
    password,
    createFolder() {
      const name = randomUUID()
      const place = path.join(folder, 'files', name)
      for (const part of ['', 'originals', 'receipts', 'claims', 'renditions', 'pictures']) {
        mkdirSync(path.join(place, part))
        chmodSync(path.join(place, part), 0o777)
      }
      return { url: `${url}/${name}`, path: place }
    },
    [Symbol.asyncDispose]: stop,
  }
}

async function sha1(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-1', Buffer.from(text))
}

function configuration(folder: string, port: number): string {
  const modules = [
    'mpm_event',
    'authn_core',
    'authn_file',
    'authz_core',
    'authz_user',
    'auth_basic',
    'dav',
    'dav_fs',
  ]
  return `ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${folder}/run/pid
ErrorLog ${folder}/run/log
DefaultRuntimeDir ${folder}/run
User www-data
Group www-data
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
DavLockDB ${folder}/run/locks
DocumentRoot ${folder}/files
<Directory ${folder}/files>
  Dav On
  AuthType Basic
  AuthName store
  AuthUserFile ${folder}/users
  Require valid-user
</Directory>
`
}
