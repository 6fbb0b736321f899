import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryProject } from '../temporary-project.ts'

/** Plans in a process of its own and says whether sharp was loaded there. */
async function loadsSharp(formats: string): Promise<boolean> {
  const { root } = await temporaryProject({
    'a.image.yaml': `prompt: x\nalt: ""\noutput: { formats: ${formats} }\n`,
  })
  const script = `
    import { createRequire } from 'node:module'
    import { resolveOptions } from './.build/modules/options.js'
    import { createPipeline } from './.build/modules/pipeline.js'
    const options = await resolveOptions({
      start: ${JSON.stringify(root)}, inline: {}, mode: 'production', isBuild: false, environment: {},
    })
    const silent = { info() {}, warn() {}, error() {} }
    const { problems } = await createPipeline(options, silent).survey()
    const modules = Object.keys(createRequire(import.meta.url).cache)
    console.log(JSON.stringify(modules.some((file) => file.endsWith('.node'))))
  `
  const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  })
  return JSON.parse(answer) as boolean
}

test('a plan loads sharp only if an image is written as JPEG XL', async () => {
  expect(await loadsSharp('[avif, webp, jpeg, png, gif]')).toBe(false)
  expect(await loadsSharp('[avif, jxl]')).toBe(true)
})
