import { standing, type Standing } from '../approval/standing.js'
import { whoMatches } from '../approval/who.js'
import { peopleOf, type Present } from '../identity/caller.js'
import type { Instant } from '../time.js'
import { signInFault } from './checks.js'
import type { Judgement } from './judge.js'
import { expressionScope } from './question.js'

/** A yes, with the voter's facts as of then. */
export interface Yes {
  readonly voter: Present
  readonly at: Instant
}

/**
 * How the votes stand under the rules that apply now. Every voter is judged again: one who is among the
 * asker's people, is no person, or whose sign-in was too weak under today's configuration counts for nothing.
 */
export function standingOf({ matter, rules }: Judgement, votes: readonly Yes[]): Standing {
  const people = peopleOf(matter.asker)
  const voters = votes
    .filter(({ voter }) => voter.kind === 'person' && !people.includes(voter.subject))
    .filter(({ voter, at }) => signInFault(matter.catalog.voterSignIn, voter, at) === undefined)
    .map(({ voter }) => voter)
  return standing(rules, voters, (voter) => expressionScope(matter, voter))
}

/** No check fails, and the votes cast satisfy every requirement that applies now. */
export const holds = (judgement: Judgement, votes: readonly Yes[]): boolean =>
  judgement.decision.checks.every(({ ok }) => ok) && standingOf(judgement, votes).met

/** Whether this person's vote would count for any requirement, were they not the asker. */
export function mayApprove({ matter, rules }: Judgement, who: Present): boolean {
  if (who.kind !== 'person') return false
  const scope = expressionScope(matter, who)
  return rules.some((rule) => {
    try {
      return whoMatches(rule.by, who, scope)
    } catch {
      return false
    }
  })
}
