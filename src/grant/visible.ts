import { whoMatches } from '../approval/who.js'
import type { Anyone } from '../approval/who.js'
import { judge, type Judgement } from '../decision/judge.js'
import type { Question } from '../decision/question.js'
import { isAmong, mayApprove } from '../decision/votes.js'
import { Fault } from '../fault.js'
import { peopleOf, type Caller } from '../identity/caller.js'
import type { Instant } from '../time.js'
import type { Broker } from './broker.js'
import type { Grant, Snapshot } from './grant.js'
import { current } from './states.js'

/**
 * The decision on a grant made again, with the asker's recorded facts under today's configuration. Without `counted`
 * it is for looking at: whatever is decided must count what was granted before.
 */
export function judgeAgain(
  broker: Broker,
  grant: Grant,
  now: Instant,
  counted: Pick<Question, 'totals' | 'blocks' | 'activeAt'> = {},
): Judgement {
  return judge({
    catalog: broker.catalog(),
    asker: grant.asker,
    ask: grant.ask,
    ...(grant.scope && { agreed: grant.scope }),
    ...counted,
    asOf: grant.createdAt,
    now,
  })
}

export const isAuditor = (broker: Broker, caller: Caller): boolean => among(broker.catalog().auditors, caller)
export const isOperator = (broker: Broker, caller: Caller): boolean =>
  among(broker.catalog().operators, caller)

/** Whether this caller tells Stint of leavers: a directory's own job does so too. */
export const isOffboarder = (broker: Broker, caller: Caller): boolean =>
  matching(broker.catalog().offboarding, caller)

/** Auditors and operators are persons, like approvers. */
const among = (people: Anyone, caller: Caller): boolean =>
  caller.kind === 'person' && matching(people, caller)

function matching(people: Anyone, caller: Caller): boolean {
  try {
    return whoMatches(people, caller)
  } catch {
    return false
  }
}

/** Asked by this very caller: of a workload, by a run of the same person. */
export const isAsker = ({ asker }: Grant, caller: Caller): boolean =>
  asker.subject === caller.subject && asker.kind === caller.kind && asker.actor === caller.actor

/** Asked by this caller, or by a workload on this caller's behalf. */
export const isTheirs = (grant: Grant, caller: Caller): boolean =>
  peopleOf(grant.asker).includes(caller.subject)

/**
 * Whether this caller is an approver of this grant, who may see and revoke it: by the rules that apply now, or
 * by those that asked for approval when it was decided. Stopping must not depend on what is demanded today.
 */
export function isApprover(broker: Broker, grant: Grant, caller: Caller, now: Instant): boolean {
  if (isTheirs(grant, caller)) return false
  const { requirements, passedOver = [] } = grant.decision
  const asked = [...requirements, ...passedOver].map(({ rule }) => rule)
  const judgement = judgeAgain(broker, grant, now)
  const recorded = broker.catalog().approvals.filter(({ name }) => asked.includes(name))
  return mayApprove(judgement, caller, [...judgement.rules, ...judgement.passedOver, ...recorded])
}

/**
 * Whether this caller reviews this use of broken glass, and so may see and revoke it too. Where the role has nothing
 * of the kind any more, operators do: a review must not be lost with its reviewers.
 */
export function isReviewer(broker: Broker, grant: Grant, caller: Caller, now: Instant): boolean {
  if (!grant.review || isTheirs(grant, caller)) return false
  const { reviewers } = broker.catalog().roles.get(grant.ask.role)?.breakGlass ?? {}
  if (!reviewers) return isOperator(broker, caller)
  return isAmong(judgeAgain(broker, grant, now).matter, caller, reviewers)
}

/** Whether anything could ever ask this caller for a vote or a review: most are spared a look at each open grant. */
export function mightApprove(broker: Broker, caller: Caller): boolean {
  const { approvals, roles } = broker.catalog()
  const asked = [
    ...approvals.flatMap(({ by }) => by),
    ...[...roles.values()].flatMap(({ breakGlass }) => breakGlass?.reviewers ?? []),
  ]
  return (
    caller.kind === 'person' &&
    asked.some(({ when, ...rest }) => (when && Object.keys(rest).length === 0) || whoMatches([rest], caller))
  )
}

/** Whether a caller may see a grant: the asker, voters, whoever may vote on it, auditors, operators. */
function maySee(
  broker: Broker,
  { grant, votes }: Pick<Snapshot, 'grant' | 'votes'>,
  caller: Caller,
  now: Instant,
): boolean {
  return (
    isTheirs(grant, caller) ||
    votes.some(({ voter }) => voter.subject === caller.subject) ||
    isAuditor(broker, caller) ||
    isOperator(broker, caller) ||
    isApprover(broker, grant, caller, now) ||
    isReviewer(broker, grant, caller, now)
  )
}

/**
 * A grant as this caller may see it, in its state as of `now`. Throws `not_found` both where there is none
 * and where it is none of theirs, so that an id proves nothing.
 */
export async function seen(broker: Broker, caller: Caller, id: string, now: Instant): Promise<Snapshot> {
  const snapshot = await broker.store.snapshot(id)
  if (!snapshot || !maySee(broker, snapshot, caller, now))
    throw new Fault('not_found', 'There is no such grant, or it is not yours to see.')
  return snapshot
}

/** The same snapshot with the grant in its state as of `now`. */
export const asOf = (snapshot: Snapshot, now: Instant): Snapshot => ({
  ...snapshot,
  grant: current(snapshot.grant, now),
})
