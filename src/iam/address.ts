import ipaddr from 'ipaddr.js'

/** Addresses of one family that share their first bits. */
export interface AddressRange {
  readonly bytes: readonly number[]
  readonly prefix: number
}

// ipaddr.js alone reads 010.1.2.3 as 8.1.2.3 and takes 0x0a.1.2.3 and 10.1.
const fourPart = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/

function bytesOf(text: string): readonly number[] | undefined {
  if (!(text.includes(':') ? ipaddr.IPv6.isValid(text) : fourPart.test(text) && ipaddr.IPv4.isValid(text)))
    return undefined
  return text.includes('%') ? undefined : ipaddr.parse(text).toByteArray()
}

/** Reads what IpAddress takes: an address, or a range such as 203.0.113.0/24; undefined for anything else. */
export function readRange(text: string): AddressRange | undefined {
  const [, host = '', length] = /^([0-9A-Fa-f.:]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? []
  const bytes = bytesOf(host)
  if (!bytes) return undefined
  const prefix = length === undefined ? bytes.length * 8 : Number(length)
  return prefix <= bytes.length * 8 ? { bytes, prefix } : undefined
}

function shareBits(a: AddressRange, b: AddressRange, bits: number): boolean {
  return a.bytes.every((byte, i) => {
    const left = Math.min(8, Math.max(0, bits - i * 8))
    return byte >> (8 - left) === (b.bytes[i] ?? 0) >> (8 - left)
  })
}

/** Whether every address of `inner` is one of `outer`. IPv4 and IPv6 have none in common. */
export const rangeWithin = (inner: AddressRange, outer: AddressRange): boolean =>
  inner.bytes.length === outer.bytes.length &&
  inner.prefix >= outer.prefix &&
  shareBits(inner, outer, outer.prefix)

/** Whether the two have an address in common. */
export const rangesOverlap = (a: AddressRange, b: AddressRange): boolean =>
  rangeWithin(a, b) || rangeWithin(b, a)
