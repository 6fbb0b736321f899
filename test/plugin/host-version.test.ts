import { expect, it } from 'vitest'
import { checkHostVersion } from '../../src/plugin/host-version.ts'
import { ImagegenError } from '../../src/shared/errors.ts'
import { requireVersion } from '../../src/shared/package-version.ts'

type HostName = Parameters<typeof checkHostVersion>[0]

it.each<[HostName, string | undefined, string]>([
  ['Vite', '5.4.21', 'needs Vite 6 or newer; this project has 5.4.21.'],
  ['Vite', undefined, 'needs Vite 6 or newer; this project has an older one.'],
  ['webpack', undefined, 'needs webpack 5 or newer; this project has an older one.'],
  ['Rspack', '0.7.5', 'needs Rspack 1 or newer; this project has 0.7.5.'],
  ['Rollup', '3.30.0', 'needs Rollup 4 or newer; this project has 3.30.0.'],
  ['Rolldown', '0.15.1', 'needs Rolldown 1 or newer; this project has 0.15.1.'],
  ['esbuild', '0.20.2', 'needs esbuild 0.21 or newer; this project has 0.20.2.'],
  ['Next', '15.5.29', 'needs Next 16.3 or newer; this project has 15.5.29.'],
  ['Next', '16.2.9', 'needs Next 16.3 or newer; this project has 16.2.9.'],
  ['Nuxt', '3.19.0', 'needs Nuxt 4 or newer; this project has 3.19.0.'],
  ['Bun', '1.2.21', 'needs Bun 1.2.22 or newer; this project has 1.2.21.'],
])('%s %s is refused in one line, without a stack', (host, version, line) => {
  const refused = failureOf(() => checkHostVersion(host, version))
  expect(refused).toBeInstanceOf(ImagegenError)
  expect(refused).toMatchObject({ code: 'config', stack: refused.message })
  expect(refused.message).toBe(
    `unplugin-imagegen ${line} Update ${host}, or use \`imagegen export\`, which needs no bundler.`,
  )
})

it.each<[HostName, string]>([
  ['Vite', '6.0.0'],
  ['Vite', '10.1.0'],
  ['Rspack', '1.0.0-beta.2'],
  ['esbuild', '0.21.0'],
  ['esbuild', '1.0.0'],
  ['Next', '16.3.0-canary.7'],
  ['Next', '17.0.0'],
  ['Bun', '1.2.22'],
  ['Bun', '1.10.0'],
])('%s %s is new enough', (host, version) => {
  expect(() => checkHostVersion(host, version)).not.toThrow()
})

it('a package that is too old is refused with what to do', () => {
  const update = 'Run `npm install --save-dev bullmq@latest`.'
  expect(failureOf(() => requireVersion('bullmq', '5.61.0', '6', update)).message).toBe(
    `unplugin-imagegen needs bullmq 6 or newer; this project has 5.61.0. ${update}`,
  )
})

function failureOf(run: () => void): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('Nothing was thrown.')
}
