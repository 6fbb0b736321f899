import { expect, it, onTestFinished } from 'vitest'
import { createSession } from '../../src/plugin/session/session.ts'
import { turbopackFacts } from '../../src/plugin/next/turbopack-facts.ts'
import { sandbox } from '../bundlers/sandbox.ts'

const FILE = 'src/quay.image.yaml'

it('requests nothing by the text of a manifest that was edited where no host saw it', async () => {
  const project = await sandbox({ files: { [FILE]: 'prompt: an old prompt\nalt: a quay\n' } })
  const options = { ...project.options, include: FILE }
  const session = createSession(options, turbopackFacts(project.root, 'live'))
  onTestFinished(() => session.close())
  await session.start()
  project.edit(FILE, 'an old prompt', 'a new prompt')
  await expect.poll(() => project.emulator.stats().images).toBe(1)
  expect(JSON.stringify(project.emulator.requests())).toContain('a new prompt')
})
