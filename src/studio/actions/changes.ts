import type { ManifestEdit, Pipeline, Survey } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'
import { billOf, imageOf } from '../views/bill.ts'
import { candidatesOf } from '../views/picture-in-use.ts'
import type {
  Bill,
  Change,
  ChangeCheck,
  CheckedProblem,
  EditedFields,
} from '../protocol-actions.ts'
import { refuse } from '../listener/refused.ts'
import { shownProblem } from '../views/shown-problem.ts'

/** A change of one image, planned. Nothing is written. */
export async function proposeChange(
  id: string,
  change: Change,
  survey: Survey,
  pipeline: Pipeline,
): Promise<ManifestEdit> {
  const image = imageOf(id, survey)
  switch (change.kind) {
    case 'pick':
      return pipeline.pick(survey, id, change.sha256)
    case 'reroll':
      return pipeline.reroll(survey, id)
    case 'more': {
      if (image.made === undefined) {
        throw refuse('refused', `${id} is a file made by hand: it has no candidates.`)
      }
      const there = candidatesOf(image, survey).length
      const n = Math.max(there, image.made.subject.candidates) + change.count
      return pipeline.editFields(survey, id, { n })
    }
    case 'edit':
      return pipeline.editFields(survey, id, change.fields)
    case 'back':
      return pipeline.goBack(survey, id, change)
    default:
      return change satisfies never
  }
}

/** What a change would do, or why it cannot be made. */
export async function checkChange(
  id: string,
  change: Change,
  survey: Survey,
  pipeline: Pipeline,
): Promise<ChangeCheck> {
  try {
    const edit = await proposeChange(id, change, survey, pipeline)
    const after = imageOf(id, edit.survey)
    return {
      problems: [],
      after: {
        state: after.state,
        reason: after.reason,
        key: after.made?.key ?? null,
        bill: billFor(id, edit.survey, pipeline),
        alsoMissing: edit.missing.filter((other) => other !== id),
        changes: edit.files.length > 0,
      },
    }
  } catch (error) {
    if (!(error instanceof ImagegenError)) throw error
    const fields = change.kind === 'edit' ? change.fields : {}
    const { root } = pipeline.options
    const problems = error.problems.map((problem): CheckedProblem => ({
      ...shownProblem(problem, root),
      field: fieldIn(problem.message, fields),
    }))
    return { problems, after: null }
  }
}

/** What generating one image costs. */
export function billFor(id: string, survey: Survey, pipeline: Pipeline): Bill {
  const image = imageOf(id, survey)
  return billOf(pipeline.selectImages(survey, [image], { outdated: false, lost: [] }))
}

const FIELDS: ReadonlyArray<keyof EditedFields> = ['prompt', 'alt', 'seed', 'aspectRatio', 'size']

/** The edited field that a message names, or the only one. */
function fieldIn(message: string, fields: EditedFields): CheckedProblem['field'] {
  const edited = FIELDS.filter((name) => name in fields)
  const named = edited.find((name) => new RegExp(`\`${name}\\b`).test(message))
  return named ?? (edited.length === 1 ? (edited[0] ?? null) : null)
}
