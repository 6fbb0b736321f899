import { describe, expect, it } from 'vitest'
import { createProject } from './project.ts'

describe.concurrent('with --json, an error is JSON too', () => {
  it.each([
    ['plan', 'plan', '--json', '--no-such-option'],
    ['emulator', 'emulator', '--json', '--no-such-option'],
    ['no command', 'no-such-command', '--json'],
    ['a command without that option', 'completion', 'bash', '--json'],
  ])('for the wrong usage of %s', async (_, ...args) => {
    const project = await createProject()
    const { code, stdout } = await project.run(...args)
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'usage',
        message: expect.stringMatching(/There is no|has no/),
        problems: [expect.objectContaining({ message: expect.any(String) })],
      },
    })
  })

  it.each([
    ['plan'],
    ['generate', '--yes'],
    ['export', '--out', 'out'],
    ['prune', '--dry-run'],
    ['adopt', 'kira', 'kira.png'],
    ['reroll', 'kira'],
  ])('for a mistake in a manifest that `%s` reads', async (...args) => {
    const project = await createProject({ 'cast.image.yaml': 'images: { kira: { promt: x } }\n' })
    const { code, stdout } = await project.run(...args, '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'manifest', problems: [{ place: { file: 'cast.image.yaml', line: 1 } }] },
    })
  })
})
