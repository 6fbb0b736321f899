import path from 'node:path'
import type { Imported } from '../../pipeline.ts'
import { count, inOneLine, sentence } from '../../shared/plain-text.ts'
import { JSON_OPTION, type Command } from '../command.ts'
import { openProject, soundSurvey } from '../project.ts'
import { stopOnInterrupt } from '../terminal/interrupt.ts'
import type { Output } from '../terminal/output.ts'
import { listed } from '../terminal/report.ts'

export const importPictures: Command = {
  operands: { usage: 'DIR', least: 1, most: 1 },
  options: {
    out: { value: 'FILE', about: 'the manifest to write; by default one named after the folder' },
    ...JSON_OPTION,
  },
  examples: [
    {
      line: 'src/pictures',
      about: 'write src/pictures.image.yaml, with the prompts that the pictures carry',
    },
    {
      line: '~/outputs/txt2img --out src/cast.image.yaml',
      about: 'import pictures from outside the project into a manifest of your choice',
    },
  ],
  async run(given, output) {
    const [folder = ''] = given.operands
    const out = given.text('out')
    const pipeline = await openProject(output)
    pipeline.checkFingerprint()
    const survey = await soundSurvey(pipeline)
    const interrupt = stopOnInterrupt(output)
    try {
      const imported = await pipeline.importFolder(path.resolve(folder), survey, {
        out: out === undefined ? undefined : path.resolve(out),
        signal: interrupt.stop,
        onProgress: (done, total) => output.status(`Reading pictures: ${done} of ${total}`),
      })
      output.status('')
      if (given.flag('json')) output.json({ version: 1, ...imported })
      else tell(imported, output)
      const { manifests } = await pipeline.survey()
      if (!manifests.some(({ path: found }) => found === imported.manifest)) {
        output.logger.warn(
          `${imported.manifest} is not among the manifests of this project: the options \`include\` and \`exclude\` leave it out.`,
        )
      }
      return 0
    } finally {
      output.status('')
      interrupt.release()
    }
  },
}

function tell({ manifest, isNew, images, skipped }: Imported, output: Output): void {
  const sources = images.filter(({ as }) => as === 'source')
  const candidates = images.length - sources.length
  const name = inOneLine(manifest)
  output.result(
    isNew
      ? `Wrote ${name}: ${count(images.length, 'image')}, ${candidates} with their prompts, ${sources.length} as files. Nothing was paid.`
      : `${name} has all ${count(images.length, 'picture')} already. Nothing was changed.`,
  )
  if (isNew) tellReasons(sources, output)
  if (skipped.length === 0) return
  output.logger.warn(`${count(skipped.length, 'file')} of the folder not imported:`)
  tellReasons(skipped, output)
}

function tellReasons(
  files: ReadonlyArray<{ readonly file: string; readonly reason?: string | undefined }>,
  output: Output,
): void {
  const lines = files.map(({ file, reason = '' }) => `  ${inOneLine(file)}: ${sentence(reason)}`)
  for (const line of listed(lines, output.isInteractive)) output.logger.info(line)
}
