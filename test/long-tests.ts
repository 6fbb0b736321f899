/**
 * Tests that need no more than Node and take longer than all others: `npm run test:system` runs
 * them, so that `npm test` stays below four minutes. `npm run chaos` runs its own, at its scale.
 */
export const longTests: readonly string[] = [
  ...['control-characters', 'faults', 'hostile', 'manifests', 'secrets'].map(
    (name) => `test/chaos/${name}.built.test.ts`,
  ),
  'test/bundlers/vite-workers.test.ts',
  'test/cli/messages.built.test.ts',
  'test/package/package.test.ts',
  'test/types/exact-types.built.test.ts',
]
