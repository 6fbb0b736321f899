import { afterAll, beforeAll } from 'vitest'

// Test files share a worker's process, so that a module is loaded once and not once a file.
// Bundlers set variables and Rollup's tests change the folder: the next file must not see that.
let environment: NodeJS.ProcessEnv
let folder: string

beforeAll(() => {
  environment = { ...process.env }
  folder = process.cwd()
})

afterAll(() => {
  process.chdir(folder)
  for (const name of Object.keys(process.env)) {
    if (!(name in environment)) delete process.env[name]
  }
  Object.assign(process.env, environment)
})
