import { describe, expect, it } from 'vitest'
import { secretsOf, withoutSecrets } from '../../../src/store/remote/secrets.ts'
import type { RemoteStorage } from '../../../src/store/remote/storage.ts'

function driver(options: object): RemoteStorage {
  return Object.assign({ options }, { hasItem: () => false, getItem: () => null })
}

describe('what a driver’s options hold', () => {
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
  ])('in %s is hidden, as it is and as URLs have it', (_, options, secrets) => {
    const found = secretsOf(driver(options))
    for (const secret of secrets) {
      expect(found).toContain(secret)
      expect(withoutSecrets(`no: ${secret}!`, found)).toBe('no: ***!')
    }
  })

  it('is looked for behind a storage, too', () => {
    const hidden = driver({ password: 'pass-word' })
    const storage = { ...driver({}), getMount: () => ({ driver: hidden }) }
    expect(secretsOf(storage)).toEqual(['pass-word'])
  })
})

describe('what drivers say', () => {
  it.each([
    ['[GET] "https://kira:pw@s3.example/b/k": 500', '[GET] "https://***@s3.example/b/k": 500'],
    ['GET /k?X-Amz-Signature=abc&x=1 failed', 'GET /k?X-Amz-Signature=***&x=1 failed'],
    ['<AWSAccessKeyId>AKIA</AWSAccessKeyId>', '<AWSAccessKeyId>***</AWSAccessKeyId>'],
    ['authorization: Basic a2lyYTpwdw== refused', 'authorization: Basic *** refused'],
    ['two\nlines \u001B[31mand a colour', 'two lines [31mand a colour'],
  ])('is one plain line without a way in: %j', (text, shown) => {
    expect(withoutSecrets(text, [])).toBe(shown)
  })

  it('is cut where nobody reads on', () => {
    expect(withoutSecrets('x'.repeat(10_000), [])).toHaveLength(300)
  })
})
