import { existsSync } from 'node:fs'
import path from 'node:path'

/** The first manifest of a project. */
export interface StarterManifest {
  /** The path from the root. */
  readonly file: string
  readonly text: string
}

/** @param root the project's, absolute. */
export function starterManifest(root: string): StarterManifest {
  const isInSource = existsSync(path.join(root, 'src'))
  const schema = `${isInSource ? '../' : './'}node_modules/unplugin-imagegen/dist/schema.json`
  return {
    file: isInSource ? 'src/starter.image.yaml' : 'starter.image.yaml',
    text: `# yaml-language-server: $schema=${schema}
#
# Settings for several manifests go into a style: a manifest with only \`vars\` and \`defaults\`. To use it, write here
#   extends: ./styles/look.image.yaml
vars:
  look: flat vector, muted palette
images:
  lighthouse:
    prompt: A lighthouse on a cliff at dusk, \${look}
    alt: A lighthouse above the sea
`,
  }
}
