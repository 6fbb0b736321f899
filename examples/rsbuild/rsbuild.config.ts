import { defineConfig } from '@rsbuild/core'
import imagegen from 'unplugin-imagegen/rspack'

export default defineConfig({
  source: { entry: { index: './src/index.ts' } },
  html: { title: 'Three coasts' },
  tools: { rspack: { plugins: [imagegen()] } },
})
