import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, copyFile, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ResolvedOptions } from '../../options.ts'
import { createPipeline, type Pipeline, type Survey } from '../../pipeline.ts'
import { createSilentLogger } from '../../shared/logger.ts'
import { sha256 } from '../../shared/hash.ts'
import { isInside, realPathOf } from '../../shared/real-path.ts'
import { type MergeBase, openRepository } from './git.ts'

/** A project as it is, or was: its survey, and what it is rendered with. */
export interface Surveyed {
  readonly pipeline: Pipeline
  readonly survey: Survey
}

/** The project at a branch's merge base. */
export interface BaseProject extends Surveyed {
  readonly base: MergeBase
  /** Whether the store is in commits. If not, the receipts here are those of both sides, and say nothing of the branch. */
  readonly knowsReceipts: boolean
  /**
   * Where the bytes of a file are that may be a Git LFS pointer at the merge base, or absent: there, in Git LFS's own
   * folder, or in the project as it is.
   *
   * @param file absolute; where they belong at the merge base.
   * @returns `undefined` if they are not on this machine.
   */
  find(file: string, digest: string): Promise<string | undefined>
  /** The same for a file of the project as it is. */
  findNow(file: string, digest: string): Promise<string | undefined>
  /** Puts bytes that are elsewhere where rendering reads them: in the temporary folder, and nowhere else. */
  bring(file: string, digest: string): Promise<void>
  /** Removes the files that were checked out. */
  close(): Promise<void>
}

/**
 * Checks out the merge base into a temporary folder and surveys it with today's config.
 *
 * @param ref the branch to compare with.
 * @throws ImagegenError with code `usage` without git, a repository, the commit, or a merge base.
 */
export async function openBase(
  ref: string,
  { pipeline: now, survey: today }: Surveyed,
  signal: AbortSignal,
): Promise<BaseProject> {
  const { options } = now
  const repository = await openRepository(options.root, signal)
  const base = await repository.mergeBase(ref)
  const scratch = realPathOf(mkdtempSync(path.join(tmpdir(), 'imagegen-base-')))
  const remove = (): void => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  try {
    const tree = path.join(scratch, 'tree')
    await repository.checkOut(base.mergeBase, tree, scratch)
    const knowsReceipts = await repository.holds(path.join(options.storeDir, A_RECEIPT))
    const place = placesIn(tree, repository.top, options)
    const root = place(options.root)
    mkdirSync(root, { recursive: true })
    const pipeline = createPipeline(
      {
        ...options,
        root,
        allow: options.allow.map(place),
        // The project's own cache is of the manifests as they are.
        cacheDir: path.join(scratch, 'cache'),
        ...(knowsReceipts ? { storeDir: place(options.storeDir) } : { storeIsOutside: true }),
        types: false,
        warnings: [],
      },
      createSilentLogger(),
      undefined,
      'untouched',
    )
    const survey = await pipeline.survey()
    const originals = new Map(
      today.snapshot.everything().candidates.map(({ receipt, file }) => [receipt.sha256, file]),
    )
    const fetched = (digest: string): string =>
      path.join(repository.lfsObjects, digest.slice(0, 2), digest.slice(2, 4), digest)
    const find: BaseProject['find'] = (file, digest) => {
      const original = originals.get(digest)
      const places = [
        file,
        fetched(digest),
        ...(isInside(root, file) ? [path.join(options.root, path.relative(root, file))] : []),
        ...(original === undefined ? [] : [original]),
      ]
      return firstThatHolds(places, digest)
    }
    return {
      pipeline,
      survey,
      base,
      knowsReceipts,
      find,
      findNow: (file, digest) => firstThatHolds([file, fetched(digest)], digest),
      async bring(file, digest) {
        const found = await find(file, digest)
        const isTemporary = isInside(scratch, realPathOf(path.dirname(file)))
        if (found === undefined || found === file || !isTemporary) return
        // Whatever is in its place may be a link that leads out.
        await rm(file, { force: true })
        await mkdir(path.dirname(file), { recursive: true })
        await copyFile(found, file, constants.COPYFILE_EXCL)
      },
      async close() {
        await pipeline.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

/** A name as receipts have it. */
const A_RECEIPT = 'image.0123456789abcdef.01234567.json'

/** Where files of the project are in a tree that was checked out. What is outside the repository stays where it is. */
function placesIn(
  tree: string,
  top: string,
  { root }: Pick<ResolvedOptions, 'root'>,
): (file: string) => string {
  const rootThere = path.join(tree, path.relative(top, realPathOf(root)))
  return (file) => {
    if (isInside(root, file)) return path.join(rootThere, path.relative(root, file))
    const real = realPathOf(file)
    return isInside(top, real) ? path.join(tree, path.relative(top, real)) : file
  }
}

async function firstThatHolds(
  places: readonly string[],
  digest: string,
): Promise<string | undefined> {
  for (const place of places) if (await holds(place, digest)) return place
  return undefined
}

/** A link may lead to a device, which has no end. */
async function holds(file: string, digest: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile() && sha256(await readFile(file)) === digest
  } catch {
    return false
  }
}
