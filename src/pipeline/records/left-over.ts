import { ImagegenError } from '../../shared/errors.ts'
import { count } from '../../shared/plain-text.ts'
import type { Candidate } from '../../store/read/snapshot.ts'
import { unusedIn } from '../../store/trash.ts'
import type { ResolvedOptions } from '../../options.ts'
import { packagesSharingStore } from '../overlooked.ts'
import type { Survey } from '../survey.ts'

type Environment = Parameters<typeof packagesSharingStore>[2]

/** The keys that manifests ask for. */
export function askedKeys({ plan }: Survey): ReadonlySet<string> {
  return new Set(plan.images.flatMap(({ made }) => made?.key ?? []))
}

/** The originals that no manifest asks for. */
export function leftOver(survey: Survey): readonly Candidate[] {
  return unusedIn(survey.snapshot, askedKeys(survey))
}

/**
 * Checks that originals that nothing asks for here are not needed all the same: by a manifest that cannot be read, by
 * manifests that were not found, or by another package that shares the store.
 *
 * @param unused how many there are.
 * @throws ImagegenError with code `manifest` or `usage`.
 */
export async function holdLeftOver(
  survey: Survey,
  unused: number,
  options: ResolvedOptions,
  environment: Environment,
): Promise<void> {
  const problems = [...survey.problems.values()].flat()
  if (problems.length > 0) throw new ImagegenError('manifest', problems)
  const { manifests } = survey
  const hasImages = manifests.some(({ content }) => content.form !== 'style')
  if (!hasImages && unused > 0) {
    throw new ImagegenError('usage', {
      message: `No manifest ${manifests.length === 0 ? '' : 'with images '}was found below ${options.root}: all ${count(unused, 'original')} would be moved to the trash.`,
      hint: 'Run the command in the folder of the manifests, or check the option `include`.',
    })
  }
  const others = await packagesSharingStore(survey, options, environment)
  if (others.length > 0) throw sharedStore(options.storeDir, others)
}

/** The error for a store that other packages share: an original that is unused here may be used there. */
function sharedStore(folder: string, others: readonly string[]): ImagegenError {
  return new ImagegenError('usage', {
    message: `${others.join(' and ')} may keep originals in the same store (${folder}): what they need would go to the trash.`,
    hint: 'Nothing was moved. Run `prune` in a project whose `include` finds the manifests of all of them, or give each package a `store.dir` of its own.',
  })
}
