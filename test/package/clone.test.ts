import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '../..')

test('`npm ci` in a clone warns of nothing: no engine, no deprecation, no script that asks to be allowed', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'imagegen-clone-'))
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      cpSync(path.join(root, file), path.join(folder, file))
    }
    const { status, stderr } = spawnSync(
      'npm',
      ['ci', '--dry-run', '--prefer-offline', '--no-update-notifier'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
