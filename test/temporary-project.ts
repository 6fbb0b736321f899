import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** Files by their path from the project's root. */
export type FileTree = Readonly<Record<string, string | Uint8Array>>

/** A real folder with a project in it, removed when the test is over. */
export interface TemporaryProject {
  readonly root: string
  readonly file: (name: string) => string
  readonly write: (files: FileTree) => void
}

export async function temporaryProject(files: FileTree = {}): Promise<TemporaryProject> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'imagegen-project-')))
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 5 }))
  const project: TemporaryProject = {
    root,
    file: (name) => path.join(root, name),
    write(tree) {
      for (const [name, content] of Object.entries(tree)) {
        const file = path.join(root, name)
        mkdirSync(path.dirname(file), { recursive: true })
        writeFileSync(file, content)
      }
    },
  }
  project.write({ 'package.json': '{"name":"test-project","type":"module"}', ...files })
  return project
}
