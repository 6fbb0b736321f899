import { expect, it } from 'vitest'
import { randomFor } from '../chaos/settings.ts'
import { hostilePictures, WHOLE } from '../chaos/hostile-pictures.ts'
import { importTwice, webuiPicture } from '../cli/imported-folder.ts'
import { createProject } from '../cli/project.ts'

it('a folder of 200 pictures of two tools is imported with its prompts, and nothing is paid', async () => {
  await importTwice(await createProject(), 100)
})

it('a folder of hostile pictures is imported without those that cannot be decoded', async () => {
  const project = await createProject()
  const random = randomFor('import')
  const hostile = await hostilePictures(60, random)
  for (const [index, { bytes }] of hostile.entries()) project.write(`art/h${index}`, bytes)
  const whole = await webuiPicture('a fox', 1)
  const start = whole.indexOf('tEXt') - 4
  for (let index = 0; index < 60; index++) {
    const bytes = Buffer.from(whole)
    // The length, the name and the keyword of the text are where a reader goes wrong.
    bytes[random.integer(start, start + 40)] = random.integer(0, 255)
    project.write(`art/t${index}.png`, bytes)
  }
  const ran = await project.run('import', 'art', '--json')
  expect(ran.code, ran.stderr).toBe(0)
  const { images, skipped } = JSON.parse(ran.stdout) as {
    images: ReadonlyArray<{ file: string }>
    skipped: ReadonlyArray<{ file: string }>
  }
  const good = hostile.flatMap(({ what }, index) => (what.startsWith(WHOLE) ? [`h${index}`] : []))
  expect(images.map(({ file }) => file)).toEqual(expect.arrayContaining(good))
  expect(skipped.length).toBeGreaterThan(0)
  expect((await project.run('plan', '--check')).code).toBe(0)
  const again = await project.run('import', 'art')
  expect(again.stdout, again.stderr).toContain('Nothing was changed')
})

it('an import that is killed goes on where it stopped, and stores no picture twice', async () => {
  const project = await createProject()
  for (let index = 0; index < 40; index++) {
    project.write(`art/fox-${index}.png`, await webuiPicture(`a fox ${index}`, index))
  }
  const stored = (): string[] =>
    project.files().filter((file) => /^\.imagegen\/[^/]+\.json$/.test(file))
  const running = project.start('import', 'art')
  await expect.poll(() => stored().length).toBeGreaterThan(3)
  running.process.kill('SIGKILL')
  await running.ended
  expect(project.files()).not.toContain('art.image.yaml')
  const before = stored()
  const ran = await project.run('import', 'art')
  expect(ran.code, ran.stderr).toBe(0)
  expect(stored()).toEqual(expect.arrayContaining(before))
  expect(stored()).toHaveLength(40)
  expect((await project.run('plan', '--check')).code).toBe(0)
})
