import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { minimaxProvider } from '../../src/model/minimax/provider.ts'
import { resolveOptions, type ResolvedOptions } from '../../src/options.ts'
import { isTrustedHost } from '../../src/options/trusted-host.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'

const FILES = ['.env', '.env.local', '.env.production', '.env.production.local']
const STRANGER = 'https://collect.example'

async function resolve(
  files: FileTree,
  environment: NodeJS.ProcessEnv = {},
  envDir?: string,
): Promise<ResolvedOptions> {
  const project = await temporaryProject(files)
  return resolveOptions({
    start: project.root,
    inline: {},
    mode: 'production',
    isBuild: true,
    environment,
    ...(envDir === undefined ? {} : { envDir: project.file(envDir) }),
  })
}

/** The host to which the default model sends its key. */
function account(options: ResolvedOptions): string | undefined {
  return options.models.get('image-01')?.account
}

function expectIgnored(options: ResolvedOptions, file: string): void {
  expect(account(options)).toBe('minimax@api.minimax.io')
  expect(options.warnings).toHaveLength(1)
  expect(options.warnings[0]).toContain(`MINIMAX_API_HOST in ${file} `)
  expect(options.warnings[0]).toContain('is ignored')
}

describe('a host from a file', () => {
  test.each(FILES.flatMap((host) => FILES.map((key) => [host, key] as const)))(
    'in %s, with the key in %s, gets that key only from the same file',
    async (hostFile, keyFile) => {
      const host = `MINIMAX_API_HOST=${STRANGER}\n`
      const key = 'MINIMAX_API_KEY=someones-key\n'
      if (hostFile === keyFile) {
        const options = await resolve({ [hostFile]: host + key })
        expect(account(options)).toBe('minimax@collect.example')
        expect(options.warnings).toEqual([])
      } else {
        expectIgnored(await resolve({ [hostFile]: host, [keyFile]: key }), hostFile)
      }
    },
  )

  test.each(FILES)('in %s, never gets the key of the real environment', async (file) => {
    const files = { [file]: `MINIMAX_API_HOST=${STRANGER}\nMINIMAX_API_KEY=bait` }
    expectIgnored(await resolve(files, { MINIMAX_API_KEY: 'real' }), file)
  })

  test('does not get a key that replaces its own in a stronger file', async () => {
    const files = {
      '.env': `MINIMAX_API_HOST=${STRANGER}\nMINIMAX_API_KEY=bait`,
      '.env.local': 'MINIMAX_API_KEY=someones-key',
    }
    const options = await resolve(files)
    expect(options.secrets).toEqual(['someones-key'])
    expectIgnored(options, '.env')
  })

  test('does not hide the host beside the key', async () => {
    const files = {
      '.env.production': `MINIMAX_API_HOST=${STRANGER}`,
      '.env.local': 'MINIMAX_API_KEY=someones-key\nMINIMAX_API_HOST=https://gateway.example',
    }
    const options = await resolve(files)
    expect(account(options)).toBe('minimax@gateway.example')
    expect(options.warnings).toHaveLength(1)
  })

  test('is not used without a key, and the warning repeats no password', async () => {
    const options = await resolve({ '.env': 'MINIMAX_API_HOST=https://me:pass-word@evil.example' })
    expectIgnored(options, '.env')
    expect(options.warnings[0]).toContain('(evil.example)')
    expect(options.warnings[0]).not.toContain('pass-word')
  })

  test('does not get the key that a model has in the config', async () => {
    const minimax = path.resolve('src/model/minimax/minimax.ts')
    const options = await resolve({
      'imagegen.config.js': `
        import { minimax } from ${JSON.stringify(minimax)}
        export default { models: {
          mine: minimax('image-01', { apiKey: 'a-key-of-the-config' }),
          placed: minimax('image-01', { apiKey: 'another', host: 'https://gateway.example' }),
        } }`,
      '.env': `MINIMAX_API_HOST=${STRANGER}\nMINIMAX_API_KEY=bait`,
    })
    expect(account(options)).toBe('minimax@collect.example')
    expect(options.models.get('mine')?.account).toBe('minimax@api.minimax.io')
    expect(options.models.get('placed')?.account).toBe('minimax@gateway.example')
    expect(options.warnings).toEqual([expect.stringContaining('`mine` does not use')])
  })
})

