import { existsSync } from 'node:fs'
import path from 'node:path'
import { typesFolder } from '../../pipeline/declarations.ts'
import { starterManifest } from '../../pipeline/starter-manifest.ts'
import { toPosix, writeNew } from '../../shared/files.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import { isConfirmed } from '../consent.ts'
import { openProject } from '../project.ts'
import { type CodeStyle, codeStyle } from '../setup/code-style.ts'
import { type ProjectFiles, readProjectFiles } from '../setup/project-files.ts'
import { stepsByHand } from '../setup/steps.ts'

export const init: Command = {
  options: JSON_OPTION,
  examples: [
    { line: '', about: 'write the files, after asking' },
    { line: '--json', about: 'list what was written and what is left to do' },
  ],
  async run(given, output) {
    const pipeline = await openProject(output, 'look')
    const { options } = pipeline
    const { root, configFile } = options
    const project = readProjectFiles(root)
    const { manifests, problems } = await pipeline.survey()
    const hasManifests =
      problems.size > 0 || manifests.some(({ content }) => content.form !== 'style')
    const files = starterFiles(project).filter(
      ({ kind, file }) =>
        (kind === 'config' ? configFile === undefined : !hasManifests) &&
        !existsSync(path.join(root, file)),
    )
    const names = files.map(({ file }) => file)
    const asks = files.length > 0 && output.isInteractive
    if (asks && !(await isConfirmed(`Write ${names.join(' and ')}?`))) return 130
    const written = files
      .filter(({ file, text }) => writeNew(path.join(root, file), text))
      .map(({ file }) => file)
    const folders = [...manifests.map(({ path: file }) => file), ...problems.keys(), ...names]
      .filter((file) => /\.ya?ml$/.test(file))
      .map((file) => path.posix.dirname(file))
    const steps = stepsByHand(project, {
      typesFolder: typesFolder(options),
      storeFolder: toPosix(path.relative(root, options.storeDir)),
      manifestFolders: [...new Set(folders)],
      missingKeys: options.missingKeys,
    })
    if (given.flag('json')) {
      output.json({ version: 1, written, steps })
      return 0
    }
    output.result(
      written.length === 0
        ? 'Nothing to write: a manifest and a config file already exist.'
        : written.map((file) => `Wrote ${file}`).join('\n'),
    )
    output.logger.info(['', ...steps.map((step) => `- ${step}`)].join('\n'))
    return 0
  },
}

/** A file that `imagegen init` writes. */
export interface StarterFile {
  readonly kind: 'manifest' | 'config'
  /** Path from the root. */
  readonly file: string
  readonly text: string
}

/** The config imports only types, so that it loads even before the package is installed. */
const OPTIONS = `{
  // Defaults for every image. Manifests can override them.
  defaults: {
    aspectRatio: "16:9",
    output: { formats: ["avif", "webp", "jpeg"], widths: [640, 1280] },
  },
}`

function config(isTyped: boolean, { quote, end }: CodeStyle): string {
  const text = isTyped
    ? `import type { Options } from "unplugin-imagegen"${end}\n\nexport default ${OPTIONS} satisfies Options${end}\n`
    : `/** @type {import("unplugin-imagegen").Options} */\nexport default ${OPTIONS}${end}\n`
  return text.replaceAll('"', quote)
}

/** The first manifest and config file of a project. The config is JavaScript if the project has no TypeScript. */
export function starterFiles(project: ProjectFiles): readonly StarterFile[] {
  const { root, names, dependencies } = project
  const isTyped = names.includes('tsconfig.json') || dependencies.has('typescript')
  return [
    { kind: 'manifest', ...starterManifest(root) },
    {
      kind: 'config',
      file: `imagegen.config.${isTyped ? 'ts' : 'mjs'}`,
      text: config(isTyped, codeStyle(project)),
    },
  ]
}
