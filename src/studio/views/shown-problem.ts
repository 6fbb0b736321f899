import path from 'node:path'
import { formatProblem, ImagegenError, messageOf, type Problem } from '../../shared/errors.ts'
import { toPosix } from '../../shared/files.ts'
import { isInside } from '../../shared/real-path.ts'
import type { ShownProblem } from '../protocol.ts'

/** Absolute paths in messages: `/home/kim/art/kira.png`, `C:\art\kira.png`, `file:///home/kim`. */
const ABSOLUTE =
  /(?<![\w:/.~-])(?:file:\/\/)?(?:[A-Za-z]:)?[\\/](?:[^\s\\/'"`<>:*?|]+[\\/])+[^\s\\/'"`<>:*?|,;)]*/g

/** A problem as the page shows it: paths from the root, and none of outside. */
export function shownProblem(
  { message, hint, example, place }: Problem,
  root: string,
): ShownProblem {
  return {
    message: withoutPaths(message, root),
    ...(hint === undefined ? {} : { hint: withoutPaths(hint, root) }),
    ...(example === undefined ? {} : { example: example.map((line) => withoutPaths(line, root)) }),
    ...(place === undefined ? {} : { place: { ...place, file: withoutPaths(place.file, root) } }),
  }
}

/** The problems of anything that was thrown. */
export function shownProblems(error: unknown, root: string): ShownProblem[] {
  const problems = error instanceof ImagegenError ? error.problems : [{ message: messageOf(error) }]
  return problems.map((problem) => shownProblem(problem, root))
}

/** What an error says before its problems, if it does. */
export function summaryOf({ message, problems }: ImagegenError, root: string): string | undefined {
  const [first] = problems
  if (first === undefined) return withoutPaths(message, root)
  const end = message.indexOf(`\n\n${formatProblem(first)}`)
  return end < 0 ? undefined : withoutPaths(message.slice(0, end), root)
}

/** A text in which files of the project have their path from the root, and others only their name. */
export function withoutPaths(text: string, root: string): string {
  return text.replaceAll(ABSOLUTE, (found) => pathFromRoot(found.replace(/^file:\/\//, ''), root))
}

/** A file's path from the root; of a file outside, only its name. */
export function pathFromRoot(file: string, root: string): string {
  if (!isInside(root, file)) return path.basename(file)
  return toPosix(path.relative(root, file)) || '.'
}
