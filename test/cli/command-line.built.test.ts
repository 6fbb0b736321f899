import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProject } from './project.ts'

const dist = path.join(import.meta.dirname, '../../dist')
const HERO = 'prompt: A hero\nalt: ""\n'
const COMMANDS = [
  'plan',
  'generate',
  'export',
  'verify',
  'push',
  'pull',
  'prune',
  'adopt',
  'reroll',
  'init',
  'emulator',
]

/** The packages that a built file loads before it does anything. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set()
  seen.add(file)
  const code = readFileSync(file, 'utf8')
  const imports = code.matchAll(/^(?:import|export) (?:[^'"]* from )?["']([^"']+)["']/gm)
  const found = new Set<string>()
  for (const [, target = ''] of imports) {
    const more = target.startsWith('.')
      ? packagesOf(path.resolve(path.dirname(file), target), seen)
      : [target]
    for (const name of more) found.add(name)
  }
  return found
}

describe.concurrent('imagegen', () => {
  it('loads no package to say what it can do', () => {
    const packages = [...packagesOf(path.join(dist, 'cli/main.js'))]
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([])
    // The measure itself sees what a plugin loads.
    expect([...packagesOf(path.join(dist, 'vite.js'))]).toContain('valibot')
  })

  it('says what it can do, and each command what it takes, without a colour', async () => {
    const project = await createProject()
    const [all, version, again, ...each] = await Promise.all([
      project.run('--help'),
      project.run('--version'),
      project.run('help', 'plan'),
      ...COMMANDS.map((command) => project.run(command, '--help')),
    ])
    for (const command of COMMANDS) expect(all.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    for (const [index, { code, stdout, stderr }] of each.entries()) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(new RegExp(`^imagegen ${COMMANDS[index]}`))
      expect(stdout).not.toContain('\u001B')
    }
    expect(again.stdout).toBe(each[0]!.stdout)
  })

  it.each([
    ['no command', [], /^$/, 'imagegen <command>'],
    ['a misspelt command', ['plam'], /Did you mean `plan`/, ''],
    ['a command of every object', ['constructor'], /no command `constructor`/, ''],
    ['an option before the command', ['--json', 'plan'], /no command `--json`/, ''],
    ['an unexpected operand', ['emulator', 'now'], /takes nothing/, ''],
  ])('exits with 2 for %s', async (_, args, told, result) => {
    const project = await createProject()
    const { code, stdout, stderr } = await project.run(...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(told)
    expect(stdout.includes(result)).toBe(true)
  })

  it('colours a terminal, unless NO_COLOR is set', async () => {
    const project = await createProject({ 'hero.image.yaml': HERO })
    expect((await project.typed('', 'plan')).stdout).toContain('\u001B[33mmissing')
    project.environment = { NO_COLOR: '1' }
    expect((await project.typed('', 'plan')).stdout).not.toContain('\u001B[')
    project.environment = {}
    expect((await project.run('plan')).stdout).not.toContain('\u001B')
  })

  it('continues after the reader of its output is gone', async () => {
    const project = await createProject({ 'hero.image.yaml': HERO })
    const running = project.start('plan', '--json')
    running.process.stdout?.destroy()
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('says what the system refuses in one line', async () => {
    const project = await createProject({ 'hero.image.yaml': HERO })
    project.write('.imagegen/types', 'no folder')
    const { code, stderr } = await project.run('types')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error E(EXIST|NOTDIR).*types.*\n$/)
  })
})

describe.concurrent('imagegen emulator', () => {
  it('prints its URL, serves with the faults of a file, and ends on Ctrl-C', async () => {
    const project = await createProject({
      'hero.image.yaml': HERO,
      'faults.json': '[{ "kind": "status", "code": 1026 }]',
    })
    const running = project.start('emulator', '--faults', 'faults.json', '--rpm', '0')
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+(?=\n)/.exec(await running.said('Ctrl-C')) ?? []
    project.environment = { MINIMAX_API_HOST: url, MINIMAX_API_KEY: 'any' }
    const { code, stderr } = await project.run('generate', '--yes')
    expect(code).toBe(1)
    expect(stderr).toContain('1026')
    const stats = (await (await fetch(`${url}/__emulator/stats`)).json()) as { requests: number }
    expect(stats.requests).toBe(1)
    running.process.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0, stdout: `${url}\n` })
  })

  it.each([
    ['an invalid port', ['--port', 'http'], /--port/],
    ['a port beyond all', ['--port', '70000'], /port/],
    ['a file of faults that is not there', ['--faults', 'gone.json'], /gone\.json/],
    ['a file that is no JSON', ['--faults', 'broken.json'], /broken\.json:1:\d+/],
    ['an unknown fault', ['--faults', 'unknown.json'], /unknown\.json:2:\d+/],
  ])('exits with 2 for %s', async (_, args, told) => {
    const project = await createProject({
      'broken.json': '[{',
      'unknown.json': '[\n  { "kind": "flood" }\n]',
    })
    const { code, stdout, stderr } = await project.run('emulator', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(told)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  it('exits with 2 for a port that is taken', async ({ onTestFinished }) => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const project = await createProject()
    const { code, stderr } = await project.run('emulator', '--port', String(port))
    expect(code).toBe(2)
    expect(stderr).toContain('in use')
  })
})
