import type { Identity, Located } from '../identity/caller.js'
import type { View } from './expression.js'
import type { ApprovalRule } from './rule.js'
import { whoMatches } from './who.js'

/** How the votes stand: `have` counts at most what is needed. */
export interface Standing {
  readonly met: boolean
  readonly each: readonly { readonly rule: string; readonly have: number; readonly need: number }[]
}

/** The ways in which one person's vote may be counted: each lists the places of the rules it counts for. */
type Choices = readonly (readonly number[])[]

/** Someone who voted, and by which road. */
type Voting = Identity & Pick<Located, 'via'>

/**
 * Whether these voters' votes meet every requirement. A vote counts for each rule whose `by` it satisfies,
 * but one that is counted for a `distinct` rule counts for no other. Which rule such a vote is best
 * counted for is found exactly, by trying, so the order of votes never matters and a further vote never
 * unmeets anything. Workloads never count, nor does a click in Slack for a rule that takes none; a `by` that throws does not hold.
 */
export function standing<Voter extends Voting>(
  rules: readonly ApprovalRule[],
  voters: readonly Voter[],
  viewOf: (voter: Voter) => View,
): Standing {
  const needs = rules.map(({ votes }) => votes)
  const open = bestRest(
    eligible(rules, voters, viewOf).map((set) => choices(rules, set)),
    needs,
  )
  return {
    met: open.every((rest) => rest === 0),
    each: rules.map(({ name, votes }, at) => ({
      rule: name,
      have: votes - (open[at] ?? votes),
      need: votes,
    })),
  }
}

/** Per person, the rules whose `by` they satisfy; one person is one however often they are listed. */
function eligible<Voter extends Voting>(
  rules: readonly ApprovalRule[],
  voters: readonly Voter[],
  viewOf: (voter: Voter) => View,
): readonly ReadonlySet<number>[] {
  const people = new Map<string, Set<number>>()
  for (const voter of voters.filter(({ kind }) => kind === 'person')) {
    const set = people.get(voter.subject) ?? new Set()
    rules.forEach(({ by, slack }, at) => {
      if ((slack || !voter.via) && satisfies(by, voter, viewOf)) set.add(at)
    })
    people.set(voter.subject, set)
  }
  return [...people.values()]
}

function satisfies<Voter extends Identity>(
  by: ApprovalRule['by'],
  voter: Voter,
  viewOf: (voter: Voter) => View,
): boolean {
  try {
    return whoMatches(by, voter, viewOf(voter))
  } catch {
    return false
  }
}

function choices(rules: readonly ApprovalRule[], set: ReadonlySet<number>): Choices {
  const distinct = [...set].filter((at) => rules[at]?.distinct)
  const shared = [...set].filter((at) => !rules[at]?.distinct)
  return [...(shared.length > 0 ? [shared] : []), ...distinct.map((at) => [at])]
}

/** What is left of the needs when each person is counted in the way that leaves the least in sum. */
function bestRest(people: readonly Choices[], needs: readonly number[]): readonly number[] {
  const known = new Map<string, readonly number[]>()
  const from = (person: number, rest: readonly number[]): readonly number[] => {
    const options = people[person]
    if (options === undefined || rest.every((need) => need === 0)) return rest
    const key = `${person}:${rest.join()}`
    const before = known.get(key)
    if (before) return before
    let best: readonly number[] | undefined
    for (const option of options.length > 0 ? options : [[]]) {
      const left = from(
        person + 1,
        rest.map((need, at) => (option.includes(at) ? Math.max(0, need - 1) : need)),
      )
      if (!best || sum(left) < sum(best)) best = left
    }
    const found = best ?? rest
    known.set(key, found)
    return found
  }
  return from(0, needs)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
