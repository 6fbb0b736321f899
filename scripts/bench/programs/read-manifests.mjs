/*
 * What planning cannot do without: find, read, hash and parse all manifests. Synchronous reads, the parser that the
 * package uses, and nothing else.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import glob from 'fast-glob'
import { parse } from 'yaml'

const files = glob.sync(['**/*.image.{yaml,yml}'], {
  ignore: ['**/node_modules/**', '**/dist/**', '**/.*/**'],
  absolute: true,
})
const hashes = new Set()
let images = 0
for (const file of files) {
  const bytes = readFileSync(file)
  hashes.add(createHash('sha256').update(bytes).digest('hex'))
  images += Object.keys(parse(bytes.toString('utf8')).images).length
}
console.log(JSON.stringify({ images, files: hashes.size }))
