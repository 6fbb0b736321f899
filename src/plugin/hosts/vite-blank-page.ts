/** Vite's client, which every page of its dev server loads, whatever framework renders it; a host's filter. */
export const VITE_CLIENT: RegExp = /[/\\]dist[/\\]client[/\\]client\.mjs$/

const OWNER = '/@unplugin-imagegen/blank-page'

/**
 * The code of Vite's client with a listener behind it. A page that is loaded while code asks for an image by a name that
 * its manifest does not have cannot be linked: none of its modules runs, so Vite's client knows none of them, and drops
 * the update that mends the page. Such a page loads again with the next update.
 *
 * @returns nothing where this is not Vite's client, or has a listener already.
 */
export function reloadsBlankPages(client: string): string | undefined {
  if (!/\bcreateHotContext\b/.test(client) || client.includes(OWNER)) return undefined
  return `${client}\n${LISTENER}`
}

/** Chromium and Firefox speak of an export, Safari of a binding name. */
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
