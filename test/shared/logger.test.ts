import { expect, onTestFinished, test } from 'vitest'
import { createConsoleLogger } from '../../src/shared/logger.ts'

test('where a tool labels the console, progress has no label, and warnings and errors have theirs', () => {
  const { error, warn } = console
  onTestFinished(() => {
    Object.assign(console, { error, warn })
    Reflect.deleteProperty(console, '__error')
  })
  const said: string[] = []
  // As consola wraps a console.
  Object.assign(console, {
    __error: (text: string) => void said.push(text),
    error: (text: string) => void said.push(`ERROR ${text}`),
    warn: (text: string) => void said.push(`WARN ${text}`),
  })
  const logger = createConsoleLogger()
  logger.info('kira: in the store.')
  logger.warn('no alt')
  logger.error('refused')
  expect(said).toEqual([
    '[imagegen] kira: in the store.',
    'WARN [imagegen] warning: no alt',
    'ERROR [imagegen] error: refused',
  ])
})
