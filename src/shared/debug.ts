import { createDebug } from 'obug'
import { sentence } from './plain-text.ts'

/** What `DEBUG=imagegen:*` tells, and each part of it by its own name, such as `DEBUG=imagegen:plan`. */
export type DebugTopic = 'plan' | 'cache' | 'invalidate' | 'wait'

/**
 * Says why something was planned, cached, invalidated or waited for, to whoever looks for a fault in a project.
 *
 * @param lines what there is to say: asked for only where somebody listens.
 */
export function debug(topic: DebugTopic, lines: () => readonly string[]): void {
  const say = createDebug(`imagegen:${topic}`)
  if (!say.enabled) return
  for (const line of lines()) say('%s', sentence(line))
}
