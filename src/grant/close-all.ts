import type { Block } from '../decision/block.js'
import type { Broker, Call } from './broker.js'
import { settle } from './commit.js'
import { denyGrant } from './denials.js'
import { moved } from './events.js'
import type { Grant } from './grant.js'
import { pagesOf } from './pages.js'
import { current, next } from './states.js'

/** Revokes what a person has open, or waits for, one grant after the other, those of runs on their behalf too. */
export async function closeAll(broker: Broker, call: Call, block: Block): Promise<readonly Grant[]> {
  const closed: Grant[] = []
  for await (const { id } of pagesOf(broker, { subject: block.name, states: ['pending', 'active'] })) {
    const after = await settle(broker, async () => {
      const now = broker.clock()
      const snapshot = await broker.store.snapshot(id)
      const state = snapshot && current(snapshot.grant, now).state
      // Somebody else was quicker, or the clock.
      if (!snapshot || (state !== 'pending' && state !== 'active'))
        return { change: { events: [] }, result: undefined }
      const { grant } = snapshot
      const moving = next(grant, 'revoke', now, { subject: call.caller.subject, reason: block.reason })
      return {
        change: {
          expect: [{ grant: id, version: grant.version }],
          grant: moving,
          ...(await denyGrant(broker, { ...snapshot, grant: moving }, now)),
          events: [moved(call, moving, now)],
        },
        result: moving,
      }
    })
    if (after) closed.push(after)
  }
  return closed
}
