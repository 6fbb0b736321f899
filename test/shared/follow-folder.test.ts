import { once } from 'node:events'
import { mkdirSync, rmSync, watch, writeFileSync } from 'node:fs'
import path from 'node:path'
import { it, onTestFinished } from 'vitest'
import { followFolder } from '../../src/shared/follow-folder.ts'
import { temporaryProject } from '../temporary-project.ts'

/** A folder that is followed, and a wait for a change of a file in it. */
async function follow(): Promise<{ folder: string; change: (name: string) => Promise<void> }> {
  const { root } = await temporaryProject({})
  const folder = path.join(root, 'store')
  const changed = new Set<string>()
  let tell = (): void => undefined
  const followed = followFolder(folder, (file) => {
    changed.add(path.relative(folder, file))
    tell()
  })
  onTestFinished(() => followed.close())
  return {
    folder,
    async change(name) {
      while (!changed.has(name)) {
        await new Promise<void>((resolve) => {
          tell = resolve
        })
      }
    },
  }
}

/** Resolves once watchers of a folder have been told what has just changed in it. */
async function told(folder: string): Promise<void> {
  const watcher = watch(folder)
  const seen = once(watcher, 'change')
  writeFileSync(path.join(folder, 'last'), '')
  await seen
  watcher.close()
}

it('follows a folder that comes, with what is in it by then', async () => {
  const { folder, change } = await follow()
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'a'), '')
  await change('a')
})

it('goes on after a file took the place of the folder', async () => {
  const { folder, change } = await follow()
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'a'), '')
  await change('a')
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'a file')
  await told(path.dirname(folder))
  rmSync(folder)
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'b'), '')
  await change('b')
})
