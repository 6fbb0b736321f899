import { rspack } from '@rspack/core'
import imagegen from 'unplugin-imagegen/rspack'

export default {
  mode: 'production',
  entry: './src/main.js',
  output: { clean: true, assetModuleFilename: 'pictures/[name][ext]' },
  cache: { type: 'persistent' },
  plugins: [imagegen(), new rspack.HtmlRspackPlugin({ template: './src/index.html' })],
}
