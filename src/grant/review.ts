import { Fault } from '../fault.js'
import { mustNotBeBlocked } from './blocked.js'
import type { Broker, Call } from './broker.js'
import { onRecord, settle } from './commit.js'
import { reviewSigned } from './events.js'
import type { Grant, Snapshot } from './grant.js'
import { current } from './states.js'
import { asOf, isReviewer, isTheirs, seen } from './visible.js'

/**
 * Signs off a use of broken glass, once nothing can be done with it any more. The text says what was done, and whether
 * it was right.
 *
 * Refuses with `not_found`, `forbidden` (their own, or no reviewer) and `conflict` (no review, active, or signed).
 */
export async function signOff(broker: Broker, call: Call, id: string, text: string): Promise<Snapshot> {
  return onRecord(broker, call, 'review', id, () =>
    settle(broker, async () => {
      const now = broker.clock()
      const [snapshot, blocks] = await Promise.all([
        seen(broker, call.caller, id, now),
        broker.store.blocks(),
      ])
      const { grant } = snapshot
      mustNotBeBlocked(blocks, call.caller)
      const after = signed(broker, call, grant, text, now)
      return {
        change: {
          expect: [{ grant: id, version: grant.version }],
          grant: after,
          blocks: blocks.version,
          events: [reviewSigned(call, after, now, text)],
        },
        result: asOf({ ...snapshot, grant: after }, now),
      }
    }),
  )
}

function signed(broker: Broker, { caller }: Call, grant: Grant, text: string, now: number): Grant {
  const { review } = grant
  if (isTheirs(grant, caller))
    throw new Fault('forbidden', 'Nobody signs off what they did themselves: somebody else must review it.', {
      members: { why: 'own_ask' },
    })
  if (!review) throw new Fault('conflict', 'There is nothing to review: the glass was not broken for it.')
  if (!isReviewer(broker, grant, caller, now))
    throw new Fault('forbidden', `This is reviewed by ${review.reviewers}.`)
  if (review.signed) throw new Fault('conflict', `It was signed off already, by ${review.signed.by}.`)
  if (current(grant, now).state === 'active')
    throw new Fault('conflict', 'It is active still: sign it off once it has ended, or revoke it first.')
  return {
    ...grant,
    version: grant.version + 1,
    review: { ...review, signed: { by: caller.subject, at: now, text } },
  }
}
