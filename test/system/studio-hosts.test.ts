import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Project } from '../../src/studio/protocol.ts'
import { temporaryProject } from '../temporary-project.ts'
import { cleanEnvironment } from '../examples/clean-environment.ts'
import { addressIn, startStudioDevServer, STUDIO, type StudioAddress } from './studio-dev-server.ts'

const ROOT = path.join(import.meta.dirname, '../..')

/** What a browser sends when a person opens an address. */
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

async function projectAt({ url, token }: StudioAddress): Promise<Project> {
  const response = await fetch(`${url}api/1/project`, { headers: { 'x-imagegen-token': token } })
  return (await response.json()) as Project
}

describe.each(['vite', 'vite-6'] as const)('the dev server of %s', (vite) => {
  test('prints the studio once it listens, and the studio shows its pictures arrive', async () => {
    const { dev } = await startStudioDevServer(vite)
    const address = await addressIn(dev)
    expect(new URL(address.url).port).not.toBe(new URL(dev.url).port)
    // The dev server makes the missing picture by itself, within the same budget.
    await expect.poll(async () => (await projectAt(address)).states.current).toBe(1)
    expect((await projectAt(address)).run).toMatchObject({ by: 'dev-server', stored: 1 })
    const plan = await fetch(`${address.url}api/1/plan`, {
      headers: { 'x-imagegen-token': address.token },
    })
    expect(await plan.json()).toMatchObject({ budget: { spent: { pictures: 1 }, imagesLeft: 19 } })
  })

  test('redirects a navigation to it, and answers nothing else', async () => {
    const { dev, url } = await startStudioDevServer(vite)
    const address = await addressIn(dev)
    const ask = async (more: Record<string, string>, method = 'GET'): Promise<IncomingMessage> => {
      // `fetch` sets these headers itself.
      const asked = request(`${url}__imagegen/`, { method, headers: { ...NAVIGATION, ...more } })
      asked.end()
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      answer.resume()
      return answer
    }
    const redirect = await ask({})
    expect(redirect.statusCode).toBe(302)
    expect(redirect.headers.location).toBe(`${address.url}#token=${address.token}`)
    const refused = await Promise.all([
      ask({ 'sec-fetch-mode': 'cors' }),
      ask({ 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }),
      ask({ 'sec-fetch-dest': 'iframe' }),
      ask({ 'sec-fetch-site': 'cross-site' }),
      ask({ 'x-forwarded-for': '10.0.0.1' }),
      ask({ forwarded: 'for=10.0.0.1' }),
      ask({ host: 'evil.example' }),
      ask({ host: '127.0.0.1.evil.example' }),
      ask({}, 'POST'),
    ])
    for (const { statusCode, headers } of refused) {
      expect([403, 404]).toContain(statusCode)
      expect(headers.location).toBeUndefined()
    }
  })

  test('keeps the studio when it restarts, so that an open page goes on', async () => {
    const { dev, project } = await startStudioDevServer(vite)
    const address = await addressIn(dev)
    const { process } = await projectAt(address)
    const now = new Date()
    utimesSync(project.file('vite.config.js'), now, now)
    await expect.poll(() => dev.output()).toContain('server restarted')
    project.write({ 'owl.image.yaml': 'prompt: an owl\nalt: ""\n' })
    await expect.poll(async () => (await projectAt(address)).images).toBe(2)
    expect((await projectAt(address)).process).toBe(process)
  })

  test('has none with `studio: false`', async () => {
    const { dev, url } = await startStudioDevServer(vite, '{ studio: false }')
    await expect.poll(() => dev.output()).toContain('ready in')
    expect((await fetch(`${url}__imagegen/`)).status).toBe(404)
    expect(dev.output()).not.toContain('Studio')
  })
})

describe.each(['webpack', '@rspack/core'])('the watch mode of %s', (bundler) => {
  test('logs the studio once, however often it builds, and ends it with the process', async () => {
    const project = await temporaryProject({
      'watch.mjs': `import bundler from '${bundler}'
import imagegen from 'unplugin-imagegen/${bundler === 'webpack' ? 'webpack' : 'rspack'}'
const run = bundler.webpack ?? bundler.rspack ?? bundler
const config = (name) => ({ name, mode: 'development', context: import.meta.dirname, entry: './main.js',
  output: { filename: name + '.js' }, plugins: [imagegen({ dev: { generate: 'off' }, types: false })] })
const watching = run([config('one'), config('two')]).watch({}, () => console.log('built'))
process.once('SIGTERM', () => watching.close(() => undefined))
`,
      'main.js': 'import fox from "./fox.image.yaml"\nconsole.log(fox.src)',
      'fox.image.yaml': 'prompt: a fox\nalt: ""\n',
    })
    mkdirSync(project.file('node_modules/@rspack'), { recursive: true })
    symlinkSync(ROOT, project.file('node_modules/unplugin-imagegen'))
    symlinkSync(
      path.join(ROOT, 'node_modules', bundler),
      path.join(project.root, 'node_modules', bundler),
    )
    const child = spawn(process.execPath, ['watch.mjs'], {
      cwd: project.root,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const closed = once(child, 'close')
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    }
    await expect.poll(() => output).toMatch(STUDIO)
    await expect.poll(() => output).toContain('built')
    const before = output.split('built').length
    project.write({ 'main.js': 'import fox from "./fox.image.yaml"\nconsole.log(fox.alt)' })
    await expect.poll(() => output.split('built').length).toBeGreaterThan(before)
    expect(output.match(new RegExp(STUDIO, 'g'))).toHaveLength(1)
    const [, url = '', token = ''] = STUDIO.exec(output) ?? []
    expect(await projectAt({ url, token })).toMatchObject({ images: 1, writable: true })
    child.kill('SIGTERM')
    expect(await closed).toEqual([0, null])
  })
})
