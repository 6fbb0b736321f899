/** Items that machines share and that can be created again, so a failed read or write is ignored. Never throws. */
export interface SharedItems {
  /** @returns `undefined` where the item does not exist or cannot be read. */
  get(key: string): Promise<Uint8Array | undefined>
  put(key: string, bytes: Uint8Array): Promise<void>
}
