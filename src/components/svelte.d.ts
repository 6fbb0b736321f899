import type { Component } from 'svelte'
import type { HTMLImgAttributes } from 'svelte/elements'
import type { PictureImage } from './html.js'

/** Everything that an `<img>` takes, besides what the image decides. */
export interface PictureProps extends Omit<HTMLImgAttributes, 'children' | 'src' | 'srcset'> {
  image: PictureImage
  /** Loads at once and before other pictures. */
  priority?: boolean | undefined
}

/** A `<picture>` of an imported image. Attributes, event handlers and attachments reach the `<img>`. */
export const Picture: Component<PictureProps>
