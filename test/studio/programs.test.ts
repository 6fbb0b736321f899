import { chmodSync, readdirSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { findProgram, openInBrowser } from '../../src/studio/actions/programs.ts'
import { temporaryProject } from '../temporary-project.ts'

it.each<[platform: NodeJS.Platform, wanted: string, found: string | undefined]>([
  ['linux', 'code', 'code'],
  // There it is a script that only another shell starts.
  ['win32', 'code', undefined],
  ['win32', 'git', 'git.exe'],
  ['win32', 'git.exe', 'git.exe'],
])('on %s, %s is %s', async (platform, wanted, found) => {
  const { root, file } = await temporaryProject({ code: '#!/bin/sh', 'git.exe': '' })
  for (const name of ['code', 'git.exe']) chmodSync(file(name), 0o755)
  const program = findProgram(wanted, { PATH: root }, platform)
  expect(program).toBe(found === undefined ? undefined : file(found))
})

it('leaves no file with the token where the browser cannot be started', async () => {
  const { root, file } = await temporaryProject({
    browser: '#!/nowhere/interpreter\n',
    'temporary/kept': '',
  })
  chmodSync(file('browser'), 0o755)
  const { TMPDIR } = process.env
  onTestFinished(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  })
  process.env['TMPDIR'] = file('temporary')
  await expect(
    openInBrowser('http://127.0.0.1:1/#token=t', { BROWSER: file('browser'), PATH: root }),
  ).rejects.toThrow('browser cannot be started')
  expect(readdirSync(file('temporary'))).toEqual(['kept'])
})
