import imagegen from 'unplugin-imagegen/rolldown'

export default {
  input: 'src/main.js',
  output: { dir: 'dist', assetFileNames: 'pictures/[name]-[hash][extname]' },
  plugins: [imagegen()],
}
