import { defineConfig } from 'unplugin-imagegen'
import fsDriver from 'unstorage/drivers/fs'

export default defineConfig({
  queue: { connection: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379' },
  // Clients and workers share one store: a folder that all of them mount, or any other remote.
  store: { remote: () => fsDriver({ base: process.env['PICTURES_DIR'] ?? '/srv/pictures' }) },
})
