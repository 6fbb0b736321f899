/** Sizes that models without declared facts are known to draw. They serve advice only: nothing is refused because of them. */
interface KnownSizes {
  /** What stands before the first dot of the model's `provider`. */
  readonly provider: string
  /** Fits its `modelId`. */
  readonly model: RegExp
  readonly sizes: ReadonlyArray<`${number}x${number}`>
}

/** @see https://platform.openai.com/docs/guides/image-generation */
export const KNOWN_SIZES: readonly KnownSizes[] = [
  {
    provider: 'openai',
    model: /^gpt-image-[12]/,
    sizes: ['1024x1024', '1536x1024', '1024x1536'],
  },
  { provider: 'openai', model: /^dall-e-3/, sizes: ['1024x1024', '1792x1024', '1024x1792'] },
]
