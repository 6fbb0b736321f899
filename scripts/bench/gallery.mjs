import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fillStore } from './filled-store.mjs'
import { plainColour } from './pictures.mjs'
import { run } from './run.mjs'

const PER_MANIFEST = 10
const CONFIG = `import imagegen from 'unplugin-imagegen/vite'
export default { plugins: [imagegen()] }
`

/**
 * A page with many pictures, all of which have been made, as a project with this package; and as one in which the
 * modules of manifests are plain JavaScript that imports the same files.
 *
 * @param {import('./workspace.mjs').Workspace} workspace
 * @param {import('./row.mjs').Scale} scale
 * @returns {Promise<{ ours: import('./workspace.mjs').Project, plain: import('./workspace.mjs').Project, entries: number }>}
 */
export async function galleryProject(workspace, scale) {
  const count = scale.of(100, 20)
  const names = Array.from({ length: count }, (_, index) => `part-${index}`)
  const html = '<!doctype html><script type="module" src="/src/main.js"></script>'
  const mainOf = (/** @type {string} */ ending) =>
    [
      ...names.map((name, index) => `import m${index} from './${name}${ending}'`),
      `console.log(${names.map((_, index) => `m${index}`).join(', ')})`,
    ].join('\n')
  const ours = workspace.project('gallery', {
    'index.html': html,
    'vite.config.js': CONFIG,
    'src/main.js': mainOf('.image.yaml'),
    ...Object.fromEntries(names.map((name) => [`src/${name}.image.yaml`, manifestOf(name)])),
  })
  const size = { width: 320, height: 180 }
  await fillStore(workspace, ours, (index) => plainColour(index, size), size)
  // Renders everything, and says which files are whose.
  await run(workspace.cli, ['export', '--out', 'exported'], { cwd: ours.folder })
  const { images } = JSON.parse(readFileSync(ours.file('exported/images.json'), 'utf8'))
  const plain = workspace.project('gallery-plain', {
    'index.html': html,
    // Vite takes its time to read one, whatever it says.
    'vite.config.js': 'export default {}\n',
    'src/main.js': mainOf('.js'),
    ...plainModules(images, ours.file('exported')),
  })
  ours.clear('exported')
  return { ours, plain, entries: count * PER_MANIFEST }
}

/**
 * @param {string} manifest
 * @returns {string}
 */
function manifestOf(manifest) {
  const images = Array.from(
    { length: PER_MANIFEST },
    (_, index) => `  i${index}: { prompt: "${manifest}, picture ${index}", alt: "" }`,
  )
  return ['defaults: { aspectRatio: 16:9, output: { widths: [160] } }', 'images:', ...images].join(
    '\n',
  )
}

/**
 * The modules that the package would make, written by hand: one for every image, and one that holds them together.
 *
 * @param {Record<string, { src: string, srcset: string, width: number, height: number, format: string }>} images
 * @param {string} folder where their files are
 * @returns {Record<string, string | Buffer>}
 */
function plainModules(images, folder) {
  /** @type {Record<string, string | Buffer>} */
  const files = {}
  /** @type {Map<string, string[]>} */
  const modules = new Map()
  for (const [id, { src, width, height, format }] of Object.entries(images)) {
    const [manifest = '', name = ''] = id.split('#')
    const module = path.basename(manifest, '.image.yaml')
    const file = `src/${module}-${name}.${format}`
    files[file] = readFileSync(path.join(folder, src))
    files[`src/${module}-${name}.js`] = `import u from './${path.basename(file)}?url&no-inline'
export default { src: u, width: ${width}, height: ${height}, format: '${format}', srcset: u + ' ${width}w', sources: {}, img: { src: u, w: ${width}, h: ${height} }, alt: '' }
`
    modules.set(module, [...(modules.get(module) ?? []), name])
  }
  for (const [module, names] of modules) {
    files[`src/${module}.js`] = [
      ...names.map((name) => `import ${name} from './${module}-${name}.js'`),
      `export { ${names.join(', ')} }`,
      `export default { ${names.join(', ')} }`,
    ].join('\n')
  }
  return files
}
