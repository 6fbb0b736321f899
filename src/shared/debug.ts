import { createDebug } from 'obug'
import { sentence } from './plain-text.ts'

/** The topics of `DEBUG=imagegen:*`. Each can be selected alone, such as `DEBUG=imagegen:plan`. */
export type DebugTopic = 'plan' | 'cache' | 'invalidate' | 'wait'

/**
 * Logs why something was planned, cached, invalidated or waited for, for users who debug a project.
 *
 * @param lines returns the lines; called only where the topic is on.
 */
export function debug(topic: DebugTopic, lines: () => readonly string[]): void {
  const say = createDebug(`imagegen:${topic}`)
  if (!say.enabled) return
  for (const line of lines()) say('%s', sentence(line))
}
