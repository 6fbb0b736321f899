import { plainly } from './plain-error.ts'
import type { Session } from './session/session.ts'

/**
 * Starts a session in a host that goes on watching: also when the start fails, the host knows the files in which that can
 * be mended.
 *
 * @param begin `start` or `prepare` of the session.
 */
export async function startWatched(
  session: Session,
  watch: (file: string) => void,
  begin: () => Promise<void> = () => session.start(),
): Promise<void> {
  try {
    await plainly(begin())
  } catch (error) {
    for (const file of await session.mendable(error)) watch(file)
    throw error
  }
  const { files, folders } = session.surroundings()
  for (const file of [...files, ...folders]) watch(file)
}
