import { parseCheckpoint } from '../audit/checkpoint.js'
import { prove, type Proof } from '../audit/evidence.js'
import { consistencyProof } from '../audit/proof.js'
import { rootsOf } from '../audit/tiles.js'
import { Fault } from '../fault.js'
import type { Broker, Call } from './broker.js'
import { onRecord } from './commit.js'
import { droppedTo } from './retention.js'
import type { Kept } from './seal.js'
import { isAuditor, isOperator } from './visible.js'

/** A checkpoint, with what shows that it only adds to an earlier one. */
export interface Signed extends Kept {
  /** RFC 6962 section 2.1.2, base64; absent unless it was asked for. */
  readonly consistency?: readonly string[]
}

/**
 * The newest checkpoint; with `from`, what shows that the record only grew since it had so many events. For every
 * caller: it says no more than how long the record is. Refuses with `not_found` where none was signed.
 */
export async function readCheckpoint(broker: Broker, from?: number): Promise<Signed> {
  const { store } = broker
  const newest = await store.checkpoint()
  if (!newest) throw new Fault('not_found', 'No checkpoint of this record was signed yet.')
  if (from === undefined) return newest
  if (from > newest.size)
    throw new Fault(
      'conflict',
      `The newest checkpoint is of ${newest.size} events, fewer than ${from}: this is not the record that you know, or an older copy of it.`,
    )
  const hashes = await consistencyProof(from, newest.size, rootsOf(newest.size, store.hashes))
  return { ...newest, consistency: hashes.map((hash) => hash.toString('base64')) }
}

/** A page of the checkpoints that were signed, of more events than `after`, smallest first. For every caller, as above. */
export async function listCheckpoints(
  { store }: Broker,
  after: number,
  limit: number,
): Promise<{ readonly items: readonly Kept[]; readonly next?: number }> {
  const found = await store.checkpoints(after, limit + 1)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, ...(found.length > limit && last && { next: last.size }) }
}

/**
 * One event with what leads from it to the root of a checkpoint: the one of `size` events, or the newest. For
 * auditors and operators, and that they looked is on the record.
 */
export async function proveEvent(
  broker: Broker,
  call: Call,
  seq: number,
  size?: number,
): Promise<{ readonly proof: Proof; readonly checkpoint: Kept }> {
  return onRecord(broker, call, 'audit.read', undefined, async () => {
    if (!isAuditor(broker, call.caller) && !isOperator(broker, call.caller))
      throw new Fault('forbidden', 'The audit log is for auditors and operators.')
    const { store } = broker
    const checkpoint = await store.checkpoint(size)
    if (!checkpoint || !parseCheckpoint(checkpoint.note))
      throw new Fault('not_found', 'There is no such checkpoint of this record.')
    const [entry] = await store.events({ after: seq - 1, limit: 1 })
    const dropped = await droppedTo(store)
    if (seq <= dropped)
      throw new Fault('not_found', `Event ${seq} is in an archive: the record begins after event ${dropped}.`)
    if (entry?.seq !== seq) throw new Fault('not_found', 'There is no such event.')
    if (seq > checkpoint.size)
      throw new Fault(
        'conflict',
        `Event ${seq} is not signed yet: the checkpoint is of ${checkpoint.size} events. Try again after the next one.`,
      )
    await store.commit({
      events: [
        {
          kind: 'audit.read',
          at: broker.clock(),
          by: call.caller.subject,
          request: call.request,
          data: { proof: { seq, size: checkpoint.size }, address: call.caller.address },
        },
      ],
    })
    return { proof: await prove(entry, checkpoint.size, rootsOf(checkpoint.size, store.hashes)), checkpoint }
  })
}
