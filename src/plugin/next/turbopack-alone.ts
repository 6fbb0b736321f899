import type { ModuleId } from '../module-id.ts'
import { createSession } from '../session/session.ts'
import { answerFrom } from './turbopack-answer.ts'
import type { ModuleAnswer, ModuleRefusal } from './turbopack-channel.ts'
import { turbopackFacts } from './turbopack-facts.ts'

/**
 * Answers a loader in its own process where Next's own does not answer. Nobody has agreed to costs there, so it shows what
 * is in the store and refuses what is missing.
 *
 * @param folder Next's folder, absolute.
 */
export async function answerAlone(
  id: ModuleId,
  folder: string,
): Promise<ModuleAnswer | ModuleRefusal> {
  const session = createSession(undefined, {
    ...turbopackFacts(folder, 'build'),
    mode: process.env['NODE_ENV'] ?? 'production',
    keepsModules: false,
  })
  try {
    return await answerFrom(session, { isBuild: true })(id)
  } finally {
    session.close()
  }
}
