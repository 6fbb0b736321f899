import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * The YAML parser, loaded when the first text is parsed: where all manifests are remembered, none is, and loading it
 * takes as long as planning a thousand images. Not by `import()`, since places in a text are asked for in the middle of
 * other work.
 */
export function loadYaml(): typeof import('yaml') {
  return require('yaml') as typeof import('yaml')
}
