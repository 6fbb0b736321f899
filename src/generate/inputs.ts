import type { ImageModelFile } from '../model/image-model.ts'
import { prepareReference } from '../model/reference-image.ts'
import type { ResolvedModel } from '../model/resolved-model.ts'
import { pickedOf, wantedForPick } from '../plan/picked.ts'
import type { RecipeReference } from '../plan/recipe.ts'
import { ImagegenError } from '../shared/errors.ts'
import { sha256 } from '../shared/hash.ts'
import type { Candidate } from '../store/read/bundle.ts'
import type { WantedKey } from '../store/read/snapshot.ts'
import type { InputPicture } from '../store/receipt.ts'
import type { Store } from '../store/store.ts'
import type { Order, OrderReference } from './order.ts'

/** The reference pictures of a request, and what its receipts will say of them. */
export interface Inputs {
  readonly files: ImageModelFile[]
  readonly inputs: InputPicture[]
}

/**
 * The bytes of a reference picture that is a file.
 *
 * @throws ImagegenError if it cannot be read.
 */
export type ReadFile = (sha256: string) => Promise<Uint8Array>

/**
 * Reads the reference pictures of an order: files by their SHA-256, other entries' picked originals from the store.
 *
 * @throws ImagegenError where a picture is not what the recipe's key says any more, or cannot be read.
 */
export async function readInputs(
  order: Order,
  { provider }: ResolvedModel,
  store: Store,
  readFile: ReadFile,
): Promise<Inputs> {
  const files: ImageModelFile[] = []
  const inputs: InputPicture[] = []
  for (const [position, wanted] of (order.recipe.references ?? []).entries()) {
    const options =
      wanted.type === undefined ? {} : { providerOptions: { [provider]: { type: wanted.type } } }
    if ('url' in wanted) {
      files.push({ type: 'url', url: wanted.url, ...options })
      continue
    }
    const reference = order.references[position] ?? { name: '', sha256: null }
    const bytes =
      'key' in wanted
        ? await readPicked(order, reference, wanted, store)
        : await readFile(wanted.sha256)
    const { mediaType, data } = await prepareReference(bytes)
    files.push({ type: 'file', mediaType, data, ...options })
    inputs.push({ reference: reference.name, sha256: sha256(bytes) })
  }
  return { files, inputs }
}

async function readPicked(
  order: Order,
  { name, sha256: named }: OrderReference,
  { key, pick }: Extract<RecipeReference, { key: string }>,
  store: Store,
): Promise<Uint8Array> {
  const look = async (wanted: WantedKey): Promise<Candidate | undefined> => {
    const record = await store.readKey(wanted)
    return named === null
      ? pickedOf(record.candidates, pick)
      : record.candidates.find(({ receipt }) => receipt.sha256 === named)
  }
  // A remote may have more candidates than the pick asks for, and the one that is named among them.
  const candidate =
    (await look(wantedForPick(key, pick))) ??
    (named === null ? undefined : await look({ key, candidates: Infinity }))
  if (candidate === undefined) {
    throw new ImagegenError('unavailable', {
      message: `${order.id} refers to ${name}, whose picture is not there.`,
      hint: 'Run `imagegen plan` to see why.',
    })
  }
  return store.readOriginal(candidate)
}
