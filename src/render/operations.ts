import path from 'node:path'
import type { Operation } from '../manifest/schema/process.ts'
import { decodePixels, isPlainPicture, openPixels, toPixels, type Pixels } from '../pixels/raw.ts'
import { PIXEL_LIMIT, type Sharp } from '../pixels/sharp.ts'
import { assertDrawable } from '../pixels/svg-references.ts'
import { ImagegenError } from '../shared/errors.ts'
import { sha256, type JsonValue } from '../shared/hash.ts'
import { lfsObjectOf } from '../shared/lfs-pointer.ts'
import { peakPixels } from './operation-size.ts'
import { renderError } from './render-error.ts'

/** Reads a `composite` file by its absolute path. */
export type ReadComposite = (file: string) => Promise<Uint8Array>

/**
 * Applies operations in the written order.
 *
 * A pipeline of sharp has its own order and room for one operation of each kind. So each operation gets its own
 * pipeline, from pixels to pixels. Only `gamma` shares one, because it applies to what happens between its two halves.
 *
 * @throws ImagegenError with code `render`, naming the operation.
 */
export async function applyOperations(
  picture: Pixels,
  operations: readonly Operation[],
  readComposite: ReadComposite,
): Promise<Pixels> {
  let current = picture
  let position = 0
  for (const step of stepsOf(operations)) {
    position += step.length
    try {
      current = await applyStep(current, step, readComposite)
    } catch (error) {
      if (error instanceof ImagegenError) throw error
      const name = step.at(-1)?.name ?? ''
      throw renderError(
        `\`${name}\`, number ${position} in \`process\`, failed on a picture of ${current.width}x${current.height}`,
        error,
        'Change that operation, or the operations before it.',
      )
    }
  }
  return current
}

/** Groups `gamma` with the `grayscale` and `resize` that follow it. Every other operation is a group alone. */
function stepsOf(operations: readonly Operation[]): ReadonlyArray<readonly Operation[]> {
  const steps: Operation[][] = []
  for (const operation of operations) {
    const last = steps.at(-1)
    const isShared =
      last?.[0]?.name === 'gamma' &&
      (operation.name === 'resize' || operation.name === 'grayscale') &&
      last.every(
        ({ name }) => name === 'gamma' || (name === 'grayscale' && operation.name === 'resize'),
      )
    if (isShared) last.push(operation)
    else steps.push([operation])
  }
  return steps
}

async function applyStep(
  picture: Pixels,
  step: readonly Operation[],
  readComposite: ReadComposite,
): Promise<Pixels> {
  let pipeline = await openPixels(picture)
  // A grey picture stays grey unless an operation changes that.
  if (picture.channels <= 2) pipeline = pipeline.toColourspace('b-w')
  for (const operation of step) {
    guardMemory(operation, picture)
    pipeline = await applyOperation(pipeline, operation, readComposite)
  }
  return toPixels(pipeline)
}

function guardMemory(operation: Operation, picture: Pixels): void {
  const pixels = peakPixels(operation, picture)
  if (pixels <= PIXEL_LIMIT) return
  throw new Error(
    `it would take ${pixels.toLocaleString('en')} pixels, of at most ${PIXEL_LIMIT.toLocaleString('en')}`,
  )
}

async function applyOperation(
  pipeline: Sharp,
  operation: Operation,
  readComposite: ReadComposite,
): Promise<Sharp> {
  const { name, args } = operation
  if (name === 'composite') return pipeline.composite(await overlays(operation, readComposite))
  if (name === 'colourspace') return pipeline.toColourspace(String(args[0]))
  // Without an angle, `rotate` applies the EXIF orientation, which has been applied already.
  if (name === 'rotate' && args.length === 0) return pipeline
  return call(pipeline, operation)
}

/** The schema of `process` has checked the arguments as strictly as sharp does, so the call needs no types. */
function call(pipeline: Sharp, { name, args }: Operation): Sharp {
  const method: unknown = Reflect.get(pipeline, name)
  if (typeof method !== 'function') throw new Error(`sharp has no operation of that name`)
  return Reflect.apply(method, pipeline, args) as Sharp
}

/** sharp overlays a picture's samples without conversion, so a picture that is not sRGB is converted first. */
async function converted(bytes: Uint8Array): Promise<Overlay> {
  const { data, width, height, channels } = await decodePixels(bytes)
  const input = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return { input, raw: { width, height, channels } }
}

type Overlay = NonNullable<Parameters<Sharp['composite']>[0]>[number]

async function overlays(operation: Operation, readComposite: ReadComposite): Promise<Overlay[]> {
  const images = operation.args[0] as Array<Record<string, JsonValue>>
  return Promise.all(
    images.map(async ({ input, ...placing }, index): Promise<Overlay> => {
      const file = operation.files?.[index]?.file ?? String(input)
      const bytes = await readComposite(file)
      if (sha256(bytes) !== input && lfsObjectOf(bytes) !== undefined) {
        throw new ImagegenError('render', {
          message: `${path.basename(file)} is a Git LFS pointer.`,
          hint: 'Run `git lfs pull`, then run it again.',
        })
      }
      if (sha256(bytes) !== input) throw new Error(`${file} has changed in the meantime`)
      assertDrawable(bytes)
      if (!(await isPlainPicture(bytes))) return { ...placing, ...(await converted(bytes)) }
      return {
        ...placing,
        input: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        autoOrient: true,
        failOn: 'error',
        limitInputPixels: PIXEL_LIMIT,
      }
    }),
  )
}
