import { createServer } from 'vite'
import { test } from 'vitest'
import { expectUpdates } from './renamed-images.ts'

test('after images were renamed, removed, added and brought back, edits still update the page', () =>
  expectUpdates(createServer))
