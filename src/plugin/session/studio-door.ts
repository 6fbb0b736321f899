import path from 'node:path'
import { messageOf } from '../../shared/errors.ts'
import type { JoinedStudio } from '../../studio/shared-studio.ts'
import type { FollowedRun, RunListener, Subject } from '../../studio/subject.ts'
import type { HostFacts } from './host-facts.ts'
import type { Project } from './project.ts'

/** The way from a dev server into the studio of its project. */
export interface StudioDoor {
  /**
   * The studio's address, with its token. The first call starts it.
   *
   * @returns undefined without a studio: in builds, under Vitest, with `studio: false`, or after a failure, which is
   *   logged.
   */
  address(): Promise<string | undefined>
  /** Logs the address, unless a dev server of this process has done so for the same project. */
  announce(): Promise<void>
  /** Takes part in a studio that an earlier dev server of this process has started. */
  rejoin(): Promise<void>
  /** Tells the studio of a run that the dev server begins. */
  readonly onRun: (...run: Parameters<RunListener>) => FollowedRun | undefined
  close(): void
}

/** @param changed what the session does about a changed file, absolute. */
export function createStudioDoor(
  project: Project,
  facts: HostFacts,
  changed: (file: string) => Promise<void>,
): StudioDoor {
  const isPossible = facts.kind === 'live' && process.env['VITEST'] === undefined
  let listener: RunListener | undefined
  let joining: Promise<JoinedStudio | undefined> | undefined
  let joined: JoinedStudio | undefined
  let isClosed = false

  const subject: Subject = {
    kind: 'dev-server',
    pipeline: async () => (await project.open()).pipeline,
    survey: () => project.survey(),
    async refresh(files) {
      const { background, pipeline } = await project.open()
      const { storeDir } = pipeline.options
      const isInStore = (file: string): boolean =>
        file === storeDir || path.dirname(file) === storeDir
      for (const file of files.filter((each) => !isInStore(each))) await changed(file)
      if (files.some(isInStore)) {
        // The host gets the pictures of a run together, the studio each at once.
        if (background.joins()) project.invalidate()
        else await changed(path.join(storeDir, 'changed'))
      }
      return project.survey()
    },
    onRun(begin) {
      listener = begin
    },
  }

  async function join(how: 'begin' | 'if-there'): Promise<JoinedStudio | undefined> {
    if (!isPossible || isClosed) return undefined
    const { pipeline, logger } = await project.open()
    if (!pipeline.options.studio) return undefined
    const { joinStudio } = await import('../../studio/shared-studio.ts')
    const complain = (error: unknown): void => logger.error(messageOf(error))
    try {
      joined = await joinStudio(pipeline.options.root, subject, complain, how)
    } catch (error) {
      logger.warn(messageOf(error))
    }
    if (isClosed) joined?.leave()
    return joined
  }

  const open = async (): Promise<JoinedStudio | undefined> => {
    joining ??= join('begin')
    return joining
  }

  return {
    address: async () => (await open())?.address,
    async announce() {
      const first = joining === undefined
      const studio = await open()
      if (studio === undefined || !first || !studio.isNew) return
      const { logger } = await project.open()
      logger.info(`Studio: ${studio.address}`)
    },
    async rejoin() {
      if (joined === undefined) await join('if-there')
    },
    onRun: (jobs, root) => listener?.(jobs, root),
    close() {
      isClosed = true
      joined?.leave()
    },
  }
}
