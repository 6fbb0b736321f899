/** An image's name: letters and digits of any script, `-`, `_` and `.`. It does not start with `-` or `.`. */
export const NAME_PATTERN: RegExp = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.-]*$/u

/**
 * A name in a manifest: the pattern above, with `${variable}` of a `matrix` anywhere in it. JSON Schema can express it,
 * so that editors reject the same names.
 */
export const WRITTEN_NAME_PATTERN: RegExp =
  /^(?!default$|__proto__$)(?:[\p{L}\p{N}_]|\$\{[\p{L}_][\p{L}\p{M}\p{N}_]*\})(?:[\p{L}\p{M}\p{N}_.-]|\$\{[\p{L}_][\p{L}\p{M}\p{N}_]*\})*$/u

/** Names that would shadow a module's default export or an object's prototype. */
const REFUSED_NAMES: ReadonlySet<string> = new Set(['default', '__proto__'])

/** Whether a name with its variables filled in is valid for an image. */
export function isImageName(name: string): boolean {
  return NAME_PATTERN.test(name) && !REFUSED_NAMES.has(name)
}

/**
 * Returns an image's named export: `kiraAtNight` for `kira-at-night`. A name that cannot become an identifier
 * (`01-tile`) is available only through the default export. `__esModule` is refused, because bundlers would treat the
 * module as converted CommonJS.
 */
export function exportNameOf(name: string): string | undefined {
  const camelCase = name.replaceAll(/[-.]+(.?)/gu, (_, next: string) => next.toUpperCase())
  const isIdentifier = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(camelCase)
  return isIdentifier && camelCase !== '__esModule' && camelCase !== 'default'
    ? camelCase
    : undefined
}
