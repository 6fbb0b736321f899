/** An image's name: letters and digits of any script, `-`, `_`, `.`; the first is none of `-` and `.`. */
export const NAME_PATTERN: RegExp = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.-]*$/u

/**
 * A name as it may be written: the pattern above, with `${variable}` of a `matrix` anywhere in it.
 * Expressible in JSON Schema, so that editors refuse what we refuse.
 */
export const WRITTEN_NAME_PATTERN: RegExp =
  /^(?!default$|__proto__$)(?:[\p{L}\p{N}_]|\$\{[\p{L}_][\p{L}\p{M}\p{N}_]*\})(?:[\p{L}\p{M}\p{N}_.-]|\$\{[\p{L}_][\p{L}\p{M}\p{N}_]*\})*$/u

/** Names that would shadow what a module or an object already has. */
const REFUSED_NAMES: ReadonlySet<string> = new Set(['default', '__proto__'])

/** Whether a name, its variables filled in, can name an image. */
export function isImageName(name: string): boolean {
  return NAME_PATTERN.test(name) && !REFUSED_NAMES.has(name)
}

/**
 * The named export of an image: `kira-at-night` is `kiraAtNight`. Names that have no such form (`01-tile`) are found in
 * the default record only. `__esModule` would make bundlers take the module for converted CommonJS.
 */
export function exportNameOf(name: string): string | undefined {
  const camelCase = name.replaceAll(/[-.]+(.?)/gu, (_, next: string) => next.toUpperCase())
  const isIdentifier = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(camelCase)
  return isIdentifier && camelCase !== '__esModule' && camelCase !== 'default'
    ? camelCase
    : undefined
}