describe('a host of the real environment', () => {
  test('gets every key, because the user set it', async () => {
    const environment = { MINIMAX_API_HOST: 'https://gateway.example', MINIMAX_API_KEY: 'real' }
    const options = await resolve({ '.env': `MINIMAX_API_HOST=${STRANGER}` }, environment)
    expect(account(options)).toBe('minimax@gateway.example')
    expect(options.warnings).toEqual([])
    const { MINIMAX_API_HOST } = environment
    const fromFile = await resolve({ '.env': 'MINIMAX_API_KEY=x' }, { MINIMAX_API_HOST })
    expect(account(fromFile)).toBe('minimax@gateway.example')
  })

  test.each([
    ['as it is', `MINIMAX_API_HOST=${STRANGER}`],
    ['as other parsers read it', `MINIMAX_API_HOST: '${STRANGER}' # ours`],
    ['put together', 'PART=collect\nMINIMAX_API_HOST=https://${PART}.example'],
  ])("counts as the file's where a host copied it from %s", async (_, text) => {
    const environment = { MINIMAX_API_HOST: STRANGER, MINIMAX_API_KEY: 'real' }
    for (const [file, envDir] of [['.env'], ['.env', 'config']] as const) {
      const options = await resolve({ [file]: text, 'config/keep': '' }, environment, envDir)
      expect(account(options)).toBe('minimax@api.minimax.io')
    }
  })

  test('goes with the key that was copied from the same file', async () => {
    const files = { '.env.local': `MINIMAX_API_HOST=${STRANGER}\nMINIMAX_API_KEY=someones-key` }
    const environment = { MINIMAX_API_HOST: STRANGER, MINIMAX_API_KEY: 'someones-key' }
    expect(account(await resolve(files, environment))).toBe('minimax@collect.example')
  })
})

describe('a host that may receive any key', () => {
  test.each([
    'https://api.minimax.io',
    'https://api.minimax.io/',
    'https://api.minimax.io/v1',
    'HTTPS://API.MINIMAX.IO',
    'https://api.minimax.io:443',
    'https://api.minimax.cn',
    'https://api.minimaxi.com',
    'http://127.0.0.1:4010',
    'http://127.1:4010',
    'http://2130706433',
    'http://[::1]:4010',
    'http://[::ffff:127.0.0.1]:4010',
    'http://localhost:4010',
    'https://localhost',
  ])('includes %s', async (host) => {
    expect(isTrustedHost(host, minimaxProvider.origins)).toBe(true)
    const options = await resolve(
      { '.env': `MINIMAX_API_HOST="${host}"` },
      { MINIMAX_API_KEY: 'real' },
    )
    expect(account(options)).toBe(`minimax@${new URL(host).host}`)
    expect(options.warnings).toEqual([])
  })

  test.each([
    'http://api.minimax.io',
    'https://api.minimax.io.evil.example',
    'https://api.minimax.io@evil.example',
    'https://user:pass@api.minimax.io',
    'https://api.minimax.io.',
    'https://api.minimax.io:8443',
    'https://xapi.minimax.io',
    'https://minimax.io',
    'https://api-minimax.io',
    'https://аpi.minimax.io',
    'https://api.minimax.io\\.evil.example',
    'https://evil.example/https://api.minimax.io',
    'https://evil.example#https://api.minimax.io',
    'http://localhost.evil.example',
    'http://evil.localhost',
    'http://localhost.',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1@evil.example',
    'http://128.0.0.1',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'http://[::2]',
    'ftp://localhost',
    'data:,localhost',
    'api.minimax.io',
    'localhost:4010',
  ])('does not include %s', async (host) => {
    // A backslash ends the name of a host, as a slash does.
    if (!host.includes('\\')) expect(isTrustedHost(host, minimaxProvider.origins)).toBe(false)
    const options = await resolve(
      { '.env': `MINIMAX_API_HOST='${host}'` },
      { MINIMAX_API_KEY: 'real' },
    )
    expect(account(options)).toBe('minimax@api.minimax.io')
  })
})
