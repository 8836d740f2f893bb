import { Fault } from '../fault.js'
import type { Asked, Broker, Call, Key, Render } from './broker.js'
import { onRecord } from './commit.js'
import { issue } from './issue.js'
import { current } from './states.js'
import { isAsker } from './visible.js'

/**
 * Answers an ask whose key is known, else undefined: the same grant, never a second one. No credentials are kept to be
 * shown again, so an active grant is issued fresh ones, like to any holder who comes to collect.
 */
export async function replay<T>(
  broker: Broker,
  call: Call,
  key: Key | undefined,
  render: Render<T>,
): Promise<Asked<T> | undefined> {
  const known = key && (await broker.store.key(call.caller.subject, key.key))
  if (!key || !known) return undefined
  if (known.body !== key.body)
    return onRecord(broker, call, 'ask', known.grant, () => Promise.reject(reused()))
  const snapshot = await broker.store.snapshot(known.grant)
  if (!snapshot)
    throw new Fault('contended', 'The first ask with this key is not recorded yet. Repeat.', {
      retryAfter: 1,
    })
  // Runs of one workload share a subject, and so keys; what another person's run asked is not theirs.
  if (!isAsker(snapshot.grant, call.caller)) throw reused()
  const grant = current(snapshot.grant, broker.clock())
  if (snapshot.issuances.some(({ state }) => state === 'started'))
    throw new Fault('in_flight', 'The first ask with this key is still being answered. Repeat in a moment.', {
      members: { grant: grant.id },
      retryAfter: 2,
    })
  if (grant.state === 'pending') return { kind: 'pending', snapshot: { ...snapshot, grant } }
  if (grant.state === 'denied') return { kind: 'denied', snapshot: { ...snapshot, grant } }
  return { kind: 'active', id: grant.id, answer: await issue(broker, call, grant.id, render) }
}

const reused = () =>
  new Fault('key_reused', 'This Idempotency-Key came with another ask before. Use a fresh key for a new ask.')
