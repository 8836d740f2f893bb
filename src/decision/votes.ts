import { standing, type Standing } from '../approval/standing.js'
import { whoMatches, type Anyone } from '../approval/who.js'
import { peopleOf, type Located } from '../identity/caller.js'
import { namesOf } from '../identity/network.js'
import type { Instant } from '../time.js'
import type { ApprovalRule } from '../approval/rule.js'
import { signInFault } from './checks.js'
import type { Judgement } from './judge.js'
import { viewOf, type Matter } from './question.js'

/** A yes, with the voter's facts as of then. */
interface Yes {
  readonly voter: Located
  readonly at: Instant
}

/**
 * Why someone's vote would not count as of a moment, in a sentence; undefined when it would. Whoever lets
 * somebody in must sign in as well as they, and be where they must be unless the configuration says where. A click in
 * Slack shows neither, so it counts only where neither is asked for.
 */
export function voterFault({ catalog, role }: Matter, who: Located, asOf: Instant): string | undefined {
  if (who.via && (catalog.voterSignIn ?? role?.signIn))
    return 'Whoever votes on this must show a sign-in, and a click in Slack is none.'
  const weak = signInFault(catalog.voterSignIn, who, asOf) ?? signInFault(role?.signIn, who, asOf)
  if (weak !== undefined) return `${weak} Sign in again to vote.`
  const from = catalog.voterFrom ?? role?.from ?? 'any'
  const names = namesOf(catalog.networks, who.address)
  if (from === 'any' || from.some((name) => names.includes(name))) return undefined
  const where = who.via ? 'a click in Slack shows no address' : `${who.address} is in none of these networks`
  return `Votes on this come from ${from.join(' or ')}; ${where}.`
}

/**
 * How the votes stand under the rules that apply now. Every voter is judged again: one who is among the
 * asker's people, is no person, or whose sign-in or address would not do under today's configuration counts
 * for nothing.
 */
export function standingOf({ matter, rules }: Judgement, votes: readonly Yes[]): Standing {
  const people = peopleOf(matter.asker)
  const voters = votes
    .filter(({ voter }) => voter.kind === 'person' && !people.includes(voter.subject))
    .filter(({ voter, at }) => voterFault(matter, voter, at) === undefined)
    .map(({ voter }) => voter)
  return standing(rules, voters, (voter) => viewOf(matter, voter))
}

/** No check fails, and the votes cast satisfy every requirement that applies now. */
export const holds = (judgement: Judgement, votes: readonly Yes[]): boolean =>
  judgement.decision.checks.every(({ ok }) => ok) && standingOf(judgement, votes).met

/** Whether this person is among those whom any of the rules (those that apply now) asks for a vote. */
export const mayApprove = (
  { matter, rules: applying }: Judgement,
  who: Located,
  rules: readonly ApprovalRule[] = applying,
): boolean => rules.some(({ by }) => isAmong(matter, who, by))

/** Whether this is one of the persons described. A description that throws does not hold. */
export function isAmong(matter: Matter, who: Located, anyone: Anyone): boolean {
  if (who.kind !== 'person') return false
  try {
    return whoMatches(anyone, who, viewOf(matter, who))
  } catch {
    return false
  }
}
