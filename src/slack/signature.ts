import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Instant } from '../time.js'

/** How far the clocks of Slack and of Stint may be apart, either way. */
const tolerance = 5 * 60_000

/**
 * Whether Slack signed exactly these bytes just now (docs.slack.dev, "Verifying requests from Slack", version v0):
 * HMAC-SHA256 over `v0:<timestamp>:<body>`. A header that came twice is no signature.
 */
export function isSigned(
  secret: string,
  { signature, timestamp }: { readonly signature: unknown; readonly timestamp: unknown },
  body: Uint8Array,
  now: Instant,
): boolean {
  if (typeof timestamp !== 'string' || !/^[0-9]{1,12}$/.test(timestamp)) return false
  if (typeof signature !== 'string' || !/^v0=[0-9a-f]{64}$/.test(signature)) return false
  const due = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest()
  const same = timingSafeEqual(due, Buffer.from(signature.slice('v0='.length), 'hex'))
  return same && Math.abs(now - Number(timestamp) * 1_000) <= tolerance
}
