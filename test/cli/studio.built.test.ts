import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Project as ShownProject } from '../../src/studio/protocol.ts'
import { createProject, type Running } from './project.ts'

const LINE = /^Studio: (http:\/\/127\.0\.0\.1:\d+\/)#token=([\w-]{22,})\n$/

/** The address and the token of the line that the command prints. */
async function addressOf(
  running: Running,
): Promise<{ readonly url: string; readonly token: string }> {
  const [, url = '', token = ''] = LINE.exec(await running.said('token=')) ?? []
  return { url, token }
}

async function projectAt(url: string, token: string): Promise<ShownProject> {
  const response = await fetch(`${url}api/1/project`, { headers: { 'x-imagegen-token': token } })
  return (await response.json()) as ShownProject
}

it('`studio` prints one line, serves the page, and Ctrl-C ends it with 0', async () => {
  const project = await createProject({ 'a.image.yaml': 'prompt: a\nalt: ""\n' })
  const running = project.start('studio')
  const { url, token } = await addressOf(running)
  const page = await fetch(url)
  expect(page.headers.get('content-security-policy')).toMatch(/script-src 'sha256-/)
  expect(await page.text()).toContain('id="studio"')
  expect(await projectAt(url, token)).toMatchObject({ images: 1, writable: true })
  running.process.kill('SIGINT')
  const { code, stdout } = await running.ended
  expect(code).toBe(0)
  expect(stdout).toMatch(LINE)
  expect(project.files()).toEqual(['a.image.yaml', 'package.json'])
})

it('`studio --read-only --port N` serves that port and writes nothing', async () => {
  const project = await createProject({ 'a.image.yaml': 'prompt: a\nalt: ""\n' })
  const first = project.start('studio', '--read-only')
  const { url, token } = await addressOf(first)
  expect((await projectAt(url, token)).writable).toBe('asked')
  const { port } = new URL(url)
  const { code, stderr } = await project.run('studio', '--port', port)
  expect(code).toBe(2)
  expect(stderr).toContain(`Port ${port} of 127.0.0.1 is in use.`)
  first.process.kill('SIGTERM')
  expect((await first.ended).code).toBe(0)
})

it('`studio --open` gives the browser a private file, so that no argument holds the token', async () => {
  const project = await createProject({ 'a.image.yaml': 'prompt: a\nalt: ""\n' })
  const browser = path.join(project.folder, 'bin/browser')
  const seen = path.join(project.folder, 'seen')
  mkdirSync(path.dirname(browser))
  writeFileSync(
    browser,
    `#!/bin/sh\nprintf %s "$1" > "${seen}.part" && mv "${seen}.part" "${seen}"\n`,
    {
      mode: 0o755,
    },
  )
  project.environment = { ...project.environment, BROWSER: browser }
  const running = project.start('studio', '--open')
  const { url, token } = await addressOf(running)
  await expect.poll(() => project.files()).toContain('seen')
  const file = readFileSync(seen, 'utf8')
  expect(file).not.toContain(token)
  expect(readFileSync(file, 'utf8')).toContain(`${url}#token=${token}`)
  running.process.kill('SIGINT')
  expect((await running.ended).code).toBe(0)
  expect(() => readFileSync(file)).toThrow('ENOENT')
})
