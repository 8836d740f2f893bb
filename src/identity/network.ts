import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A parsed CIDR range. `text` is its canonical form. */
export interface Range {
  readonly text: string
  readonly family: 4 | 6
  readonly bytes: readonly number[]
  readonly prefix: number
}

/** Named networks, as configured. */
export type Networks = ReadonlyMap<string, readonly Range[]>

type Address = ReturnType<typeof ipaddr.process>

// ipaddr.js alone reads 010.1.2.3 as 8.1.2.3 and accepts 0x0a.1.2.3 and 10.1: Node's own check stands before it.
// A zone id names an interface of one machine, so it says nothing about where a caller is.
const read = (text: string): Address | undefined =>
  isIP(text) !== 0 && !text.includes('%') && ipaddr.isValid(text) ? ipaddr.process(text) : undefined

const write = (address: Address): string =>
  address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()

/**
 * The one canonical text of an IP address, or undefined. `::ffff:` forms become IPv4; zone ids, ports,
 * brackets, octal, hexadecimal and shortened spellings are refused.
 */
export function parseAddress(text: string): string | undefined {
  const address = read(text)
  return address && write(address)
}

/** Reads `203.0.113.0/24` or `2001:db8::/32`. A string is what is wrong with it, as a sentence for a person. */
export function parseRange(text: string): Range | string {
  const [, host = '', length = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  if (!host)
    return `"${text}" is not a range: write an address, a slash and a prefix length, as in 203.0.113.0/24.`
  const address = read(host)
  if (!address) return `"${host}" is not an IP address in its usual spelling.`
  if (isIP(host) === 6 && address.kind() === 'ipv4')
    return `"${text}" is an IPv4 range in IPv6 spelling: write it as IPv4, ${write(address)} with a prefix of 0 to 32.`
  const bytes = address.toByteArray()
  const prefix = Number(length)
  if (prefix > bytes.length * 8) return `"${text}" has a prefix longer than ${bytes.length * 8}.`
  const network = bytes.map((byte, index) => byte & mask(prefix, index))
  const canonical = `${write(ipaddr.fromByteArray(network))}/${prefix}`
  if (network.some((byte, index) => byte !== bytes[index]))
    return `"${text}" has host bits set: the network is ${canonical}.`
  return { text: canonical, family: bytes.length === 4 ? 4 : 6, bytes, prefix }
}

/** The bits of byte `index` that a prefix of this length covers. */
const mask = (prefix: number, index: number): number =>
  (0xff << (8 - Math.min(8, Math.max(0, prefix - index * 8)))) & 0xff

const agree = (a: readonly number[], b: readonly number[], prefix: number): boolean =>
  a.length === b.length && a.every((byte, index) => ((byte ^ (b[index] ?? 0)) & mask(prefix, index)) === 0)

/** Whether the address lies in the range. What is not an address lies nowhere. */
export function contains(range: Range, address: string): boolean {
  const parsed = read(address)
  return parsed !== undefined && agree(range.bytes, parsed.toByteArray(), range.prefix)
}

/**
 * The network about an address that one site or provider commonly has, as its range: /24, or /48 (RFC 6177). Undefined for
 * what is no address.
 */
export function siteOf(address: string): string | undefined {
  const bytes = read(address)?.toByteArray()
  if (!bytes) return undefined
  const prefix = bytes.length === 4 ? 24 : 48
  const network = bytes.map((byte, index) => byte & mask(prefix, index))
  return `${write(ipaddr.fromByteArray(network))}/${prefix}`
}

/** Whether any address lies in both. */
export const overlaps = (a: Range, b: Range): boolean => agree(a.bytes, b.bytes, Math.min(a.prefix, b.prefix))

/** The names of the networks that the address lies in, in the order of the configuration. */
export const namesOf = (networks: Networks, address: string): readonly string[] =>
  [...networks].filter(([, ranges]) => ranges.some((range) => contains(range, address))).map(([name]) => name)

// IANA's registries of special-purpose addresses (RFC 6890 and its updates): what is not globally reachable.
// The documentation ranges are left out: they stand for public addresses wherever Stint is explained or tested.
const notPublic = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
  '::/8',
  '100::/64',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]
  .map(parseRange)
  .filter((range) => typeof range !== 'string')

/** Whether AWS could see every address of the range as a source: none of it is private, local or reserved. */
export const isPublic = (range: Range): boolean => !notPublic.some((special) => overlaps(special, range))
