import { expect, it } from 'vitest'
import { resolveOptions } from '../../src/options.ts'
import { changedFiles, projectStamps } from '../../src/pipeline/project-stamps.ts'
import { temporaryProject } from '../temporary-project.ts'

it('a file that was just written counts as changed once more, because its time may not change', async () => {
  const project = await temporaryProject({ 'hero.image.yaml': 'prompt: A hero\n' })
  const options = await resolveOptions({
    start: project.root,
    inline: {},
    mode: 'production',
    isBuild: false,
    environment: {},
  })
  const changed = async (): Promise<string[]> => {
    const before = await projectStamps(options, undefined)
    return changedFiles(before, await projectStamps(options, undefined))
  }
  await expect
    .poll(() => {
      project.write({ 'hero.image.yaml': 'prompt: A hero\n' })
      return changed()
    })
    .toContain(project.file('hero.image.yaml'))
  await expect.poll(changed).toEqual([])
})
