import { it } from 'vitest'
import { importTwice } from '../cli/imported-folder.ts'
import { createProject } from '../cli/project.ts'

it('a folder of 200 pictures of two tools is imported with its prompts, and nothing is paid', async () => {
  await importTwice(await createProject(), 100)
})
