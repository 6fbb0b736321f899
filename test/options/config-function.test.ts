import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ResolvedOptions, resolveOptions } from '../../src/options.ts'
import { checkFingerprint, leaveFingerprint } from '../../src/pipeline/last-build.ts'
import { temporaryProject, type FileTree } from '../temporary-project.ts'

const SHOW = `export default ({ env, mode, command }) => ({ vars: {
  mode, command, key: env.ACME_API_KEY ?? 'none', host: env.MINIMAX_API_HOST ?? 'none', own: env.OWN ?? 'none' } })`

interface Asked {
  readonly environment?: NodeJS.ProcessEnv
  readonly command?: 'build' | 'serve' | 'cli'
  readonly configMode?: string
  readonly mode?: string
}

async function resolve(
  files: FileTree,
  { environment = {}, mode = 'production', ...asked }: Asked = {},
): Promise<ResolvedOptions> {
  const { root } = await temporaryProject(files)
  return resolveOptions({
    start: root,
    inline: {},
    mode,
    isBuild: asked.command === 'build',
    environment,
    ...asked,
  })
}

describe('a config that is a function', () => {
  test('gets the variables of the four files, the environment over them', async () => {
    const files = {
      'imagegen.config.mjs': SHOW,
      '.env': 'ACME_API_KEY=from-env\nOWN=env',
      '.env.local': 'ACME_API_KEY=from-local\nOWN=local',
      '.env.staging': 'ACME_API_KEY=from-staging',
      '.env.staging.local': 'ACME_API_KEY=from-staging-local',
      '.env.other': 'ACME_API_KEY=from-other',
    }
    const read = async (asked: Asked): Promise<unknown> => {
      const { vars } = await resolve(files, asked)
      return [vars.get('key'), vars.get('own')]
    }
    expect(await read({ mode: 'staging' })).toEqual(['from-staging-local', 'local'])
    expect(await read({ mode: 'production' })).toEqual(['from-local', 'local'])
    const environment = { ACME_API_KEY: 'from-environment' }
    expect(await read({ mode: 'staging', environment })).toEqual(['from-environment', 'local'])
  })

  test.each([
    [{ command: 'build' }, 'build', 'production'],
    [{ command: 'serve' }, 'serve', 'development'],
    [{ command: 'cli' }, 'cli', 'production'],
    // As commands run under a test, or with NODE_ENV of somebody's shell.
    [{ command: 'cli', mode: 'test' }, 'cli', 'production'],
    [{ command: 'build', configMode: 'staging' }, 'build', 'staging'],
    [{ command: 'serve', configMode: 'staging' }, 'serve', 'staging'],
  ] as const)('receives the command and the mode (%o)', async (asked, command, mode) => {
    const { vars } = await resolve({ 'imagegen.config.mjs': SHOW }, asked)
    expect([vars.get('command'), vars.get('mode')]).toEqual([command, mode])
  })

  test('never gets a host that is ignored, but the one that is used', async () => {
    const host = async (files: FileTree): Promise<string | undefined> =>
      (await resolve({ 'imagegen.config.mjs': SHOW, ...files })).vars.get('host')
    expect(await host({ '.env': 'MINIMAX_API_HOST=https://evil.example' })).toBe('none')
    expect(
      await host({
        '.env.local': 'MINIMAX_API_KEY=mine-mine-mine',
        '.env': 'MINIMAX_API_HOST=https://evil.example',
      }),
    ).toBe('none')
    expect(await host({ '.env': 'MINIMAX_API_HOST=https://api.minimax.cn' })).toBe(
      'https://api.minimax.cn',
    )
    expect(
      await host({ '.env': 'MINIMAX_API_KEY=k\nMINIMAX_API_HOST=https://proxy.example' }),
    ).toBe('https://proxy.example')
  })

  test('may be asynchronous, and typed by defineConfig', async () => {
    const { vars } = await resolve({
      'imagegen.config.ts': `
        import { defineConfig } from ${JSON.stringify(new URL('../../src/options/options.ts', import.meta.url).pathname)}
        export default defineConfig(async ({ command }) => ({ vars: { command: await command } }))`,
    })
    expect(vars.get('command')).toBe('cli')
  })

  test.each([
    ['throws', "() => { throw new Error('no luck') }", 'it threw "no luck"'],
    ['fails later', "async () => { throw new Error('no luck') }", 'it threw "no luck"'],
    ['gives something else', '() => 7', 'imagegen.config.mjs: the options: expected Object'],
    ['gives an unknown option', '() => ({ model: {} })', 'unknown option `model`'],
  ])('that %s is an error of the config', async (_, config, said) => {
    const attempt = resolve({ 'imagegen.config.mjs': `export default ${config}` })
    await expect(attempt).rejects.toMatchObject({ name: 'ImagegenError', code: 'config' })
    await expect(attempt).rejects.toThrow(said)
  })

  test('that gives a build other options than a command: the message says which input differed', async () => {
    const { root } = await temporaryProject({
      'imagegen.config.mjs': `export default ({ env, mode, command }) => ({
        vars: { look: command === 'build' ? 'flat' : 'deep', key: env.LOOK ?? '', mode } })`,
    })
    const options = async (command: 'build' | 'cli', LOOK: string): Promise<ResolvedOptions> =>
      resolveOptions({
        start: root,
        inline: {},
        mode: 'production',
        isBuild: false,
        environment: { LOOK, OTHER: LOOK },
        command,
      })
    const build = await options('build', 'super-secret-look')
    await leaveFingerprint(build)
    expect(() => checkFingerprint(build)).not.toThrow()
    const left = readFileSync(`${build.cacheDir}/options.json`, 'utf8')
    expect(left).not.toContain('super-secret-look')
    const cli = await options('cli', 'another')
    expect(() => checkFingerprint(cli)).toThrow(
      'The last build had other options than this command: `vars`. imagegen.config.mjs is a function, which was called with another `command` (`build` then, `cli` now), `env.LOOK`.',
    )
    const same = await options('cli', 'super-secret-look')
    expect(() => checkFingerprint(same)).toThrow(
      'which was called with another `command` (`build` then, `cli` now).',
    )
  })

  test('that returns the same options for both is accepted', async () => {
    const { root } = await temporaryProject({
      'imagegen.config.mjs':
        'export default ({ command, env }) => ({ budget: { images: command === env.X ? 1 : 2 } })',
    })
    const context = { start: root, inline: {}, mode: 'production', isBuild: false, environment: {} }
    await leaveFingerprint(await resolveOptions({ ...context, command: 'build' }))
    const cli = await resolveOptions({ ...context, command: 'cli' })
    expect(() => checkFingerprint(cli)).not.toThrow()
  })
})

test('every value under a name of secrets is one, whatever the provider', async () => {
  const { secrets } = await resolve(
    { '.env.local': 'ACME_API_KEY=from-a-file-1\nACME_NAME=just-a-name' },
    { environment: { HF_TOKEN: 'from-the-shell', AWS_SECRET: 'short', MY_SECRET: 'with blank+' } },
  )
  expect(secrets).toEqual(
    expect.arrayContaining(['from-a-file-1', 'from-the-shell', 'with blank+', 'with%20blank%2B']),
  )
  expect(secrets).not.toContain('short')
  expect(secrets).not.toContain('just-a-name')
})
