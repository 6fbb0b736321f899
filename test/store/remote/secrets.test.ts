import { describe, expect, it } from 'vitest'
import { secretsOf, withoutSecrets } from '../../../src/store/remote/secrets.ts'
import type { RemoteStorage } from '../../../src/store/remote/storage.ts'

function driver(options: object): RemoteStorage {
  return Object.assign({ options }, { hasItem: () => false, getItem: () => null })
}

describe("secrets in a driver's options", () => {
  it.each([
    [
      'keys',
      { accessKeyId: 'AKIA1234', secretAccessKey: 'abc/def+ghi' },
      ['AKIA1234', 'abc/def+ghi', 'abc%2Fdef%2Bghi'],
    ],
    ['a URL', { url: 'redis://kira:p%40ss-word@host/0' }, ['p%40ss-word', 'p@ss-word']],
    ['a token as user', { base: 'https://a-token@host/' }, ['a-token']],
    ['headers', { headers: { authorization: 'Bearer a-token' } }, ['Bearer a-token']],
    ['something deeper', { cluster: { redisOptions: { password: 'pass-word' } } }, ['pass-word']],
  ])('secrets in %s are hidden, both plain and encoded as in URLs', (_, options, secrets) => {
    const found = secretsOf(driver(options))
    for (const secret of secrets) {
      expect(found).toContain(secret)
      expect(withoutSecrets(`no: ${secret}!`, found)).toBe('no: ***!')
    }
  })

  it('secrets are found behind a storage too', () => {
    const hidden = driver({ password: 'pass-word' })
    const storage = { ...driver({}), getMount: () => ({ driver: hidden }) }
    expect(secretsOf(storage)).toEqual(['pass-word'])
  })
})

describe('messages of drivers', () => {
  it.each([
    ['[GET] "https://kira:pw@s3.example/b/k": 500', '[GET] "https://***@s3.example/b/k": 500'],
    ['GET /k?X-Amz-Signature=abc&x=1 failed', 'GET /k?X-Amz-Signature=***&x=1 failed'],
    ['<AWSAccessKeyId>AKIA</AWSAccessKeyId>', '<AWSAccessKeyId>***</AWSAccessKeyId>'],
    ['authorization: Basic a2lyYTpwdw== refused', 'authorization: Basic *** refused'],
    ['two\nlines \u001B[31mand a colour', 'two lines [31mand a colour'],
  ])('a message becomes one plain line without secrets: %j', (text, shown) => {
    expect(withoutSecrets(text, [])).toBe(shown)
  })

  it('a long message is shortened', () => {
    expect(withoutSecrets('x'.repeat(10_000), [])).toHaveLength(300)
  })
})
