import { rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProject } from './project.ts'

const PACKAGE =
  '{ "name": "app", "type": "module", "devDependencies": { "unplugin-imagegen": "*" } }'

describe.concurrent('imagegen init', () => {
  it('writes a manifest and a config file that plan understands, and says what to add to Vite and TypeScript', async () => {
    const project = await createProject({
      'package.json': PACKAGE,
      'vite.config.ts': 'export default {}\n',
      'tsconfig.json': '{}',
      'src/main.ts': '',
    })
    const { code, stdout, stderr } = await project.run('init')
    expect(code).toBe(0)
    expect(stdout).toBe('Wrote src/starter.image.yaml\nWrote imagegen.config.ts\n')
    expect(stderr).toContain("vite.config.ts:\n    import imagegen from 'unplugin-imagegen/vite'")
    expect(stderr).toContain('plugins: [imagegen()]')
    expect(stderr).toContain('"types": ["unplugin-imagegen/client"]')
    expect(stderr).not.toContain('npm install')

    const plan = await project.run('plan', '--json')
    const { summary } = JSON.parse(plan.stdout) as { summary: { missing: number } }
    expect([plan.code, plan.stderr, summary.missing]).toEqual([0, '', 1])
    expect(project.read('src/starter.image.yaml')).toContain('extends: ./styles/look.image.yaml\n')
    expect(project.read('src/starter.image.yaml')).toContain(
      '../node_modules/unplugin-imagegen/dist/schema.json',
    )
  })

  it('can be run again: what is there stays as it is, and what is done is not asked for', async () => {
    const project = await createProject({ 'package.json': PACKAGE, 'vite.config.js': '' })
    await project.run('init')
    project.write('starter.image.yaml', 'prompt: Mine\nalt: ""\n')
    project.write('imagegen.config.mjs', 'export default {}\n')
    project.write('vite.config.js', "import imagegen from 'unplugin-imagegen/vite'\n")
    const before = project.files()
    const { code, stdout, stderr } = await project.run('init')
    expect(code).toBe(0)
    expect(stdout).toContain('Nothing to write')
    expect(stderr).not.toContain('vite.config.js')
    expect(project.files()).toEqual(before)
    expect(project.read('starter.image.yaml')).toBe('prompt: Mine\nalt: ""\n')
    expect(project.read('imagegen.config.mjs')).toBe('export default {}\n')
  })

  it('supports webpack in CommonJS, a project without a bundler, and one with images in another folder', async () => {
    const webpack = await createProject({
      'package.json': '{ "name": "app", "devDependencies": { "webpack": "5" } }',
      'webpack.config.js': 'module.exports = {}\n',
    })
    rmSync(path.join(webpack.folder, 'node_modules'), { recursive: true })
    const { stderr } = await webpack.run('init')
    expect(stderr).toContain(
      "webpack.config.js:\n    const imagegen = require('unplugin-imagegen/webpack')",
    )
    expect(stderr).toContain('npm install')
    expect((await webpack.run('plan')).code).toBe(0)

    const neither = await createProject({ 'art/hero.image.yaml': 'prompt: A hero\nalt: ""\n' })
    const ran = await neither.run('init')
    expect(ran.stdout).toBe('Wrote imagegen.config.mjs\n')
    expect(ran.stderr).toContain('imagegen export --out DIR')
    expect(ran.stderr).not.toContain('tsconfig')
  })

  it('asks in a terminal, and writes nothing after a no', async () => {
    const project = await createProject({ 'package.json': PACKAGE })
    const before = project.files()
    expect((await project.typed('n\r', 'init')).code).toBe(130)
    expect(project.files()).toEqual(before)
    expect((await project.typed('y\r', 'init')).code).toBe(0)
    expect(project.files()).toContain('starter.image.yaml')
  })
})
