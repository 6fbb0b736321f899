import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { startEmulator, type Emulator } from '../../src/emulator/index.ts'
import { accountAt } from './account.ts'
import { installProject, type InstalledProject } from './installed-project.ts'
import { newerNode } from './newer-node.ts'

const VERSION = '7.18.4'

const FILES = {
  // React Router looks for its runtime among the dependencies of the program.
  'package.json': JSON.stringify({
    name: 'router',
    private: true,
    type: 'module',
    dependencies: {
      '@react-router/node': VERSION,
      '@react-router/serve': VERSION,
      isbot: '^5.0.0',
      react: '^19.0.0',
      'react-dom': '^19.0.0',
      'react-router': VERSION,
    },
  }),
  'vite.config.ts': `import { reactRouter } from '@react-router/dev/vite'
import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [imagegen(), reactRouter()] }
`,
  'app/root.tsx': `import { Outlet, Scripts } from 'react-router'
export default () => <html><body><Outlet /><Scripts /></body></html>
`,
  'app/routes.ts': `import { index } from '@react-router/dev/routes'
export default [index('home.tsx')]
`,
  'app/home.tsx': `import { kira, marco } from './cast.image.yaml'
export default () => [kira, marco].map(({ src, alt }) => <img key={alt} src={src} alt={alt} />)
`,
  'app/cast.image.yaml': `images:
  kira: { prompt: Kira, alt: Kira }
  marco: { prompt: Marco, alt: Marco }
`,
  'app/broken.image.yaml': 'prompt: [broken\n',
}

let project: InstalledProject
let emulator: Emulator

beforeAll(async () => {
  emulator = await startEmulator({ rpm: 0 })
  const { folder } = await newerNode()
  project = await installProject({
    files: FILES,
    nodeFolder: folder,
    dependencies: { '@react-router/dev': VERSION, vite: '^7.0.0' },
  })
})
afterAll(async () => {
  await emulator?.close()
  await project?.remove()
})

it('React Router: its second dev server requests nothing, and each line is said once', async () => {
  const server = await project.serveAt('react-router', ['dev'], accountAt(emulator.url))
  onTestFinished(() => server.stop())
  const said = (text: string): number => server.output().split(text).length - 1
  await expect.poll(() => said(': in the store.')).toBe(2)
  expect(await (await fetch(server.url)).text()).toContain('/renditions/kira-')
  expect(emulator.stats().images).toBe(2)
  expect(said('another process')).toBe(0)
  expect(said('app/broken.image.yaml:')).toBe(1)
})

it('React Router: builds show every picture', async () => {
  project.write('app/broken.image.yaml', 'prompt: Mended\nalt: Mended\n')
  const { code, output } = await project.run('react-router', ['build'], accountAt(emulator.url))
  expect(code, output).toBe(0)
  expect(output).toMatch(/build\/client\/assets\/kira-/)
  expect(output).toMatch(/build\/client\/assets\/marco-/)
  expect(emulator.stats().images).toBe(3)
})
