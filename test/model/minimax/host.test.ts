import { describe, expect, test } from 'vitest'
import { isNearby } from '../../../src/model/http/host.ts'
import { minimax } from '../../../src/model/minimax/minimax.ts'
import { endpointOf } from '../../../src/model/minimax/service.ts'

describe('endpointOf', () => {
  test.each([
    ['https://api.minimax.io', 'https://api.minimax.io/v1/image_generation'],
    ['https://api.minimax.io/', 'https://api.minimax.io/v1/image_generation'],
    ['https://api.minimax.io/v1', 'https://api.minimax.io/v1/image_generation'],
    ['https://api.minimax.io/v1/', 'https://api.minimax.io/v1/image_generation'],
    ['HTTPS://API.MiniMax.io:443', 'https://api.minimax.io/v1/image_generation'],
    ['https://gateway.example/minimax/v1', 'https://gateway.example/minimax/v1/image_generation'],
    ['http://127.0.0.1:8787', 'http://127.0.0.1:8787/v1/image_generation'],
    ['http://[::1]:8787', 'http://[::1]:8787/v1/image_generation'],
    ['http://emulator:8787', 'http://emulator:8787/v1/image_generation'],
  ])('%s', (host, endpoint) => {
    expect(endpointOf(host).href).toBe(endpoint)
  })

  test.each([
    ['api.minimax.io', /has no scheme.*\n.*https:\/\/api\.minimax\.io/],
    ['localhost:8787', /has no scheme/],
    ['ftp://api.minimax.io', /not http\(s\)/],
    ['file:///etc/passwd', /not http\(s\)/],
    ['https://', /not an address/],
    ['https://api.minimax.io:99999', /not an address/],
    ['https://api.minimax.io?key=1', /must not hold/],
    ['https://api.minimax.io#a', /must not hold/],
    ['http://api.minimax.io', /clear text.*\n.*https:\/\/api\.minimax\.io/],
    ['http://203.0.113.9', /clear text/],
  ])('refuses %s', (host, message) => {
    expect(() => endpointOf(host)).toThrow(message)
    expect(() => endpointOf(host)).toThrow(expect.objectContaining({ code: 'config' }))
  })

  test('does not repeat a password', () => {
    const attempt = (): URL => endpointOf('https://me:hunter2@api.minimax.io')
    expect(attempt).toThrow(/user name or password/)
    expect(attempt).not.toThrow(/hunter2/)
  })
})

test.each([
  ['localhost', true],
  ['127.8.8.8', true],
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['192.168.1.1', true],
  ['169.254.169.254', true],
  ['0.0.0.0', true],
  ['[::1]', true],
  ['[fd00::1]', true],
  ['[::ffff:127.0.0.1]', true],
  ['printer.local', true],
  ['host.docker.internal', true],
  ['localhost.', true],
  ['172.32.0.1', false],
  ['8.8.8.8', false],
  ['[2001:db8::1]', false],
  ['api.minimax.io', false],
  ['localhost.example.com', false],
  ['internal.example', false],
])('isNearby(%s) is %s', (hostname, expected) => {
  expect(isNearby(hostname)).toBe(expected)
})

describe('minimax()', () => {
  test('asks the international host unless told otherwise', () => {
    expect(minimax('image-01').account).toBe('minimax@api.minimax.io')
    expect(minimax('image-01', { host: '' }).account).toBe('minimax@api.minimax.io')
    expect(minimax('image-01', { host: 'https://api.minimax.cn' }).account).toBe(
      'minimax@api.minimax.cn',
    )
  })

  test.each([
    { rpm: 0 },
    { rpm: Number.NaN },
    { timeout: -1 },
    { timeout: Infinity },
    { timeout: 2 ** 31 },
    { timeout: '180000' as unknown as number },
  ])('refuses %o', (options) => {
    expect(() => minimax('image-01', options)).toThrow(expect.objectContaining({ code: 'config' }))
  })

  test('takes what it lacks from an account, and keeps what it has', () => {
    const account = { apiKey: 'sk-account', host: 'https://api.minimax.cn' }
    const bare = minimax('image-01', { rpm: 3 })
    expect(bare.credentials).toBe('missing')
    expect(bare.withAccount(account)).toMatchObject({
      credentials: 'given',
      account: 'minimax@api.minimax.cn',
      requestsPerMinute: 3,
    })
    expect(bare.withAccount({})).toMatchObject({
      credentials: 'missing',
      account: 'minimax@api.minimax.io',
    })
    const own = minimax('image-01', { apiKey: 'sk-own', host: 'http://localhost:1' })
    expect(own.withAccount(account).account).toBe('minimax@localhost:1')
  })
})
