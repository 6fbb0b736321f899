import path from 'node:path'
import { ImagegenError, type Place, type Problem } from '../../shared/errors.ts'
import { readFileIfThere, toPosix } from '../../shared/files.ts'
import { placeAt } from '../../shared/place.ts'
import type { Mention, NamedImage } from './mention.ts'
import { namedImage, type Namer } from './name-image.ts'

type Rendition = NamedImage['renditions'][number]

export interface RewriteSettings extends Namer {
  /** The file that holds the text, absolute. The text may be a part of it, or made from it. */
  readonly file: string
  /** Which paths in messages start from, absolute. */
  readonly root: string
  /** The URL by which the host finds a rendition. */
  urlOf(this: void, rendition: Rendition, mention: Mention): string
}

export interface Rewritten {
  readonly text: string
  /** The renditions that it now names, absolute. */
  readonly renditions: readonly string[]
}

/**
 * Replaces what names a manifest by what names a file. No line moves, so a source map of lines stays right.
 *
 * @returns undefined if nothing was replaced.
 * @throws ImagegenError with all mistakes of the text.
 */
export async function rewrite(
  text: string,
  mentions: readonly Mention[],
  settings: RewriteSettings,
): Promise<Rewritten | undefined> {
  const problems: Problem[] = []
  const renditions = new Set<string>()
  let written = ''
  let done = 0
  for (const mention of mentions.toSorted((left, right) => left.start - right.start)) {
    const placeOf = (): Place => placeIn(text, mention, settings)
    const urlOf: NamedImage['urlOf'] = (rendition) => {
      renditions.add(rendition.file)
      return settings.urlOf(rendition, mention)
    }
    try {
      const image = await namedImage(mention.url, settings, placeOf)
      if (image === undefined) continue
      const replaced = text.slice(mention.start, mention.end)
      const by = mention.write({
        renditions: image.rendered.renditions,
        urlOf,
        refusal: (problem) => new ImagegenError('manifest', { ...problem, place: placeOf() }),
      })
      written += text.slice(done, mention.start) + by + linesOf(replaced)
      done = mention.end
    } catch (error) {
      if (!(error instanceof ImagegenError) || error.code !== 'manifest') throw error
      problems.push(
        ...error.problems.filter((each) => !problems.some((known) => isSame(known, each))),
      )
    }
  }
  if (problems.length > 0) throw new ImagegenError('manifest', problems)
  return done === 0 ? undefined : { text: written + text.slice(done), renditions: [...renditions] }
}

/** Two mentions of one broken manifest report the same. */
function isSame(left: Problem, right: Problem): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function linesOf(text: string): string {
  return text.replaceAll(/[^\n]/g, '')
}

/** The place of a mention in its file, which may hold the text as one of several blocks. */
function placeIn(text: string, { at, url }: Mention, { file, root }: RewriteSettings): Place {
  const shown = toPosix(path.relative(root, file))
  const whole = readFileIfThere(file)?.toString('utf8')
  if (whole === undefined) return placeAt(shown, text, at)
  const block = whole.indexOf(text)
  if (block >= 0) return placeAt(shown, whole, block + at)
  const first = whole.indexOf(url)
  return first >= 0 ? placeAt(shown, whole, first) : placeAt(shown, text, at)
}
