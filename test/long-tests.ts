/**
 * Tests that need no more than Node and take longer than all others: `npm run test:system` runs
 * them, so that `npm test` stays below four minutes. `npm run chaos` runs its own, at its scale.
 */
export const longTests: readonly string[] = [
  ...['control-characters', 'faults', 'hostile', 'kills', 'manifests', 'secrets'].map(
    (name) => `test/chaos/${name}.built.test.ts`,
  ),
  ...[
    'edits-under-way.test.ts',
    'joined-updates.test.ts',
    'placeholder-labels.test.ts',
    'places.test.ts',
    'published-manifests.test.ts',
    'vite-dev.test.ts',
    'vite-markup-dev.test.ts',
    'vite-workers.test.ts',
    'webpack-build.test.ts',
    'webpack-markup.test.ts',
    'webpack-watch.test.ts',
  ].map((name) => `test/bundlers/${name}`),
  ...['edits', 'export', 'export-watch', 'messages', 'read-only', 'report', 'styles'].map(
    (name) => `test/cli/${name}.built.test.ts`,
  ),
  'test/examples/demo.built.test.ts',
  'test/examples/teams.built.test.ts',
  'test/generate/many-candidates.test.ts',
  'test/manifest/language-server.built.test.ts',
  'test/package/package.test.ts',
  'test/plugin/background.test.ts',
  'test/store/remote/faults.test.ts',
  'test/studio/records.test.ts',
  'test/studio/spending.test.ts',
  'test/types/exact-types.built.test.ts',
  'test/types/no-drift.test.ts',
]
