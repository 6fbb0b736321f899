import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

export interface NewerNode {
  /** To be put in front of PATH. */
  readonly folder: string
  /** As `node --version` has it. */
  readonly version: string
}

/** A Node for frameworks that do not run on the oldest one that this package runs on. */
export async function newerNode(): Promise<NewerNode> {
  const major = 24
  const print = 'console.log(JSON.stringify([process.execPath, process.version]))'
  const command = ['--yes', '-p', `node@${major}`, 'node', '-e', print]
  const { stdout } = await promisify(execFile)('npx', command).catch((error: unknown) => {
    const message = `There is no Node ${major}. \`npx -p node@${major} node\` has to run: it needs a registry.`
    throw new Error(message, { cause: error })
  })
  const [file, version] = JSON.parse(stdout) as [string, string]
  return { folder: path.dirname(file), version }
}
