import { defineConfig } from 'unplugin-imagegen'

/** The pictures of the Vite example: what was made there is used here, and asked for once. */
export default defineConfig({
  include: '../vite/src/**/*.image.yaml',
  allow: '../vite',
  store: { dir: '../vite/.imagegen', outside: true },
})
