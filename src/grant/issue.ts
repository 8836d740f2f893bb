import { judge } from '../decision/judge.js'
import { Fault } from '../fault.js'
import type { Broker, Call, Render } from './broker.js'
import { onRecord, settle } from './commit.js'
import { mint, started } from './issuing.js'
import { mustHold, prepare } from './order.js'
import { totalsOf } from './spending.js'
import { current, next } from './states.js'
import { isAsker, seen } from './visible.js'

/**
 * Issues fresh credentials to the asker of an active grant, as often as they come inside the window. The
 * decision is made again with the live token and address; what was agreed is pinned.
 *
 * Refuses with `not_found`, `forbidden` (not the asker), `conflict` (not active), `denied` (the decision no
 * longer holds), `record_behind` and the faults of the mint.
 */
export async function issue<T>(broker: Broker, call: Call, id: string, render: Render<T>): Promise<T> {
  await broker.recordHolds()
  const begun = await onRecord(broker, call, 'issue', id, () =>
    settle(broker, async () => {
      const longest = await broker.mint.longest()
      const snapshot = await seen(broker, call.caller, id, broker.clock())
      const { grant } = snapshot
      const { now, ...counted } = await totalsOf(broker, grant)
      // From here to the commit nothing is waited for: what is committed was decided under the rules of now.
      if (!isAsker(grant, call.caller))
        throw new Fault('forbidden', 'Only who asked for a grant is issued its credentials.')
      next(grant, 'issue', now)

      const judgement = judge({
        catalog: broker.catalog(),
        asker: call.caller,
        ask: grant.ask,
        ...(grant.scope && { agreed: grant.scope }),
        ...counted,
        asOf: now,
        now,
      })
      const scope = mustHold(judgement, snapshot)
      const prepared = prepare(broker, current(grant, now), scope, longest, now)
      return {
        change: {
          expect: [{ grant: id, version: grant.version }],
          issuance: { from: 'none', row: prepared.row },
          blocks: counted.blocks.version,
          config: judgement.decision.config,
          events: [started(call, prepared)],
        },
        result: { snapshot, prepared, blocks: counted.blocks },
      }
    }),
  )
  return mint(broker, call, begun, render)
}
