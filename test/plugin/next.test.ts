import { describe, expect, it, onTestFinished } from 'vitest'
import { withImagegen } from '../../src/next.ts'
import { findNext } from '../../src/plugin/next/host.ts'
import { temporaryProject } from '../temporary-project.ts'

/** As Next reads it. */
interface Config {
  readonly reactStrictMode?: boolean
  readonly turbopack?: { readonly rules: Readonly<Record<string, unknown>>; readonly root?: string }
  readonly generateBuildId?: () => Promise<string | null> | string
  readonly webpack?: (config: WebpackConfig, context: object) => WebpackConfig
}

interface WebpackConfig {
  readonly output: { readonly path: string }
  readonly plugins: unknown[]
}

const CONTEXT = { defaultConfig: {} }

/** Without Turbopack nothing begins when a configuration is read. */
function withWebpack(): void {
  const { TURBOPACK } = process.env
  delete process.env['TURBOPACK']
  onTestFinished(() => {
    if (TURBOPACK !== undefined) process.env['TURBOPACK'] = TURBOPACK
  })
}

function withTurbopack(): void {
  const { TURBOPACK } = process.env
  process.env['TURBOPACK'] = '1'
  onTestFinished(() => {
    if (TURBOPACK === undefined) delete process.env['TURBOPACK']
    else process.env['TURBOPACK'] = TURBOPACK
  })
}

async function read(config: Config, phase = 'phase-production-build'): Promise<Config> {
  withWebpack()
  return withImagegen<Config>(config)(phase, CONTEXT)
}

describe('withImagegen', () => {
  it('leaves the configuration of a server in production as it is', async () => {
    const own: Config = { reactStrictMode: true }
    for (const phase of ['phase-production-server', 'phase-export', 'phase-test', 'phase-info']) {
      expect(await read(own, phase)).toBe(own)
    }
  })

  it('comes before the rules of others, and keeps them', async () => {
    const rule = { loaders: ['yaml-loader'], as: '*.js' }
    const { reactStrictMode, turbopack } = await read({
      reactStrictMode: true,
      turbopack: { root: '/project', rules: { '*.yaml': rule } },
    })
    expect(reactStrictMode).toBe(true)
    expect(turbopack?.root).toBe('/project')
    expect(Object.keys(turbopack!.rules)).toEqual(['*.image.{yaml,yml}', '*.yaml'])
    expect(turbopack!.rules['*.yaml']).toBe(rule)
    // Turbopack takes plain data, beside the regular expression of a condition.
    const { condition, ...ours } = turbopack!.rules['*.image.{yaml,yml}'] as { condition: object }
    expect(condition).toMatchObject({ not: { query: expect.any(RegExp) as RegExp } })
    expect(JSON.parse(JSON.stringify(ours))).toEqual(ours)
  })

  it('gives every compiler of webpack its plugin, after what the user does', async () => {
    const { webpack } = await read({
      webpack: (config) => ({ ...config, plugins: ['the user’s'] }),
    })
    const config = { output: { path: '/project/.next/server' }, plugins: [] }
    const context = { dir: '/project', config: { distDir: '.next' } }
    expect(webpack!(config, { ...context, isServer: false }).plugins).toHaveLength(2)
    expect(webpack!(config, { ...context, isServer: true }).plugins).toHaveLength(3)
    expect(webpack!(config, { ...context, isServer: true }).plugins[0]).toBe('the user’s')
  })

  it('leaves the name of a build to the user, and to Next', async () => {
    expect(await (await read({ generateBuildId: () => 'mine' })).generateBuildId!()).toBe('mine')
    expect(await (await read({})).generateBuildId!()).toBeNull()
  })

  it('takes a configuration that depends on what Next does', async () => {
    withWebpack()
    const config = withImagegen<Config>((phase) => ({
      reactStrictMode: phase === 'phase-development-server',
    }))
    expect((await config('phase-development-server', CONTEXT)).reactStrictMode).toBe(true)
    expect((await config('phase-production-server', CONTEXT)).reactStrictMode).toBe(false)
  })

  it('says where Next is not', async () => {
    const { root } = await temporaryProject()
    withTurbopack()
    await expect(
      withImagegen<Config>({}, {}, root)('phase-development-server', CONTEXT),
    ).rejects.toThrow(`There is no next.config in ${root}`)
  })
})

/** A project with a package of Next's that says of itself what the real one does. */
async function projectWithNext(version: string, environment: string): Promise<string> {
  const { root } = await temporaryProject({
    'next.config.ts': '',
    'node_modules/next/package.json': JSON.stringify({ name: 'next', version }),
    'node_modules/@next/env/package.json': '{ "name": "@next/env", "main": "index.cjs" }',
    'node_modules/@next/env/index.cjs': `exports.initialEnv = ${environment}`,
  })
  return root
}

describe('Next’s own package', () => {
  it('has the environment from before Next has read its files', async () => {
    const root = await projectWithNext('16.4.6', '{ FROM: "the shell" }')
    expect(findNext(root)).toEqual({ version: '16.4.6', environment: { FROM: 'the shell' } })
  })

  it('has none if Next has read no files', async () => {
    const root = await projectWithNext('16.4.6', 'undefined')
    expect(findNext(root).environment).toBe(process.env)
  })

  it('may be too old for Turbopack', async () => {
    const root = await projectWithNext('16.2.12', 'undefined')
    withTurbopack()
    await expect(
      withImagegen<Config>({}, {}, root)('phase-development-server', CONTEXT),
    ).rejects.toThrow('Update Next to 16.3')
  })
})
