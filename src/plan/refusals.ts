import type { GeneratedSubject, ImageEntry } from '../manifest/entry.ts'
import { placeOf, type DocumentPath } from '../manifest/manifest.ts'
import type { ProviderOptionsCheck } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import { nearest } from '../shared/suggest.ts'

/**
 * What a model would refuse of an entry, found before anything is asked for.
 *
 * @param checked its `providerOptions`, as the model takes them.
 */
export function refusals(
  entry: ImageEntry,
  subject: GeneratedSubject,
  model: ResolvedModel,
  checked: ProviderOptionsCheck,
): readonly Problem[] {
  const { limits } = model
  const problems: Problem[] = []
  const refuse = (field: DocumentPath, message: string, hint: string): void => {
    problems.push({
      message: `${entry.name}: ${message}`,
      place: placeOf(entry.manifest, [...entry.path, ...field], 'value'),
      hint,
    })
  }

  const { promptLength = Infinity } = limits
  // There are no more characters than UTF-16 units, which are counted already.
  const length = subject.prompt.length > promptLength ? [...subject.prompt].length : 0
  if (length > promptLength) {
    refuse(
      ['prompt'],
      `the prompt has ${length} characters; ${model.name} takes ${promptLength}.`,
      `Shorten it by ${length - promptLength}. Variables count as what they stand for.`,
    )
  }
  if (subject.aspectRatio !== undefined) refuseRatio(subject.aspectRatio, model, refuse)
  if (subject.size !== undefined) refuseSize(subject.size, model, refuse)
  if (subject.references.length > 0) refuseReferences(subject, model, refuse)
  if ('issues' in checked) {
    for (const issue of checked.issues) {
      problems.push({
        message: `${entry.name}: \`${['providerOptions', ...issue.path].join('.')}\`: ${issue.message}`,
        place: placeOf(entry.manifest, [...entry.path, 'providerOptions', ...issue.path], 'value'),
      })
    }
  }
  return problems
}

type Refuse = (field: DocumentPath, message: string, hint: string) => void

function refuseRatio(ratio: string, model: ResolvedModel, refuse: Refuse): void {
  const { aspectRatios = {} } = model.limits
  if (Object.hasOwn(aspectRatios, ratio)) return
  const ratios = Object.keys(aspectRatios)
  if (ratios.length === 0) return
  refuse(['aspectRatio'], `${model.name} does not draw ${ratio}.`, `It draws ${ratios.join(', ')}.`)
}

function refuseSize(size: string, model: ResolvedModel, refuse: Refuse): void {
  const { sizes } = model.limits
  if (sizes === undefined) return
  if (sizes === false) {
    return refuse(['size'], `${model.name} takes no free size.`, 'Use `aspectRatio` instead.')
  }
  const fits = size
    .split('x')
    .map(Number)
    .every((side) => side >= sizes.min && side <= sizes.max && side % sizes.multipleOf === 0)
  if (!fits) {
    refuse(
      ['size'],
      `${model.name} does not draw ${size}.`,
      `Width and height lie from ${sizes.min} to ${sizes.max} pixels and are divisible by ${sizes.multipleOf}.`,
    )
  }
}

function refuseReferences(subject: GeneratedSubject, model: ResolvedModel, refuse: Refuse): void {
  const { references } = model.limits
  if (references === undefined) return
  if (references === false) {
    return refuse(
      ['references'],
      `${model.name} takes no references.`,
      'Use another model for this image, or remove them.',
    )
  }
  if (references.max !== undefined && subject.references.length > references.max) {
    refuse(
      ['references'],
      `${subject.references.length} references; ${model.name} takes ${references.max}.`,
      'Remove some.',
    )
  }
  for (const { type, index } of subject.references) {
    if (type === undefined || references.types.includes(type)) continue
    const suggestion = nearest(type, references.types)
    refuse(
      ['references', index, 'type'],
      `${model.name} knows no reference of type \`${type}\`.`,
      suggestion === undefined
        ? `It knows ${references.types.join(', ')}.`
        : `Did you mean \`${suggestion}\`?`,
    )
  }
}
