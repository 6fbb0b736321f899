import imagegen from 'unplugin-imagegen/webpack'

export default {
  mode: 'production',
  context: import.meta.dirname,
  entry: './src/index.html',
  output: { clean: true, assetModuleFilename: 'pictures/[name][ext]' },
  cache: { type: 'filesystem' },
  plugins: [imagegen()],
}
