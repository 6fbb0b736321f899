import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startEmulator } from '../../src/emulator/index.ts'
import { filesBelow } from '../bundlers/sandbox.ts'
import { accountAt } from './account.ts'
import { installProject } from './installed-project.ts'

const FILES = {
  'package.json': '{ "name": "workers", "private": true, "type": "module" }',
  'index.html': '<script type="module" src="/src/main.js"></script>',
  'src/main.js': "new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })\n",
  'src/worker.js': "import { kira } from './cast.image.yaml'\npostMessage(kira.src)\n",
  'src/cast.image.yaml': 'images:\n  kira: { prompt: Kira, alt: Kira }\n',
  'without.config.js':
    "import imagegen from 'unplugin-imagegen/vite'\nexport default { plugins: [imagegen()] }\n",
  'with.config.js': `import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [imagegen()], worker: { plugins: () => [imagegen()] } }
`,
}

test.each(['6.0.15', '6.2.7'])('Vite %s shows pictures in workers', async (vite) => {
  const emulator = await startEmulator({ rpm: 0 })
  onTestFinished(() => emulator.close())
  const project = await installProject({ files: FILES, dependencies: { vite } })
  onTestFinished(() => project.remove())
  for (const config of ['without.config.js', 'with.config.js']) {
    const ran = await project.run('vite', ['build', '-c', config], accountAt(emulator.url))
    expect(ran.code, ran.output).toBe(0)
    const files = filesBelow(path.join(project.folder, 'dist/assets'))
    const worker = [...files].find(([name]) => name.startsWith('worker-'))?.[1].toString('utf8')
    const picture = [...files.keys()].find((name) => name.endsWith('.webp'))
    expect(picture).toMatch(/^kira-/)
    expect(worker).toContain(picture)
  }
  expect(emulator.stats().images).toBe(1)
})
