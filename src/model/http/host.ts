import { BlockList, isIP } from 'node:net'
import { ImagegenError } from '../../shared/errors.ts'
import { plainText } from '../../shared/plain-text.ts'
import type { Service } from './service.ts'

/**
 * The address that a provider's requests start with, and the API key with them: scheme, name and path, without a slash at
 * its end. Plain http is accepted for this machine and the local network only (loopback and private addresses, names
 * without a dot, `.local`, `.internal`), where emulators and gateways run: anywhere else the key would cross the internet
 * in clear text.
 *
 * @param host as the user set it.
 * @throws ImagegenError with code `config`.
 */
export function baseOf(service: Service, host: string): string {
  const refuse = (shown: string, fault: string, hint?: string, cause?: unknown): ImagegenError =>
    unusable(service, shown, fault, hint, cause)
  const url = parse(host, refuse)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse(host, 'is not http(s)')
  if (url.username !== '' || url.password !== '') {
    // Only the name is shown: the part before the @ is a secret.
    throw refuse(url.host, 'must not hold a user name or password')
  }
  if (url.search !== '' || url.hash !== '') throw refuse(host, 'must not hold ? or #')
  if (url.protocol === 'http:' && !isNearby(url.hostname)) {
    throw refuse(host, 'would get the API key in clear text', `Write https://${url.host}.`)
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** Whether a host's name or address says that it is this machine or on the local network. Nothing is looked up. */
export function isNearby(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const version = isIP(name)
  if (version !== 0) return nearbyAddresses().check(name, version === 6 ? 'ipv6' : 'ipv4')
  return !name.includes('.') || /\.(?:localhost|local|internal)$/i.test(name)
}

function nearbyAddresses(): BlockList {
  const list = new BlockList()
  list.addSubnet('0.0.0.0', 8)
  list.addSubnet('10.0.0.0', 8)
  list.addSubnet('127.0.0.0', 8)
  list.addSubnet('169.254.0.0', 16)
  list.addSubnet('172.16.0.0', 12)
  list.addSubnet('192.168.0.0', 16)
  list.addAddress('::1', 'ipv6')
  list.addAddress('::', 'ipv6')
  list.addSubnet('fc00::', 7, 'ipv6')
  list.addSubnet('fe80::', 10, 'ipv6')
  return list
}

function parse(
  host: string,
  refuse: (shown: string, fault: string, hint?: string, cause?: unknown) => ImagegenError,
): URL {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(host)) {
    throw refuse(host, 'has no scheme', `Write https://${host}.`)
  }
  try {
    return new URL(host)
  } catch (error) {
    throw refuse(host, 'is not an address', undefined, error)
  }
}

function unusable(
  { name, factory, hostVariable, defaultHost }: Service,
  host: string,
  fault: string,
  hint = `${hostVariable}, or \`host\` of ${factory}, is a scheme and a name, such as ${defaultHost}.`,
  cause?: unknown,
): ImagegenError {
  return new ImagegenError(
    'config',
    { message: `The ${name} host ${plainText(host, 200)} ${fault}.`, hint: plainText(hint) },
    { cause },
  )
}
