import type { GeneratedSubject, ImageEntry } from '../manifest/entry.ts'
import type { DocumentPath } from '../manifest/manifest.ts'
import { faultAt } from '../manifest/written.ts'
import type { ProviderOptionsCheck } from '../model/image-model.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import type { Problem } from '../shared/errors.ts'
import type { JsonValue } from '../shared/hash.ts'
import { nearest } from '../shared/suggest.ts'
import { listedSizes, nearestSize, sentShape } from './sent-shape.ts'

/** The part of a request that a model may refuse. */
interface Asked {
  readonly prompt: string
  readonly aspectRatio?: string | undefined
  readonly size?: string | undefined
  readonly seed?: number | undefined
  readonly references: ReadonlyArray<{ readonly type?: string | undefined }>
}

/**
 * Finds what a model would refuse in an entry, before any request is sent.
 *
 * @param checked the entry's `providerOptions`, as the model's check returned them.
 */
export function refusals(
  entry: ImageEntry,
  subject: GeneratedSubject,
  model: ResolvedModel,
  checked: ProviderOptionsCheck,
): readonly Problem[] {
  return faultsOf(subject, model, checked).map(({ field, message, ...cure }) => ({
    ...faultAt(entry, field, 'value', message),
    ...cure,
  }))
}

/** Finds what a model would refuse in a recipe. Workers and renewals use it, because they have no manifest. */
export function refusalsOfRecipe(
  recipe: Omit<Asked, 'references'> & {
    readonly references?: Asked['references']
    readonly providerOptions?: Readonly<Record<string, JsonValue>>
  },
  model: ResolvedModel,
): readonly Problem[] {
  const { references = [], providerOptions = {} } = recipe
  const checked = model.limits.providerOptions?.(providerOptions) ?? { options: {} }
  return faultsOf({ ...recipe, references }, model, checked).map(({ message, ...cure }) => ({
    message,
    ...(cure.hint === undefined ? {} : { hint: cure.hint }),
    ...(cure.example === undefined ? {} : { example: cure.example }),
  }))
}

/** A problem in a field of an image. */
interface Fault extends Problem {
  readonly field: DocumentPath
}

function faultsOf(asked: Asked, model: ResolvedModel, checked: ProviderOptionsCheck): Fault[] {
  const { limits } = model
  const faults: Fault[] = []
  const refuse: Refuse = (field, message, hint, example) => {
    faults.push({ field, message, hint, ...(example === undefined ? {} : { example }) })
  }

  const { promptLength = Infinity } = limits
  // A text never has more characters than UTF-16 units, so the exact count is needed only above the limit.
  const length = asked.prompt.length > promptLength ? [...asked.prompt].length : 0
  if (length > promptLength) {
    refuse(
      ['prompt'],
      `the prompt has ${length} characters; ${model.name} takes ${promptLength}.`,
      `Shorten it by ${length - promptLength}. Variables count with their values.`,
    )
  }
  if (asked.aspectRatio !== undefined) refuseRatio(asked.aspectRatio, model, refuse)
  if (asked.size !== undefined) refuseSize(asked.size, model, refuse)
  if (asked.seed !== undefined && limits.seed === false) {
    refuse(
      ['seed'],
      `${model.name} takes no seed.`,
      'Remove it; to ask for another picture of the same prompt, raise `revision`.',
    )
  }
  if (asked.references.length > 0) refuseReferences(asked, model, refuse)
  if ('issues' in checked) {
    for (const issue of checked.issues) {
      faults.push({
        field: ['providerOptions', ...issue.path],
        message: `\`${['providerOptions', ...issue.path].join('.')}\`: ${issue.message}`,
      })
    }
  }
  return faults
}

type Refuse = (
  field: DocumentPath,
  message: string,
  hint: string,
  example?: readonly string[],
) => void

function refuseRatio(ratio: string, { name, limits }: ResolvedModel, refuse: Refuse): void {
  if (limits.aspectRatios !== undefined && Object.hasOwn(limits.aspectRatios, ratio)) return
  const ratios = Object.keys(limits.aspectRatios ?? {})
  const sizes = listedSizes(limits)
  if (ratios.length + sizes.length === 0) return
  if (sentShape({ aspectRatio: ratio }, limits).size !== undefined) return
  const near = nearestSize(ratio, limits)
  const drawn = `It draws ${[...ratios, ...sizes].join(', ')}.`
  if (near === undefined) return refuse(['aspectRatio'], `${name} does not draw ${ratio}.`, drawn)
  refuse(
    ['aspectRatio'],
    `${name} does not draw ${ratio}.`,
    `${drawn} To crop one of its sizes, write in place of \`aspectRatio: ${ratio}\`:`,
    [`size: ${near}`, `output: { aspectRatio: ${ratio} }`],
  )
}

function refuseSize(size: string, { name, limits }: ResolvedModel, refuse: Refuse): void {
  const { sizes } = limits
  if (sizes === undefined) return
  if (sizes === false) {
    return refuse(['size'], `${name} takes no free size.`, 'Use `aspectRatio` instead.')
  }
  const listed = listedSizes(limits)
  if ('min' in sizes) {
    const fits = size
      .split('x')
      .map(Number)
      .every((side) => side >= sizes.min && side <= sizes.max && side % sizes.multipleOf === 0)
    if (fits) return
    return refuse(
      ['size'],
      `${name} does not draw ${size}.`,
      `Width and height lie from ${sizes.min} to ${sizes.max} pixels and are divisible by ${sizes.multipleOf}.`,
    )
  }
  if (!listed.some((known) => known === size)) {
    refuse(['size'], `${name} does not draw ${size}.`, `It draws ${listed.join(', ')}.`)
  }
}

function refuseReferences(asked: Asked, { name, limits }: ResolvedModel, refuse: Refuse): void {
  const { references } = limits
  if (references === undefined) return
  if (references === false) {
    return refuse(
      ['references'],
      `${name} takes no references.`,
      'Use another model for this image, or remove them.',
    )
  }
  if (references.max !== undefined && asked.references.length > references.max) {
    refuse(
      ['references'],
      `${asked.references.length} references; ${name} takes ${references.max}.`,
      'Remove some.',
    )
  }
  const { types } = references
  if (types === undefined) return
  for (const [index, { type }] of asked.references.entries()) {
    if (type === undefined || types.includes(type)) continue
    const suggestion = nearest(type, types)
    refuse(
      ['references', index, 'type'],
      `${name} knows no reference of type \`${type}\`.`,
      suggestion === undefined
        ? `It knows ${types.join(', ')}.`
        : `Did you mean \`${suggestion}\`?`,
    )
  }
}
