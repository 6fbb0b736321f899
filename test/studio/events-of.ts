import type { StudioEvent } from '../../src/studio/protocol.ts'
import type { OpenStudio } from './opened.ts'

/**
 * Reads a stream of events until one is wanted.
 *
 * @param onEvent called with each, the wanted one included.
 */
export async function eventOf(
  { origin, token }: OpenStudio,
  isWanted: (event: StudioEvent) => boolean,
  onEvent: (event: StudioEvent) => unknown = () => undefined,
): Promise<StudioEvent> {
  const leaving = new AbortController()
  const { body } = await fetch(`${origin}/api/1/events`, {
    headers: { 'x-imagegen-token': token },
    signal: leaving.signal,
  })
  if (body === null) throw new Error('no stream')
  let text = ''
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const event = JSON.parse(line) as StudioEvent
      await onEvent(event)
      if (!isWanted(event)) continue
      leaving.abort()
      return event
    }
  }
  throw new Error('the stream ended')
}

/** Whether a run is over. */
export function isRunOver(event: StudioEvent): boolean {
  return event.type === 'run' && event.run.phase === 'done'
}
