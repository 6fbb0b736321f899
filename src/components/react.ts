import { createElement, forwardRef, version, type ComponentProps, type ReactElement } from 'react'
import { pictureProps, type PictureImage } from './picture-props.ts'

/** Everything that an `<img>` takes, besides what the image decides. */
export interface PictureProps extends Omit<ComponentProps<'img'>, 'children' | 'src' | 'srcSet'> {
  image: PictureImage
  /** Loads at once and before other pictures. */
  priority?: boolean | undefined
}

/**
 * A `<picture>` of an imported image, for React and Preact. It has no hooks and no state, so it works in server components,
 * too. Attributes, event handlers and `ref` reach the `<img>`.
 */
export const Picture: (props: PictureProps) => ReactElement = /* @__PURE__ */ (() => {
  if (version >= '19') return render
  // Before, `ref` was no property.
  const component: unknown = forwardRef((props: object, ref) =>
    render({ ...props, ref } as PictureProps),
  )
  return component as typeof render
})()

function render({
  image,
  fetchPriority: fetchpriority,
  srcSet: _srcSet,
  style,
  ...attributes
}: ComponentProps<'img'> & Pick<PictureProps, 'image'>): ReactElement {
  const { sources, img } = pictureProps(image, {
    fetchpriority,
    ...attributes,
    style: style ?? {},
  })
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

/** The attributes under React's names. Before version 19, it did not know `fetchPriority`. */
function inReact({ fetchpriority, srcset, ...others }: HtmlNames): object {
  return {
    [version >= '19' ? 'fetchPriority' : 'fetchpriority']: fetchpriority,
    srcSet: srcset,
    ...others,
  }
}
