import { getCurrentInstance, h, type FunctionalComponent, type ImgHTMLAttributes } from 'vue'
import { pictureProps, type PictureImage } from './picture-props.ts'

/** Everything that an `<img>` takes, besides what the image decides. */
export interface PictureProps extends Omit<ImgHTMLAttributes, 'src' | 'srcset'> {
  image: PictureImage
  sizes?: string | undefined
  /** Loads at once and before other pictures. */
  priority?: boolean | undefined
}

/** A `<picture>` of an imported image. Attributes and listeners reach the `<img>`. */
export const Picture: FunctionalComponent<PictureProps> = /* @__PURE__ */ Object.assign(
  function Picture(
    { image, sizes, priority }: PictureProps,
    { attrs }: { attrs: Record<string, unknown> },
  ) {
    // Vue gives the mark of scoped styles to the outer element only, but a class reaches the inner one.
    const scope = getCurrentInstance()?.vnode.scopeId
    const marked = scope ? { [scope]: '' } : {}
    const { sources, img } = pictureProps(image, { ...attrs, ...marked, sizes, priority })
    // Vue has joined lists of styles by now.
    return h('picture', [...sources.map((source) => h('source', source)), h('img', img)])
  },
  {
    inheritAttrs: false,
    props: {
      image: { type: Object, required: true },
      sizes: String,
      priority: Boolean,
    },
  },
)
