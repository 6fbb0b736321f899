#!/usr/bin/env node
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2))
for (const stream of [process.stdout, process.stderr]) {
  await new Promise((resolve) => stream.write('', resolve))
}
// Exit explicitly, because a remote store's driver may keep a connection open or wait for an answer forever.
process.exit()
