import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const source = fileURLToPath(new URL('../src/studio/page', import.meta.url))

/**
 * The studio's page as one HTML file: one `<style>` and one `<script>` without attributes that vary, so that the server
 * can name both by their hash in its Content-Security-Policy.
 *
 * @returns {Promise<string>}
 */
export async function studioPage() {
  const { outputFiles } = await build({
    absWorkingDir: source,
    entryPoints: ['main.tsx', 'styles/page.css'],
    outdir: source,
    outbase: source,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome123', 'firefox124', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
  })
  const textOf = (/** @type {string} */ name) =>
    outputFiles.find((file) => file.path.endsWith(name))?.text.trim() ?? ''
  return readFileSync(path.join(source, 'page.html'), 'utf8')
    .replace('/* style */', () => textOf('page.css'))
    .replace('/* script */', () => textOf('main.js'))
}
