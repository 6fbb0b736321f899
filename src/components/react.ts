import { createElement, type ComponentProps, type ReactElement } from 'react'
import { pictureProps, type PictureImage } from './picture-props.ts'

/** Everything that an `<img>` takes, besides what the image decides. */
export interface PictureProps extends Omit<ComponentProps<'img'>, 'children' | 'src' | 'srcSet'> {
  image: PictureImage
  /** Loads at once and before other pictures. */
  priority?: boolean | undefined
}

/**
 * A `<picture>` of an imported image, for React and Preact. It has no hooks and no state, so it works in server components,
 * too. Attributes, event handlers and, from React 19 on, `ref` reach the `<img>`.
 */
export function Picture({
  image,
  fetchPriority: fetchpriority,
  style = {},
  ...attributes
}: PictureProps): ReactElement {
  const { sources, img } = pictureProps(image, { ...attributes, fetchpriority, style })
  // As arguments, not as a list, elements need no keys.
  return createElement(
    'picture',
    null,
    ...sources.map((source) => createElement('source', inReact(source))),
    createElement('img', inReact(img)),
  )
}

interface HtmlNames {
  readonly fetchpriority?: unknown
  readonly srcset?: unknown
}

/** The attributes under React's names. */
function inReact({ fetchpriority, srcset, ...others }: HtmlNames): object {
  return { fetchPriority: fetchpriority, srcSet: srcset, ...others }
}
