import { expect, it, onTestFinished } from 'vitest'
import { createSession } from '../../src/plugin/session/session.ts'
import { answerFrom } from '../../src/plugin/next/turbopack-answer.ts'
import { turbopackFacts } from '../../src/plugin/next/turbopack-facts.ts'
import { png } from '../bundlers/sandbox.ts'
import { temporaryProject } from '../temporary-project.ts'

const SOUND = 'images: { own: { source: ./own.png, alt: drawn by hand } }'
const MISSPELT = 'images: { own: { soruce: ./own.png, alt: drawn by hand } }'

it.each([
  { host: 'a dev server', isBuild: false },
  { host: 'a build', isBuild: true },
])('tells $host what is wrong with a manifest, until it is fixed', async ({ isBuild }) => {
  const project = await temporaryProject({
    'imagegen.config.json': '{ "mode": "frozen", "types": false }',
    'src/cast.image.yaml': MISSPELT,
    'src/own.png': await png('#336699'),
  })
  const session = createSession(undefined, turbopackFacts(project.root, isBuild ? 'build' : 'live'))
  onTestFinished(() => session.close())
  const answer = answerFrom(session, { isBuild })
  const id = { file: project.file('src/cast.image.yaml'), image: undefined }
  const refused = expect.stringContaining('Did you mean `source`?') as string
  const files = expect.arrayContaining([id.file]) as string[]
  expect(await answer(id)).toEqual({ refused, files })

  project.write({ 'src/cast.image.yaml': SOUND })
  const mended = await answer(id)
  expect(mended).toEqual({
    code: expect.stringContaining('"./cast.image.yaml?image=own"') as string,
    problem: undefined,
    files,
  })

  project.write({ 'src/cast.image.yaml': `${MISSPELT} # again` })
  // The module from before stands beside the error: a loader that throws costs its process.
  const { code } = mended as { code: string }
  expect(await answer(id)).toEqual(isBuild ? { refused, files } : { code, problem: refused, files })
})
