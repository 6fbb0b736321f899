#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { run } from './run.ts'

// Most commands end within a second. By default, V8 then spends a third of the processor time on optimizing functions
// that hardly run again. What does run often, such as the YAML parser, is optimized a little later.
setFlagsFromString('--interrupt-budget=500000')

process.exitCode = await run(process.argv.slice(2))
for (const stream of [process.stdout, process.stderr]) {
  await new Promise((resolve) => stream.write('', resolve))
}
// Exit explicitly, because a remote store's driver may keep a connection open or wait for an answer forever.
process.exit()
