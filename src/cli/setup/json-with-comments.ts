/**
 * Parses JSON with comments and trailing commas, such as tsconfig.json.
 *
 * @returns undefined if the text is not valid.
 */
export function parseJsonWithComments(text: string): unknown {
  const isString = (token: string): boolean => token.startsWith('"')
  const bare = text
    .replace(/^\uFEFF/, '')
    .replaceAll(/"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[^]*?\*\//g, (token) =>
      isString(token) ? token : ' ',
    )
    .replaceAll(/"(?:\\.|[^"\\])*"|,(?=\s*[\]}])/g, (token) => (isString(token) ? token : ''))
  try {
    return JSON.parse(bare)
  } catch {
    return undefined
  }
}
