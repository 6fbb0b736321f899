import path from 'node:path'
import * as v from 'valibot'
import { manifestDigest, type ManifestEdit, type Pipeline, type Survey } from '../../pipeline.ts'
import { MOST_PICTURE_BYTES } from '../../pipeline/adopt/given-picture.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { sha256 } from '../../shared/hash.ts'
import { billOf, imageOf } from '../views/bill.ts'
import { parseBody } from '../listener/body.ts'
import { billFor, checkChange, proposeChange } from './changes.ts'
import { writeFirstManifest } from './first-manifest.ts'
import type {
  AdoptHow,
  Agreement,
  ChangeCheck,
  ChangeRequest,
  FirstManifest,
  Written,
} from '../protocol-actions.ts'
import { textIn } from '../views/reading.ts'
import { refuse, RefusedError } from '../listener/refused.ts'
import type { Question, Route } from '../listener/route.ts'
import type { Runs } from './runs.ts'
import { shownProblems, summaryOf } from '../views/shown-problem.ts'
import { agreementSchema, startAgreed } from './spending.ts'
import { afterwards, type Subject } from '../subject.ts'
import { createUndoList, type AddedFile } from './undo.ts'
import type { View } from '../views/view.ts'

/** The addresses that write manifests and pictures. */
export function writingRoutes(
  view: View,
  runs: Runs,
  kind: Subject['kind'],
): Array<readonly [path: string, route: Route]> {
  const undoList = createUndoList()
  let writing: Promise<unknown> = Promise.resolve()

  /** Two tabs write one after the other, each with what the other has written. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = afterwards(writing, work)
    writing = next
    return next
  }

  /** The project, with a manifest that is as the page saw it. */
  async function seen(id: string, digest: string): Promise<{ survey: Survey; pipeline: Pipeline }> {
    const survey = await view.survey()
    const pipeline = await view.pipeline()
    const { manifest } = imageOf(id, survey).entry
    if (manifestDigest(manifest) !== digest) throw changedSince(manifest.path)
    return { survey, pipeline }
  }

  /** What the page is told once something was written. */
  async function written(
    id: string,
    edit: ManifestEdit,
    undo: string | null,
    more: readonly string[] = [],
  ): Promise<Written & { readonly survey: Survey }> {
    const survey = await view.refresh([...edit.files.map(({ file }) => file), ...more])
    const pipeline = await view.pipeline()
    const manifest = survey.manifestAt(edit.manifest)
    return {
      manifest: edit.manifest,
      ids: edit.ids,
      digest: manifest === undefined ? '' : manifestDigest(manifest),
      revision: view.wall.revision,
      undo,
      said: edit.files.length === 0 ? 'Nothing to change.' : `${id}: ${edit.written}`,
      generate: null,
      bill: survey.images.has(id) ? billFor(id, survey, pipeline) : null,
      survey,
    }
  }

  async function change({ id, digest, change: wanted, generate }: ChangeRequest): Promise<Written> {
    const { survey, pipeline } = await seen(id, digest)
    const edit = await proposeChange(id, wanted, survey, pipeline)
    await pipeline.write(edit)
    const undo = edit.files.length === 0 ? null : undoList.remember(edit)
    const { survey: now, ...told } = await written(id, edit, undo)
    // The words are as long as a prompt.
    const said =
      wanted.kind === 'back' && undo !== null ? `${id}: went back to an earlier picture` : told.said
    return {
      ...told,
      said,
      generate: generate === undefined ? null : await make(id, generate, now),
    }
  }

  /** Generates an image after a change, if it costs what was agreed. */
  async function make(id: string, agreed: Agreement, survey: Survey): Promise<Written['generate']> {
    const pipeline = await view.pipeline()
    const images = [imageOf(id, survey)]
    const selection = pipeline.selectImages(survey, images, { outdated: false, lost: [] })
    const found = { selection, bill: billOf(selection) }
    try {
      startAgreed(found, agreed, { survey, pipeline, runs, kind })
      return 'started'
    } catch (error) {
      if (error instanceof RefusedError) {
        const { code, message, hint } = error.refusal
        if (code === 'price-changed') return code
        return { message, ...(hint === undefined ? {} : { hint }) }
      }
      if (!(error instanceof ImagegenError)) throw error
      const { root } = pipeline.options
      const [first] = shownProblems(error, root)
      const message = summaryOf(error, root) ?? first?.message ?? error.message
      return { ...first, message }
    }
  }

  async function adopt(bytes: Buffer, { query, gone }: Question): Promise<Written> {
    const id = textIn(query, 'id')
    const how = howIn(query)
    const { survey, pipeline } = await seen(id, textIn(query, 'digest'))
    const adoption = await pipeline.adoptFile(
      imageOf(id, survey),
      { kind: 'bytes', name: textIn(query, 'name').slice(-200), bytes },
      survey,
      {
        keepPrompt: how !== 'source',
        origin: how === 'edited' ? 'edited' : 'elsewhere',
        signal: gone,
      },
    )
    const { rewritten, isNew, removed } = adoption
    const { root, storeDir } = pipeline.options
    const file = path.resolve(root, adoption.file)
    const added: AddedFile | undefined =
      how === 'source' && isNew ? { file, sha256: sha256(bytes) } : undefined
    // The picture that the manifest named before is gone, so the manifest cannot go back to it.
    const isFinal = rewritten === undefined || removed !== undefined
    const undo = isFinal ? null : undoList.remember(rewritten, added)
    const edit = rewritten ?? unchanged(id, survey)
    const { survey: _, ...said } = await written(id, edit, undo, [file, storeDir])
    return { ...said, said: `${id}: ${SAID[how]}` }
  }

  const json = <Value>(
    name: string,
    schema: v.GenericSchema<unknown, Value>,
    answer: (value: Value) => Promise<unknown>,
  ): readonly [string, Route] => [
    `/api/1/${name}`,
    {
      kind: 'write',
      mediaType: 'application/json',
      limit: LONGEST_CHANGE,
      answer: (body) => answer(parseBody(body, schema)),
    },
  ]

  return [
    json('check', changeSchema, async ({ id, digest, change: wanted }): Promise<ChangeCheck> => {
      const { survey, pipeline } = await seen(id, digest)
      return checkChange(id, wanted, survey, pipeline)
    }),
    json('change', changeSchema, (request) => inTurn(() => change(request))),
    json('undo', v.strictObject({ undo: v.string() }), ({ undo }) =>
      inTurn(async (): Promise<Written> => {
        // It notices an edited config.
        await view.survey()
        const { back, again } = await undoList.undo(undo, await view.pipeline())
        const { survey: _, ...said } = await written(back.id, back, again)
        return { ...said, said: `${back.id}: undone` }
      }),
    ),
    json('manifest', v.strictObject({}), () =>
      inTurn(async (): Promise<FirstManifest> => {
        const { file, manifest } = writeFirstManifest(await view.survey(), await view.pipeline())
        const { plan } = await view.refresh([file])
        const images = plan.images.filter(({ entry }) => entry.manifest.path === manifest)
        const ids = images.map(({ entry }) => entry.id)
        return { manifest, ids, revision: view.wall.revision }
      }),
    ),
    [
      '/api/1/adopt',
      {
        kind: 'write',
        mediaType: 'application/octet-stream',
        limit: MOST_PICTURE_BYTES,
        answer: (body, question) => inTurn(() => adopt(body, question)),
      },
    ],
  ]
}

