import { expect, it, onTestFinished } from 'vitest'
import { createSession } from '../../src/plugin/session/session.ts'
import { answerFrom } from '../../src/plugin/next/turbopack-answer.ts'
import type { ModuleAnswer } from '../../src/plugin/next/turbopack-channel.ts'
import { turbopackFacts } from '../../src/plugin/next/turbopack-facts.ts'
import { png } from '../bundlers/sandbox.ts'
import { temporaryProject } from '../temporary-project.ts'

const SOUND = 'images: { own: { source: ./own.png, alt: drawn by hand } }'
const MISSPELT = 'images: { own: { soruce: ./own.png, alt: drawn by hand } }'

it('tells a dev server what an edited style changes', async () => {
  const project = await temporaryProject({
    'imagegen.config.json': '{ "mode": "frozen", "types": false }',
    'src/cast.image.yaml': 'extends: ./style.yaml\nimages: { own: { alt: drawn by hand } }',
    'src/style.yaml': 'defaults: { source: ./own.png }',
    'src/own.png': await png('#336699'),
    'src/other.png': await png('#996633'),
  })
  const session = createSession(undefined, turbopackFacts(project.root, 'live'))
  onTestFinished(() => session.close())
  const answer = answerFrom(session, { isBuild: false })
  const id = { file: project.file('src/cast.image.yaml'), image: 'own' }
  const first = (await answer(id)) as ModuleAnswer
  expect(first.files).toContain(project.file('src/style.yaml'))
  project.write({ 'src/style.yaml': 'defaults: { source: ./other.png, n: 1 }' })
  const second = (await answer(id)) as ModuleAnswer
  expect(second.code).not.toBe(first.code)
  project.write({ 'src/style.yaml': 'defaults: { sauce: ./other.png }' })
  const files = expect.arrayContaining([project.file('src/style.yaml')]) as string[]
  const problem = expect.stringMatching(
    /src\/style\.yaml:1:13 {2}Unknown field[^]*through `extends` in src\/cast\.image\.yaml:1:10/,
  ) as string
  expect(await answer(id)).toEqual({ code: second.code, problem, files })
})

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
