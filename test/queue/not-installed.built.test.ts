import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createProject, emulatorFor } from '../cli/project.ts'

const root = path.join(import.meta.dirname, '../..')

test('without bullmq the option `queue` says what to install, and nothing is spent', async () => {
  const project = await createProject({
    'hero.image.yaml': 'images:\n  hero: { prompt: A hero, alt: "" }\n',
    'imagegen.config.json': '{ "queue": { "connection": "redis://127.0.0.1:1" } }',
  })
  const emulator = await emulatorFor(project)
  // The package with its dependencies, without the other packages that are installed here.
  const installed = path.join(project.folder, 'node_modules/unplugin-imagegen')
  rmSync(installed)
  mkdirSync(installed)
  cpSync(path.join(root, 'dist'), path.join(installed, 'dist'), { recursive: true })
  cpSync(path.join(root, 'package.json'), path.join(installed, 'package.json'))
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  for (const name of Object.keys(manifest.dependencies)) {
    symlinkSync(path.join(root, 'node_modules', name), path.join(installed, '..', name))
  }
  const bin = path.join(installed, 'dist/cli/main.js')
  for (const command of [['generate', '--yes'], ['worker'], ['queue']]) {
    const ran = spawnSync(process.execPath, [bin, ...command], {
      cwd: project.folder,
      env: { PATH: process.env['PATH'], ...project.environment },
      encoding: 'utf8',
    })
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr).toContain('needs the package `bullmq`, which is not installed')
    expect(ran.stderr).toContain('npm install --save-dev bullmq ioredis')
    expect(ran.stderr).not.toMatch(/^\s+at /m)
  }
  expect(emulator.stats().requests).toBe(0)
})
