import { cpSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createProject, emulatorFor, type Project } from './project.ts'

const CAST = `defaults: { alt: "", size: 512x512 }
images:
  hero: { prompt: A hero }
  scene: { prompt: Her in a forest, references: ["#hero"] }
  house: { prompt: A house }
  twin: { prompt: A hero }
  river: { prompt: A river }
`

async function castProject(): Promise<Project> {
  return createProject({ 'cast.image.yaml': CAST })
}

async function generated(project: Project, shard: string): Promise<string[]> {
  const ran = await project.run('generate', '--yes', '--json', '--shard', shard)
  expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 })
  const { generated: ids } = JSON.parse(ran.stdout) as { generated: string[] }
  return ids.map((id) => id.split('#')[1] ?? '')
}

describe.concurrent('--shard', () => {
  it('splits a run between machines, whose stores together are the whole', async () => {
    const [first, second] = [await castProject(), await castProject()]
    const emulator = await emulatorFor(first)
    second.environment = first.environment
    expect(await generated(first, '1/2')).toEqual(['hero', 'twin', 'scene'])
    expect(await generated(second, '2/2')).toEqual(['house', 'river'])
    expect(emulator.stats().images).toBe(4)

    cpSync(`${second.folder}/.imagegen`, `${first.folder}/.imagegen`, { recursive: true })
    expect((await first.run('plan', '--check')).stdout).toContain('5 images: 5 current.')
    // A later machine that has the others' originals has nothing left to generate.
    expect(await generated(first, '2/2')).toEqual([])
  })

  it('shows a part of the plan, and checks only that', async () => {
    const project = await castProject()
    await emulatorFor(project)
    const shown = await project.run('plan', '--shard', '2/2')
    expect(shown.stdout).toContain('2 images: 2 missing. To make: 2 pictures in 2 requests')
    await project.run('generate', '--yes', 'house', 'river')
    expect((await project.run('plan', '--check', '--shard', '2/2')).code).toBe(0)
    expect((await project.run('plan', '--check', '--shard', '1/2')).code).toBe(3)
  })

  it.each(['0/2', '3/2', '2', '1/0', '-1/2', '1/1001', 'a/b', '1.5/2', '1/2/3', ' 1/2'])(
    'refuses %s',
    async (shard) => {
      const project = await castProject()
      for (const command of [['plan'], ['generate', '--yes']]) {
        const { code, stderr } = await project.run(...command, `--shard=${shard}`)
        expect(code).toBe(2)
        expect(stderr).toContain(`\`--shard\` is \`${shard}\``)
      }
    },
  )
})
