import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DemoError } from './projects.mjs'

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/**
 * The studio of a project, as `npx imagegen studio` starts it.
 *
 * @param {string} project absolute
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
export async function openStudio(project, env) {
  const child = spawn(process.execPath, [cli, 'studio'], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  for await (const line of createInterface(child.stdout)) {
    const address = /^Studio: (\S+)$/.exec(line)?.[1]
    if (address !== undefined) {
      return {
        address,
        async close() {
          child.kill('SIGINT')
          await closed
        },
      }
    }
  }
  const [code] = await closed
  throw new DemoError(`The studio ended with ${code} before it printed its address.`)
}
