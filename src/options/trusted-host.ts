import { BlockList, isIP } from 'node:net'

/**
 * Whether a host may get a provider's API key, whichever file names it: the host is one of the provider's own, by its
 * whole name and over https, or it is this machine. Names are compared as the URL parser reads them, which is how requests
 * read them too.
 *
 * @param origins scheme and name of the provider's own hosts.
 */
export function isTrustedHost(host: string, origins: readonly string[]): boolean {
  if (!URL.canParse(host)) return false
  const { origin, protocol, hostname, username, password } = new URL(host)
  if (username !== '' || password !== '') return false
  if (origins.includes(origin)) return true
  return (protocol === 'https:' || protocol === 'http:') && isLoopback(hostname)
}

/** Accepts `localhost` and addresses only: some systems ask a name server for `x.localhost` and `localhost.`. */
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
