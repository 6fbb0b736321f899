import { BlockList, isIP } from 'node:net'

/** MiniMax's own hosts: international, and the two names of the one in China. */
const OWN_ORIGINS: ReadonlySet<string> = new Set([
  'https://api.minimax.io',
  'https://api.minimax.cn',
  'https://api.minimaxi.com',
])

/**
 * Whether a host may be given any API key: it is one of MiniMax's own, by its whole name and over https, or it is this
 * machine. Names are compared as the URL parser reads them, which is how requests read them too.
 */
export function isTrustedHost(host: string): boolean {
  if (!URL.canParse(host)) return false
  const { origin, protocol, hostname, username, password } = new URL(host)
  if (username !== '' || password !== '') return false
  if (OWN_ORIGINS.has(origin)) return true
  return (protocol === 'https:' || protocol === 'http:') && isLoopback(hostname)
}

/** `localhost` and addresses only: `x.localhost` and `localhost.` are asked of a name server by some systems. */
function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost') return true
  const address = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(address)
  if (version === 0) return false
  const loopback = new BlockList()
  loopback.addSubnet('127.0.0.0', 8)
  loopback.addAddress('::1', 'ipv6')
  return loopback.check(address, version === 6 ? 'ipv6' : 'ipv4')
}
