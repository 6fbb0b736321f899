import react from '@vitejs/plugin-react'
import imagegen from 'unplugin-imagegen/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react(), imagegen()],
})
