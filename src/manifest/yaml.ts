import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

type Yaml = typeof import('yaml')

let loaded: Yaml | undefined

/**
 * Loads the YAML parser when the first text is parsed. When every manifest is cached, the parser is never needed, and
 * loading it takes as long as planning a thousand images. It is loaded by `require`, not `import()`, because its callers
 * are synchronous. It is kept: each call of `require` resolves the name again, and parsing a manifest needs it a dozen
 * times.
 */
export function loadYaml(): Yaml {
  return (loaded ??= require('yaml') as Yaml)
}
