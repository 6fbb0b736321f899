import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { count, inOneLine } from '../../shared/plain-text.ts'
import type { WrittenReport } from '../../studio/report/report.ts'
import { type Command, JSON_OPTION } from '../command.ts'
import { createPipeline } from '../../pipeline.ts'
import { openOptions, soundSurvey } from '../project.ts'
import { onInterrupt } from '../terminal/interrupt.ts'
import type { Output } from '../terminal/output.ts'
import { priceText } from '../terminal/report.ts'
import { type FolderChanges, type FolderOwner, ownFolder } from '../folders/owned-folder.ts'

const OWNER: FolderOwner = {
  command: 'report',
  list: 'report.json',
  isOurs: (name) =>
    name === 'index.html' ||
    name === 'summary.md' ||
    /^pictures\/(?:thumb|whole)-[0-9a-f]{64}\.[a-z]+$/.test(name),
}

export const report: Command = {
  options: {
    out: { value: 'DIR', about: 'the folder to write to; created if needed' },
    base: { value: 'REF', about: 'show only what changed since the branch REF' },
    ...JSON_OPTION,
  },
  examples: [
    { line: '--out report', about: 'a page of every image, to look at without a server' },
    {
      line: '--out report --base origin/main',
      about: 'what this branch changes, before and after, with its cost',
    },
  ],
  async run(given, output) {
    const out = given.text('out')
    if (out === undefined) {
      throw new ImagegenError('usage', {
        message: '`imagegen report` needs `--out DIR`.',
        hint: 'DIR may contain other files: `imagegen report` removes only files that it wrote.',
      })
    }
    const { readPage } = await import('../../studio/listener/page-file.ts')
    const { makeReport } = await import('../../studio/report/report.ts')
    const { html } = await readPage()
    const interrupt = new AbortController()
    const release = onInterrupt(() => interrupt.abort())
    const pipeline = createPipeline(
      await openOptions(output),
      output.logger,
      undefined,
      'untouched',
    )
    try {
      const survey = await soundSurvey(pipeline)
      const base = given.text('base')
      await makeReport(
        { pipeline, survey, base, html, signal: interrupt.signal },
        async (written) => {
          const { files } = written
          const changes = await ownFolder(path.resolve(out), OWNER).update({
            wanted: files,
            listOf: (listed) => ({
              ...reportJson(written, output),
              files: Object.fromEntries(listed),
            }),
          })
          if (given.flag('json')) output.json({ ...reportJson(written, output), ...changes })
          else tell(written, changes, out, output)
        },
      )
      return 0
    } finally {
      release()
      await pipeline.close()
    }
  },
}

/** What `report.json` and `--json` say. */
function reportJson({ report: { changes, tiles } }: WrittenReport, output: Output): object {
  if (changes === null) {
    return {
      version: 1,
      base: null,
      images: tiles.map(({ id, state, pick, candidates }) => ({ id, state, pick, candidates })),
    }
  }
  const { base, images, paid, missing, notes } = changes
  return {
    version: 1,
    base,
    changes: images.map(({ id, kinds, before, after, fields, ...costs }) => ({
      id,
      kinds,
      before: before === null ? null : { state: before.state, label: before.label },
      after: after === null ? null : { state: after.state, label: after.label },
      fields: fields.map((field) => ({
        name: field.name,
        before: field.before === null ? null : output.clean(field.before),
        after: field.after === null ? null : output.clean(field.after),
      })),
      paid: costs.paid,
      missing: costs.missing,
    })),
    paid,
    missing,
    notes,
  }
}

function tell(
  { report: { changes, tiles } }: WrittenReport,
  { written, unchanged, removed }: FolderChanges,
  out: string,
  output: Output,
): void {
  const page = inOneLine(path.join(out, 'index.html'))
  const files = `${count(written.length, 'file')} written, ${unchanged.length} unchanged, ${removed.length} removed.`
  if (changes === null) {
    output.result(`${count(tiles.length, 'image')} in ${page}: ${files}`)
    return
  }
  const { images, paid, missing, notes } = changes
  for (const note of notes) output.logger.warn(note)
  const cost =
    paid.pictures === 0
      ? []
      : [
          paid.pictures === null
            ? 'What was paid is unknown.'
            : `Paid: ${count(paid.pictures, 'picture')} for ${priceText(paid.usd)}.`,
        ]
  const open =
    missing.pictures === 0
      ? []
      : [`To make: ${count(missing.pictures, 'picture')} for ${priceText(missing.usd)}.`]
  output.result(
    [`${count(images.length, 'image')} changed, shown in ${page}: ${files}`, ...cost, ...open].join(
      '\n',
    ),
  )
}
