import type { Duration } from '../time.js'
import type { Broker } from './broker.js'
import { commit } from './commit.js'
import { issuance, moved } from './events.js'
import type { Grant, Issuance } from './grant.js'
import { next } from './states.js'

/** How long an issuance may stay `started` before nobody can be waiting for it: STS's deadline and a minute. */
export const unanswered: Duration = 70_000

const batch = 200

/**
 * Writes down what the clock has decided already: lapsed and ended grants, issuances whose answer is lost.
 * Several processes may do so at once; each transition is committed by one of them. Returns how many it wrote.
 */
export async function sweep(broker: Broker): Promise<number> {
  const now = broker.clock()
  const due = await broker.store.due(now, now - unanswered, batch)
  const written = await Promise.all([
    ...due.grants.map((grant) => overtaken(broker, grant, now)),
    ...due.issuances.map((row) => lost(broker, row, now)),
  ])
  return written.filter(Boolean).length
}

async function overtaken(broker: Broker, grant: Grant, now: number): Promise<boolean> {
  const after = next(grant, grant.state === 'pending' ? 'lapse' : 'expire', now)
  const outcome = await commit(broker, {
    expect: [{ grant: grant.id, version: grant.version }],
    grant: after,
    events: [moved(undefined, after, now)],
  })
  return outcome.ok
}

async function lost(broker: Broker, row: Issuance, now: number): Promise<boolean> {
  const after: Issuance = { ...row, state: 'unknown', finishedAt: now }
  const outcome = await commit(broker, {
    issuance: { from: 'started', row: after },
    events: [issuance(undefined, after, now)],
  })
  return outcome.ok
}
