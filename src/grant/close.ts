import { Fault } from '../fault.js'
import { withAftermath } from './aftermath.js'
import type { Broker, Call } from './broker.js'
import { onRecord, settle } from './commit.js'
import { denyGrant } from './denials.js'
import { enforce } from './enforce.js'
import { moved } from './events.js'
import type { Snapshot } from './grant.js'
import { next } from './states.js'
import { asOf, isApprover, isAsker, isOperator, isReviewer, seen } from './visible.js'

/** The three ways in which a person closes a grant. */
export type Ending = 'cancel' | 'end' | 'revoke'

/**
 * Closes a grant. The asker cancels a pending one and ends an active one; who may approve it, or an
 * operator, revokes either. No more credentials are issued afterwards. Those that are out are denied in AWS where the
 * role's entry allows it, and live until their own end elsewhere: the answer says which.
 *
 * Refuses with `not_found`, `forbidden` and `conflict`.
 */
export async function close(
  broker: Broker,
  call: Call,
  id: string,
  ending: Ending,
  reason?: string,
): Promise<Snapshot> {
  const closed = await onRecord(broker, call, ending, id, () =>
    settle(broker, async () => {
      const now = broker.clock()
      const snapshot = await seen(broker, call.caller, id, now)
      const { grant } = snapshot
      if (!may(broker, call, snapshot, ending, now)) throw new Fault('forbidden', refusal[ending])
      const after = next(grant, ending, now, {
        subject: call.caller.subject,
        ...(reason !== undefined && { reason }),
      })
      return {
        change: {
          expect: [{ grant: id, version: grant.version }],
          grant: after,
          ...(ending !== 'cancel' && (await denyGrant(broker, { ...snapshot, grant: after }, now))),
          events: [moved(call, after, now)],
        },
        result: asOf({ ...snapshot, grant: after }, now),
      }
    }),
  )
  const { scope, activeAt } = closed.grant
  if (scope && activeAt !== undefined) await enforce(broker, [scope.arn])
  return withAftermath(broker, closed)
}

function may(
  broker: Broker,
  { caller }: Call,
  { grant, votes }: Snapshot,
  ending: Ending,
  now: number,
): boolean {
  if (ending !== 'revoke') return isAsker(grant, caller)
  const agreed = votes.some(({ voter, answer }) => answer === 'yes' && voter.subject === caller.subject)
  return (
    agreed ||
    isOperator(broker, caller) ||
    isApprover(broker, grant, caller, now) ||
    isReviewer(broker, grant, caller, now)
  )
}

const refusal: Readonly<Record<Ending, string>> = {
  cancel: 'Only who asked can cancel; an approver votes no or revokes.',
  end: 'Only who asked can end it; an approver or operator revokes.',
  revoke: 'Only who may approve or review it, or an operator, can revoke it; who asked ends or cancels it.',
}
