import { BlockList, isIP } from 'node:net'
import { ImagegenError } from '../../shared/errors.ts'
import { plainText } from '../../shared/plain-text.ts'

export const DEFAULT_HOST = 'https://api.minimax.io'

const PATH = '/v1/image_generation'

/**
 * The address that requests, and with them the API key, go to.
 *
 * Taken with or without a slash or `/v1` at its end. Plain http is taken for this machine and the local network only
 * (loopback and private addresses, names without a dot, `.local`, `.internal`), where emulators and gateways run:
 * anywhere else the key would cross the internet in clear text.
 *
 * @throws ImagegenError with code `config`.
 */
export function endpointOf(host: string): URL {
  const url = parse(host)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw unusable(host, 'is not http(s)')
  if (url.username !== '' || url.password !== '') {
    // The text is not repeated: what stands before the @ is a secret.
    throw unusable(url.host, 'must not hold a user name or password')
  }
  if (url.search !== '' || url.hash !== '') throw unusable(host, 'must not hold ? or #')
  if (url.protocol === 'http:' && !isNearby(url.hostname)) {
    throw unusable(host, 'would get the API key in clear text', `Write https://${url.host}.`)
  }
  const prefix = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  return new URL(`${url.origin}${prefix}${PATH}`)
}

/** Whether a host lies on this machine or on the local network, as far as its name shows. */
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

function parse(host: string): URL {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(host))
    throw unusable(host, 'has no scheme', `Write https://${host}.`)
  try {
    return new URL(host)
  } catch (error) {
    throw unusable(host, 'is not an address', undefined, error)
  }
}

function unusable(
  host: string,
  fault: string,
  hint = `MINIMAX_API_HOST, or \`host\` of minimax(), is a scheme and a name, such as ${DEFAULT_HOST}.`,
  cause?: unknown,
): ImagegenError {
  return new ImagegenError(
    'config',
    { message: `The MiniMax host ${plainText(host, 200)} ${fault}.`, hint: plainText(hint) },
    { cause },
  )
}