/** The most bytes of a change: a prompt has a few thousand letters. */
const LONGEST_CHANGE = 512 * 1024

const SAID: Readonly<Record<AdoptHow, string>> = {
  source: 'the file is used in place of generating',
  candidate: 'the file is one more candidate, and in use',
  edited: 'the edited picture is one more candidate, and in use',
}

/** @throws RefusedError `malformed`. */
function howIn(query: URLSearchParams): AdoptHow {
  const how = textIn(query, 'how')
  if (how === 'source' || how === 'candidate' || how === 'edited') return how
  throw refuse('malformed', '`how` has to be source, candidate or edited.')
}

function changedSince(manifest: string): RefusedError {
  return refuse('changed', `${manifest} was changed since you saw it. Nothing was written.`, {
    hint: 'Look at it again, then repeat the change.',
  })
}

/** An edit of an image whose manifest says already what it should. */
function unchanged(id: string, survey: Survey): ManifestEdit {
  return {
    id,
    manifest: imageOf(id, survey).entry.manifest.path,
    written: '',
    changes: {},
    files: [],
    ids: [],
    missing: [],
    difference: { requests: 0, pictures: 0, usd: 0 },
    survey,
  }
}

const text = v.pipe(v.string(), v.maxLength(100_000))
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'))
const seed = v.pipe(v.number(), v.safeInteger())

const changeSchema: v.GenericSchema<unknown, ChangeRequest> = v.strictObject({
  id: text,
  digest: text,
  change: v.variant('kind', [
    v.strictObject({ kind: v.literal('pick'), sha256: digest }),
    v.strictObject({ kind: v.literal('back'), key: digest, sha256: digest }),
    v.strictObject({
      kind: v.literal('more'),
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
    }),
    v.strictObject({ kind: v.literal('reroll') }),
    v.strictObject({
      kind: v.literal('edit'),
      fields: v.strictObject({
        prompt: v.exactOptional(text),
        alt: v.exactOptional(v.nullable(text)),
        seed: v.exactOptional(v.nullable(seed)),
        aspectRatio: v.exactOptional(v.nullable(text)),
        size: v.exactOptional(v.nullable(text)),
      }),
    }),
  ]),
  generate: v.exactOptional(agreementSchema),
})
