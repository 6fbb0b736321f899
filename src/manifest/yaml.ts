import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * Loads the YAML parser when the first text is parsed. When every manifest is cached, the parser is never needed, and
 * loading it takes as long as planning a thousand images. It is loaded by `require`, not `import()`, because its callers
 * are synchronous.
 */
export function loadYaml(): typeof import('yaml') {
  return require('yaml') as typeof import('yaml')
}
