import { createHmac } from 'node:crypto'
import { Fault } from '../fault.js'
import type { Fetch } from '../identity/fetch-json.js'
import type { Clock, Duration } from '../time.js'
import { version } from '../version.js'
import type { Sink } from './feed.js'

interface WebhookOptions {
  readonly url: string
  /** Each `whsec_` and base64. */
  readonly keys: readonly string[]
  readonly fetch: Fetch
  readonly clock: Clock
  /** How long one answer may take. */
  readonly within: Duration
}

/**
 * Signs a message as Standard Webhooks 1.0.0 has it ("Symmetric signatures"): HMAC-SHA256 over the id, the time in
 * seconds and the body, with a dot between them; one signature a key, so that a receiver may know the old or the new one.
 */
export const signatures = (id: string, seconds: number, body: string, keys: readonly string[]): string =>
  keys
    .map((key) => Buffer.from(key.slice('whsec_'.length), 'base64'))
    .map((key) => createHmac('sha256', key).update(`${id}.${seconds}.${body}`, 'utf8').digest('base64'))
    .map((signature) => `v1,${signature}`)
    .join(' ')

/** Posts each batch as ndjson. Any 2xx says that it is there; what else the answer says is not read. */
export const webhookSink = ({ url, keys, fetch, clock, within }: WebhookOptions): Sink => ({
  name: 'https',
  async deliver({ first, last, lines }, signal) {
    const body = lines.map((line) => `${line}\n`).join('')
    // The same events have the same id, however often they come.
    const id = `stint-${first}-${last}`
    const seconds = Math.floor(clock() / 1_000)
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'user-agent': `stint/${version}`,
        'webhook-id': id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': signatures(id, seconds, body, keys),
      },
      body,
      // The record goes to the address that was configured, and nowhere that this address points to.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(within)]),
    })
    await response.body?.cancel()
    if (response.status === 413)
      throw new Fault('body_too_large', `${lines.length} events are too much for the sink.`)
    if (!response.ok) throw new Error(`The sink answers with status ${response.status}.`)
  },
})
