import { cpSync } from 'node:fs'
import { context } from 'esbuild'
import imagegen from 'unplugin-imagegen/esbuild'

const page = await context({
  entryPoints: ['src/main.js'],
  bundle: true,
  format: 'esm',
  outdir: 'dist',
  assetNames: 'pictures/[name]-[hash]',
  logLevel: 'info',
  plugins: [imagegen()],
})
cpSync('src/index.html', 'dist/index.html')

if (process.argv.includes('--watch')) {
  await page.watch()
} else {
  await page.rebuild().catch(() => (process.exitCode = 1))
  await page.dispose()
}
