import { newerNode } from './newer-node.ts'

/** Files that run side by side would install it into one folder at once. Where it cannot be had they say so themselves. */
export default async function fetchNewerNode(): Promise<void> {
  await newerNode().catch(() => undefined)
}
