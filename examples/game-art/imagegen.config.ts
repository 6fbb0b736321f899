import { defineConfig } from 'unplugin-imagegen'

export default defineConfig({
  // All of it is 19 pictures.
  budget: { images: 20 },
})
