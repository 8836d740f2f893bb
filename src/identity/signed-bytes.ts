import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Instant } from '../time.js'

/** How far the clocks of whoever signs and of Stint may be apart, either way. */
const tolerance = 5 * 60_000

/** What came with the bytes: the headers as they were, whatever they are. */
interface Claimed {
  readonly signature: unknown
  /** Seconds of the Unix epoch. */
  readonly timestamp: unknown
}

/**
 * Whether exactly these bytes were signed just now: HMAC-SHA256 over `<version>:<timestamp>:<body>`, as `<version>=<hex>`.
 * Slack's way, version `v0` (docs.slack.dev, "Verifying requests from Slack"). A header that came twice is no signature.
 */
export function isSigned(
  secret: string,
  version: string,
  { signature, timestamp }: Claimed,
  body: Uint8Array,
  now: Instant,
): boolean {
  if (typeof timestamp !== 'string' || !/^[0-9]{1,12}$/.test(timestamp)) return false
  if (typeof signature !== 'string' || !signature.startsWith(`${version}=`)) return false
  const hex = signature.slice(version.length + 1)
  if (!/^[0-9a-f]{64}$/.test(hex)) return false
  const due = createHmac('sha256', secret).update(`${version}:${timestamp}:`).update(body).digest()
  const same = timingSafeEqual(due, Buffer.from(hex, 'hex'))
  return same && Math.abs(now - Number(timestamp) * 1_000) <= tolerance
}

/** Whether two texts are the same, in a time that says nothing of where they differ. */
export const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest())
