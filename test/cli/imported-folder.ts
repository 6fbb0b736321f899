import { statSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { pickedOf } from '../../src/plan/picked.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { openPipeline } from '../generate/running.ts'
import {
  comfyGraph,
  plainPng,
  tEXt,
  webuiParameters,
  withChunks,
} from '../pixels/tagged-pictures.ts'
import { emulatorFor, type Project } from './project.ts'

const colourOf = (index: number): string => `#${(index * 641).toString(16).padStart(6, '0')}`

/** A picture of WebUI, as it names and tags its files. */
export async function webuiPicture(prompt: string, index: number): Promise<Buffer> {
  const text = tEXt('parameters', webuiParameters(prompt))
  return withChunks(await plainPng(colourOf(index)), 'before', text)
}

/** A picture of ComfyUI. */
async function comfyPicture(prompt: string, index: number): Promise<Buffer> {
  const text = tEXt('prompt', comfyGraph(prompt))
  return withChunks(await plainPng(colourOf(index), 768, 512), 'behind', text)
}

/** Contents by path, without the cache and what one machine keeps for itself. */
export function contents(project: Project): ReadonlyMap<string, string> {
  return new Map(
    project
      .files()
      .filter((file) => !/node_modules|\.imagegen\/(?:locks|pending)/.test(file))
      .map((file) => [
        file,
        `${statSync(path.join(project.folder, file)).mtimeMs} ${project.bytes(file).toString('base64')}`,
      ]),
  )
}

/** What `plan --json` says. */
export interface PlanJson {
  readonly images: ReadonlyArray<{
    readonly name: string
    readonly state: string
    readonly origin?: string
  }>
  readonly summary: Readonly<Record<string, number>>
}

/**
 * Imports a folder with the pictures of two tools into a project, twice, and expects that nothing is paid, that every
 * image shows its own picture, and that the second time changes nothing.
 */
export async function importTwice(project: Project, ofEach: number): Promise<void> {
  const all = 2 * ofEach
  const emulator = await emulatorFor(project)
  for (let index = 0; index < ofEach; index++) {
    // Batches of four share a prompt.
    const prompt = `a fox number ${Math.floor(index / 4)}, \${x}, "quoted": yes #1`
    const number = String(index).padStart(5, '0')
    project.write(`art/${number}-${index}42.png`, await webuiPicture(prompt, index))
    project.write(
      `art/ComfyUI_${number}_.png`,
      await comfyPicture(`a hare\nnumber ${index}`, 1000 + index),
    )
  }
  const ran = await project.run('import', 'art')
  expect(ran.stderr).not.toContain('error')
  expect(ran).toMatchObject({
    code: 0,
    stdout: `Wrote art.image.yaml: ${all} images, ${all} with their prompts, 0 as files. Nothing was paid.\n`,
  })
  const text = project.read('art.image.yaml')
  expect(text).toContain('$${x}')
  const checked = await project.run('plan', '--check', '--json')
  expect(checked.code, checked.stderr).toBe(0)
  const { images, summary } = JSON.parse(checked.stdout) as PlanJson
  expect(summary).toMatchObject({ images: all, current: all, pictures: 0, usd: 0 })
  expect(new Set(images.map(({ origin }) => origin))).toEqual(new Set(['elsewhere']))

  expect((await project.run('plan')).stdout).toContain(`${all} pictures are not from the provider`)

  // Every image shows its own picture: the files of one prompt keep their order.
  const { plan, snapshot } = await (await openPipeline(project.folder, emulator)).survey()
  for (const { entry, made } of plan.images) {
    const picked = pickedOf(snapshot.lookup(made!.key).candidates, entry.pick)
    expect(picked?.receipt.sha256, entry.id).toBe(sha256(project.bytes(`art/${entry.name}.png`)))
  }
  const before = contents(project)
  const again = await project.run('import', 'art')
  expect(again).toMatchObject({
    code: 0,
    stdout: `art.image.yaml has all ${all} pictures already. Nothing was changed.\n`,
  })
  expect(contents(project)).toEqual(before)
  expect(emulator.stats().requests).toBe(0)
}
