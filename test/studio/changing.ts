import { expect } from 'vitest'
import type { Bill, Written } from '../../src/studio/protocol-actions.ts'
import type { ImageDetail } from '../../src/studio/protocol-image.ts'
import { eventOf, isRunOver } from './events-of.ts'
import type { OpenStudio } from './opened.ts'

export async function detailOf({ get }: OpenStudio, id: string): Promise<ImageDetail> {
  return (await get(`/api/1/image?id=${encodeURIComponent(id)}`)).json<ImageDetail>()
}

/** Generates images for what they cost, and waits until they are stored. */
export async function generate(studio: OpenStudio, ...ids: string[]): Promise<void> {
  const { pictures, usd, digest } = (await studio.post('/api/1/bill', { ids })).json<Bill>()
  await eventOf(studio, isRunOver, async ({ type }) => {
    if (type !== 'hello') return
    await studio.post('/api/1/generate', { ids, agreed: { pictures, usd, digest } })
  })
}

/** Changes an image as the page does. */
export async function changeTo(
  studio: OpenStudio,
  change: object,
  id: string,
  more: object = {},
): Promise<Written> {
  const { digest } = await detailOf(studio, id)
  const answer = await studio.post('/api/1/change', { id, digest, change, ...more })
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Written>()
}
