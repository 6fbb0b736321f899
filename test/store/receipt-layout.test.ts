import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { freeBase } from '../../src/store/arrive/keep-receipt.ts'
import { storeFolder } from '../../src/store/folder.ts'
import { thisProcess } from '../../src/store/locks/process-identity.ts'
import { formatReceipt, parseReceipt, receiptFileText } from '../../src/store/receipt.ts'
import { KEY, jpeg, keep, responseOf, temporaryStore } from './samples.ts'

test('a receipt in the layout of an earlier version counts as the same receipt and is not rewritten', async () => {
  const { store, dir } = temporaryStore()
  const response = responseOf([await jpeg('teal')], {
    recipe: { prompt: 'Kira', providerOptions: { tags: ['one', 'two'] } },
  })
  await keep(store, response)
  const name = readdirSync(dir).find((each) => each.endsWith('.json')) ?? ''
  const file = path.join(dir, name)
  const reading = parseReceipt(readFileSync(file, 'utf8'))
  if (!('receipt' in reading)) throw new Error('It is no receipt.')
  const { receipt } = reading
  expect(readFileSync(file, 'utf8')).toBe(receiptFileText(receipt))
  const earlier = formatReceipt(receipt)
  expect(earlier).not.toBe(receiptFileText(receipt))
  writeFileSync(file, earlier)

  // Another process that stores the same receipt finds its name taken by the same receipt.
  expect(freeBase(storeFolder(dir, thisProcess()), receipt)).toBe(path.basename(name, '.json'))
  await keep(store, response)
  const record = (await store.read([KEY])).lookup(KEY)
  expect(record.problems).toEqual([])
  expect(record.candidates.map((each) => each.receipt)).toEqual([receipt])
  expect(readFileSync(file, 'utf8')).toBe(earlier)
})
