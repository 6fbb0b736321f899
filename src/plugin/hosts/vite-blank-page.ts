/** Matches Vite's client, which every page of a dev server loads, whatever framework renders it. */
export const VITE_CLIENT: RegExp = /[/\\]dist[/\\]client[/\\]client\.mjs$/

const OWNER = '/@unplugin-imagegen/blank-page'

/**
 * Appends a listener to the code of Vite's client. A page that loads while code imports an image that its manifest does
 * not have cannot be linked: none of its modules runs, so Vite's client knows none of them and drops the update that
 * fixes the page. Such a page reloads with the next update.
 *
 * @returns undefined if this is not Vite's client, or already has the listener.
 */
export function reloadsBlankPages(client: string): string | undefined {
  if (!/\bcreateHotContext\b/.test(client) || client.includes(OWNER)) return undefined
  return `${client}\n${LISTENER}`
}

/** The error mentions an export in Chromium and Firefox, and a binding name in Safari. */
const LISTENER = `if (typeof document !== 'undefined') {
  let isBlank = false
  const look = ({ error, reason = error }) => {
    isBlank ||= reason instanceof SyntaxError && /\\bexport\\b|\\bbinding name\\b/.test(reason.message)
  }
  addEventListener('error', look)
  addEventListener('unhandledrejection', look)
  createHotContext('${OWNER}').on('vite:beforeUpdate', () => {
    if (isBlank) location.reload()
  })
}
`
