import { expect, it } from 'vitest'
import { createProject, emulatorFor } from './project.ts'

it('DEBUG=imagegen:* says why images are planned, waited for and cached, on the command line', async () => {
  const project = await createProject({
    'art.image.yaml':
      'prompt: A hero\nalt: ""\nsize: 512x512\noutput: { widths: [64], formats: [webp] }\n',
  })
  await emulatorFor(project)
  project.environment['DEBUG'] = 'imagegen:*'
  const made = await project.run('generate', '--yes', '--json')
  expect(made.code).toBe(0)
  // What programs read stays theirs.
  expect(JSON.parse(made.stdout)).toMatchObject({ generated: ['art.image.yaml'] })
  expect(made.stderr).toMatch(/imagegen:plan art\.image\.yaml: missing, new \(key [0-9a-f]{16}\)/)
  expect(made.stderr).toMatch(/imagegen:wait art\.image\.yaml: requested, waiting for the provider/)
  const first = await project.run('export', '--out', 'out')
  expect(first.stderr).toMatch(/imagegen:cache .*: renditions are not in the cache, rendering/)
  const second = await project.run('export', '--out', 'out')
  expect(second.stderr).toMatch(/imagegen:cache .*: renditions come from the cache/)
  expect(second.stderr).toMatch(/imagegen:plan art\.image\.yaml: current, in the store/)
  expect(`${made.stderr}${first.stderr}${second.stderr}`).not.toContain(
    project.environment['MINIMAX_API_KEY'],
  )
  project.environment['DEBUG'] = 'other:*'
  expect((await project.run('plan')).stderr).toBe('')
})
