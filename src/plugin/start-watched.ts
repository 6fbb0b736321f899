import { plainly } from './plain-error.ts'
import type { Session } from './session.ts'

/**
 * Starts a session in a host that goes on watching: also when the start fails, the host knows the files in which that can
 * be mended.
 */
export async function startWatched(session: Session, watch: (file: string) => void): Promise<void> {
  try {
    await plainly(session.start())
  } catch (error) {
    for (const file of await session.mendable(error)) watch(file)
    throw error
  }
  const { files, folders } = session.surroundings()
  for (const file of [...files, ...folders]) watch(file)
}
