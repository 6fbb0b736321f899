import type { Output, OutputFormat } from '../manifest/schema/output.ts'
import type { Operation } from '../manifest/schema/process.ts'
import type { MediaType } from '../pixels/media-type.ts'
import type { PixelVersions } from '../pixels/versions.ts'
import type { Notice } from './notice.ts'
import type { Size } from './operation-size.ts'
import type { ReadComposite } from './operations.ts'
import { imageKey, renditionKey, type PictureRecipe, type Provenance } from './rendition.ts'
import { renditionSizes } from './sizes.ts'

/** One image to render. */
export interface RenderJob {
  /** The image's name. The files are named after it. */
  readonly name: string
  readonly original: {
    readonly sha256: string
    /** The original's media type. Omitted where it is unknown. */
    readonly mediaType?: MediaType | undefined
    /** Called only where something has to be rendered. */
    read(): Promise<Uint8Array>
  }
  readonly operations: readonly Operation[]
  readonly readComposite: ReadComposite
  readonly output: Output
  /** Omitted where the original was not made by a model, or provenance is off. */
  readonly provenance: Provenance | undefined
  /** Drawn over each rendition: the picture is a placeholder. */
  readonly notice?: Notice | undefined
}

/** A job with its keys, which need the versions of sharp and libvips. */
export interface Task {
  readonly job: RenderJob
  readonly recipe: PictureRecipe
  readonly imageKey: string
}

/** One rendition that a task needs. */
export interface Wanted {
  readonly key: string
  readonly name: string
  readonly format: OutputFormat
  readonly size: Size
}

export function taskOf(job: RenderJob, versions: PixelVersions): Task {
  const recipe = {
    original: job.original.sha256,
    mediaType: job.original.mediaType,
    operations: job.operations,
    output: job.output,
    versions,
    notice: job.notice,
  }
  return {
    job,
    recipe,
    imageKey: imageKey(recipe, job.name, job.provenance),
  }
}

/** The renditions that a task needs, once the size of its picture is known. */
export function wantedOf({ job, recipe }: Task, picture: Size): readonly Wanted[] {
  const { formats, widths } = job.output
  const sizes = renditionSizes(picture, widths)
  return formats.flatMap((format) =>
    sizes.map((size): Wanted => {
      const { provenance } = job
      const key = renditionKey({ ...recipe, format, width: size.width, provenance })
      return { key, name: job.name, format, size }
    }),
  )
}
