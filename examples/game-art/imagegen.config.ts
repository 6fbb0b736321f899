import { defineConfig } from 'unplugin-imagegen'

export default defineConfig({
  // One style for everything that is made here.
  vars: { style: 'a hand-painted fantasy game, warm light, strong silhouettes' },
  // All of it is 19 pictures.
  budget: { images: 20 },
})
