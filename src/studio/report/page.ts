import { pageOf } from '../listener/page-file.ts'

/**
 * The studio's page with a report inside. It opens from a file: its policy is in the page, and lets nothing run but what
 * the package's build put there. It may load pictures beside it, and nothing else.
 *
 * @param html the page that the package's build made.
 * @param data the report, as JSON.
 */
export function reportPage(html: string, data: string): string {
  const { policy } = pageOf(html)
  const meta = `<meta http-equiv="Content-Security-Policy" content="${reportPolicy(policy)}">`
  const inert = `<script type="application/json" id="report">${withoutMarkup(data)}</script>`
  return html
    .replace('<meta charset="utf-8" />', (charset) => `${charset}\n    ${meta}`)
    .replace('<script type="module">', (script) => `${inert}\n    ${script}`)
}

/** What differs from a page with a server. A policy inside a page cannot say who may frame it. */
function reportPolicy(policy: string): string {
  return policy
    .split('; ')
    .filter((directive) => !directive.startsWith('frame-ancestors'))
    .map((directive) => {
      if (directive.startsWith('connect-src')) return "connect-src 'none'"
      // In Firefox, a page from a file has no origin that `'self'` could mean.
      return directive.startsWith('img-src') ? "img-src 'self' file: data:" : directive
    })
    .join('; ')
}

/** JSON in which nothing can end the element around it or begin another one. The value stays the same. */
function withoutMarkup(json: string): string {
  return json
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)
}
