import type { Pipeline, Survey } from '../pipeline.ts'
import { ImagegenError, type Problem } from '../shared/errors.ts'

/** An image of a survey, with how it stands. */
type SurveyedImage = Survey['images'] extends ReadonlyMap<string, infer Image> ? Image : never

type Rendered = Awaited<ReturnType<Pipeline['render']>>

export interface PictureSettings {
  /** Whether a stand-in may be shown until the picture is there. */
  readonly isLive: boolean
  /** Why the picture could not be made, where that was tried. */
  readonly failure: { readonly problem: Problem; readonly code: string } | undefined
  readonly signal: AbortSignal
}

/**
 * The renditions that an import shows now: the picture's, or a stand-in's.
 *
 * @throws ImagegenError where neither may be shown.
 */
export async function pictureOf(
  image: SurveyedImage,
  survey: Survey,
  pipeline: Pipeline,
  { isLive, failure, signal }: PictureSettings,
): Promise<Rendered> {
  const isHandMade = image.entry.subject.kind === 'source'
  if (pipeline.options.mode === 'placeholder' && !isHandMade) {
    return pipeline.renderPlaceholder(image, signal)
  }
  switch (image.state) {
    case 'current':
    case 'outdated':
    case 'unavailable':
      return pipeline.render(image, survey, signal)
    case 'missing':
    case 'blocked':
      if (failure !== undefined) throw new ImagegenError('provider', failure.problem)
      if (isLive && pipeline.options.mode === 'generate') {
        return pipeline.renderPlaceholder(image, signal)
      }
      throw new ImagegenError('frozen', {
        message: `${image.entry.id} is ${image.state}: ${image.reason}.`,
        hint: 'Run `imagegen generate` where there is a key.',
      })
    default:
      return image.state satisfies never
  }
}

/** The files beside its own manifest that an image depends on: pictures, and manifests of images it refers to. */
export function watchFilesOf(image: SurveyedImage, survey: Survey): readonly string[] {
  const files = new Set<string>()
  const visited = new Set<string>()
  const visit = ({ entry }: SurveyedImage): void => {
    if (visited.has(entry.id)) return
    visited.add(entry.id)
    files.add(entry.manifest.file)
    for (const { files: composites = [] } of entry.operations) {
      for (const { file } of composites) files.add(file)
    }
    if (entry.subject.kind === 'source') {
      files.add(entry.subject.file)
      return
    }
    for (const reference of entry.subject.references) {
      if (reference.kind === 'file') files.add(reference.file)
      const other = reference.kind === 'entry' ? survey.images.get(reference.id) : undefined
      if (other !== undefined) visit(other)
    }
  }
  visit(image)
  return [...files]
}
