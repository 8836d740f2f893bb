import { Fault } from '../fault.js'
import type { Judgement } from '../decision/judge.js'
import { holds, mayApprove, standingOf, voterFault } from '../decision/votes.js'
import type { Broker, Call } from './broker.js'
import { onRecord, settle } from './commit.js'
import { factsOf, moved, voteCast } from './events.js'
import type { Grant, Snapshot, Vote } from './grant.js'
import { mustNotBeBlocked } from './blocked.js'
import { shownIn } from './notices.js'
import { stillSo, totalsOf, type Counted } from './spending.js'
import { conflict, current, next, type Step } from './states.js'
import { asOf, isTheirs, judgeAgain, seen } from './visible.js'

export interface Ballot {
  readonly answer: 'yes' | 'no'
  readonly reason?: string
}

/**
 * Casts one person's vote on a pending grant. At the completing yes the decision is made again: with the
 * asker's recorded facts, under today's configuration, counting only votes that stand under it.
 *
 * Refuses with `not_found`, `forbidden` (their own ask, a workload, not among the approvers, a sign-in too
 * weak) and `conflict` (not pending, or voted before).
 */
export async function vote(broker: Broker, call: Call, id: string, ballot: Ballot): Promise<Snapshot> {
  return onRecord(broker, call, 'vote', id, () =>
    settle(broker, async () => {
      const snapshot = await seen(broker, call.caller, id, broker.clock())
      const { grant, votes } = snapshot
      const counted = await totalsOf(broker, grant)
      const { now } = counted
      const judgement = judgeAgain(broker, grant, now, counted)
      mayVote(call, snapshot, judgement, counted)

      const cast: Vote = { grant: id, voter: factsOf(call.caller), at: now, ...ballot }
      const all = [...votes, cast]
      const yes = all.filter(({ answer }) => answer === 'yes')
      const { met, each } = standingOf(judgement, yes)
      const step: Step =
        ballot.answer === 'no'
          ? 'vote_no'
          : !met
            ? 'vote_short'
            : holds(judgement, yes)
              ? 'vote_holds'
              : 'vote_fails'
      const by = {
        subject: call.caller.subject,
        ...(ballot.reason !== undefined && { reason: ballot.reason }),
      }
      // A yes that comes too late closes nothing: the failing check does.
      const stepped = next(grant, step, now, step === 'vote_no' ? by : undefined)
      const after: Grant = {
        ...stepped,
        ...shownIn(broker.catalog(), stepped.state, judgement.rules, grant.shownIn ?? []),
        ...(step !== 'vote_no' && { decision: { ...judgement.decision, ...outcomeOf(grant, step) } }),
      }
      return {
        change: {
          expect: [{ grant: id, version: grant.version }],
          grant: after,
          vote: cast,
          ...(after.state === 'active' && {
            ...stillSo(counted, broker.catalog(), after),
            blocks: counted.blocks.version,
            config: judgement.decision.config,
          }),
          events:
            after.state === 'pending'
              ? [voteCast(call, cast, each)]
              : [voteCast(call, cast, each), moved(call, after, now, step !== 'vote_no')],
        },
        result: asOf({ ...snapshot, grant: after, votes: all }, now),
      }
    }),
  )
}

/** A grant that waits for more votes still shows what it waits for, even while some check fails. */
const outcomeOf = (grant: Grant, step: Step) =>
  step === 'vote_short' ? { outcome: grant.decision.outcome } : {}

function mayVote(
  { caller }: Call,
  { grant, votes }: Snapshot,
  judgement: Judgement,
  { now, blocks }: Counted,
): void {
  mustNotBeBlocked(blocks, caller)
  if (caller.kind !== 'person') throw new Fault('forbidden', 'Only persons vote; workloads never do.')
  if (isTheirs(grant, caller))
    throw new Fault('forbidden', 'Nobody approves their own ask: somebody else must vote.', {
      members: { why: 'own_ask' },
    })
  const state = current(grant, now)
  if (state.state !== 'pending') throw conflict(state)
  if (!mayApprove(judgement, caller))
    throw new Fault('forbidden', 'You are not among those whose vote this grant needs now.', {
      members: { requirements: grant.decision.requirements },
    })
  const elsewhere = caller.via ? judgement.rules.filter(({ slack }) => !slack) : []
  // Also where it would count for another rule: it is the one vote that they have.
  if (mayApprove(judgement, caller, elsewhere))
    throw new Fault(
      'forbidden',
      `The rule ${elsewhere.map(({ name }) => name).join(', ')} takes no votes from Slack.`,
      withToken,
    )
  if (votes.some(({ voter }) => voter.subject === caller.subject))
    throw new Fault('conflict', 'You have voted on this grant already; one vote a person.')
  const fault = voterFault(judgement.matter, caller, now)
  if (fault !== undefined) throw new Fault('forbidden', fault, caller.via ? withToken : {})
}

/** The same person may do it with a live token. */
const withToken = { members: { withToken: true } }
