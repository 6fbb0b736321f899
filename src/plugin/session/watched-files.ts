import path from 'node:path'
import { mediaOf, type Manifest, type PlannedImage, type Survey } from '../../pipeline.ts'
import { ImagegenError } from '../../shared/errors.ts'

/** The files that an image's module depends on: those of the image, and of the images that its media show. */
export function watchFilesOf(image: PlannedImage, survey: Survey): readonly string[] {
  const files = filesOfImage(image, survey)
  if (image.entry.media.length === 0) return files
  const others = mediaOf(image, survey).flatMap((one) => filesOfImage(one.image, survey))
  return [...new Set([...files, ...others])]
}

/** The files that an image depends on: manifests and pictures, its own and those of images that it refers to. */
export function filesOfImage(image: PlannedImage, survey: Survey): readonly string[] {
  const files = new Set<string>()
  const visited = new Set<string>()
  const visit = ({ entry }: PlannedImage): void => {
    if (visited.has(entry.id)) return
    visited.add(entry.id)
    for (const { file } of [entry.manifest, ...entry.manifest.styles]) files.add(file)
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

/**
 * The files that a manifest names, whether or not they exist: a missing or broken one may be fixed.
 *
 * @param manifestPath as the survey knows it.
 */
export function namedFiles(manifestPath: string, survey: Survey): readonly string[] {
  const manifest = survey.manifestAt(manifestPath)
  if (manifest === undefined) return survey.awaited.get(manifestPath) ?? []
  return [
    ...manifest.styles.flatMap((style) => [style.file, ...filesIn(style)]),
    ...filesIn(manifest),
  ]
}

function filesIn({ file, content: { defaults, images } }: Manifest): readonly string[] {
  const written = [defaults, ...images.map(({ settings }) => settings)].flatMap(
    ({ references = [], source, output }) => [
      ...references.map((reference) =>
        typeof reference === 'string' ? reference : reference.from,
      ),
      ...(output?.media ?? []).flatMap(({ image }) => image ?? []),
      ...(source === undefined ? [] : [source]),
    ],
  )
  return written
    .filter((text) => !/^[a-z][a-z0-9+.-]+:/i.test(text))
    .map((text) => text.replace(/#.*$/s, ''))
    .filter((text) => text !== '')
    .map((text) => path.resolve(path.dirname(file), text))
}

/**
 * The files whose change may fix an error of a whole project: those that it names, all manifests, and all that they name.
 *
 * @param survey undefined if the configuration is invalid.
 * @param root the project's, absolute.
 */
export function mendableFiles(
  error: unknown,
  survey: Survey | undefined,
  root: string,
): readonly string[] {
  const places = error instanceof ImagegenError ? error.problems.map(({ place }) => place) : []
  const named = places.flatMap((place) => (place === undefined ? [] : [place.file]))
  const known =
    survey === undefined
      ? []
      : [
          ...survey.problems.keys(),
          ...survey.manifests.flatMap(({ path, file }) => [file, ...namedFiles(path, survey)]),
        ]
  return [...new Set([...named, ...known].map((file) => path.resolve(root, file)))]
}
