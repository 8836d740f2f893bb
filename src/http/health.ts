import { Fault } from '../fault.js'
import type { Broker } from '../grant/broker.js'
import { iso, type Instant } from '../time.js'
import type { Tokens } from './tokens.js'

/** How long one look is good for: anyone may ask, and each look writes to the disk. */
const goodFor = 2_000

type Readiness = ReturnType<typeof look> extends Promise<infer R> ? R : never

/**
 * Whether Stint can do its work: `store_unavailable` when the record cannot be written, `keys_unavailable`
 * when no issuer's keys are here. How STS answered last is shown, and alone makes nobody unready: another
 * replica would meet the same STS. Looks once every two seconds at most.
 */
export function createReadiness(broker: Broker, tokens: Pick<Tokens, 'keyStates'>): () => Promise<object> {
  let last: { readonly at: Instant; readonly seen: Promise<Readiness> } | undefined
  return async () => {
    const now = broker.clock()
    if (!last || now - last.at >= goodFor || now < last.at) last = { at: now, seen: look(broker, tokens) }
    const parts = await last.seen
    if (parts.store === 'failed')
      throw new Fault('store_unavailable', 'The record cannot be written.', { members: { parts } })
    if (parts.keys.present === 0)
      throw new Fault('keys_unavailable', "No issuer's keys are here.", { members: { parts } })
    return { status: 'ready', parts }
  }
}

async function look(broker: Broker, tokens: Pick<Tokens, 'keyStates'>) {
  const store = await broker.store.probe().then(
    () => 'writable' as const,
    () => 'failed' as const,
  )
  const states = tokens.keyStates()
  const sts = broker.mint.lastSeen()
  return {
    store,
    keys: { present: states.filter(({ ready }) => ready).length, of: states.length },
    sts: sts ? { status: sts.ok ? 'ok' : 'failed', at: iso(sts.at) } : { status: 'unseen' },
  }
}
