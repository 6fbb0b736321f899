import { createRequire } from 'node:module'
import path from 'node:path'

/** Whether a project has TypeScript, its own or its workspace's. */
export function isTypeScriptInstalled(root: string): boolean {
  try {
    createRequire(path.join(root, 'package.json')).resolve('typescript/package.json')
    return true
  } catch {
    return false
  }
}
