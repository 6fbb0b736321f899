import { BlockList, isIP } from 'node:net'

/** Ranges without internet servers: this machine, local networks, cloud metadata, documentation, multicast. */
const NOT_PUBLIC_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  // Carriers' own networks, and the metadata of some clouds (100.100.100.200).
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, and the metadata of most clouds (169.254.169.254).
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  // Protocol assignments, and the metadata of Oracle's cloud (192.0.0.192).
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const

/** Ranges inside 2000::/3. The rest of IPv6 is not internet. */
const NOT_PUBLIC_V6 = [
  // Teredo, benchmarks, ORCHID, documentation.
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4: an IPv4 address in IPv6 form, no longer routed.
  ['2002::', 16],
  ['3fff::', 20],
] as const

/**
 * Whether an address is one of the internet's, by IANA's registries of special-purpose addresses. An IPv6
 * address that stands for an IPv4 address (mapped, or translated by NAT64) counts as that address.
 *
 * @param address IPv4 or IPv6, as DNS and `URL` write it (without brackets).
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
export function isInternetAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '')
  const version = isIP(plain)
  if (version === 4) return !listOf(NOT_PUBLIC_V4, 'ipv4').check(plain)
  if (version !== 6) return false
  const groups = groupsOf(plain)
  const embedded = embeddedV4(groups)
  if (embedded !== undefined) return isInternetAddress(embedded)
  const isGlobalUnicast = ((groups[0] ?? 0) & 0xe000) === 0x2000
  return isGlobalUnicast && !listOf(NOT_PUBLIC_V6, 'ipv6').check(plain, 'ipv6')
}

function listOf(
  subnets: ReadonlyArray<readonly [string, number]>,
  family: 'ipv4' | 'ipv6',
): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family)
  return list
}

/** The IPv4 address in `::ffff:0:0/96` (mapped) and `64:ff9b::/96` (NAT64). */
function embeddedV4(groups: readonly number[]): string | undefined {
  const start = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':')
  if (start !== '0:0:0:0:0:ffff' && start !== '64:ff9b:0:0:0:0') return undefined
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.')
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  // URL writes the last 32 bits in hex, also those in dotted form.
  const hex = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [left = '', right] = hex.split('::')
  const before = left === '' ? [] : left.split(':')
  const after = right === undefined || right === '' ? [] : right.split(':')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
}
