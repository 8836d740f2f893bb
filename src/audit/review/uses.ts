import type { Duration } from '../../time.js'
import type { History } from '../history.js'
import { count, sorted } from './observed.js'

/** The grants of a period by role, by who asked, and by who voted; whatever there is most of comes first. */
export interface Uses {
  readonly roles: readonly RoleUse[]
  readonly people: readonly PersonUse[]
  readonly approvers: readonly ApproverUse[]
}

interface Counted {
  readonly asks: number
  /** Became active. */
  readonly granted: number
  readonly denied: number
  /** Credentials that were handed out. */
  readonly issued: number
  /** Sum of what could have been spent with what was granted, in USD, without that which has no bound. */
  readonly usd: number
  /** Granted although no bound holds the cost, or nobody has priced it. */
  readonly unbounded: number
}

export interface RoleUse extends Counted {
  readonly role: string
  readonly accounts: readonly string[]
  /** How often it was granted to whom. */
  readonly holders: ReadonlyMap<string, number>
  /** How often who said yes. */
  readonly approvers: ReadonlyMap<string, number>
}

export interface PersonUse extends Counted {
  readonly subject: string
  readonly kind: string | undefined
  /** How often what was granted. */
  readonly roles: ReadonlyMap<string, number>
}

export interface ApproverUse {
  readonly subject: string
  readonly yes: number
  readonly no: number
  /** From the ask to the vote: half were quicker. */
  readonly median: Duration
  /** How often they said yes to whom. */
  readonly askers: ReadonlyMap<string, number>
}

export function usesOf(grants: readonly History[]): Uses {
  const roles = [...groupBy(grants, ({ role }) => role)].map(([role, own]): RoleUse => {
    const accounts = own.flatMap(({ scope }) => scope?.accountName ?? scope?.account ?? [])
    return {
      role,
      ...counted(own),
      accounts: [...new Set(accounts)].sort(),
      holders: tally(own.filter(isGranted), ({ asker }) => [asker.subject]),
      approvers: tally(own, yesOf),
    }
  })
  const people = [...groupBy(grants, ({ asker }) => asker.subject)].map(([subject, own]): PersonUse => ({
    subject,
    kind: own[0]?.asker.kind,
    ...counted(own),
    roles: tally(own.filter(isGranted), ({ role }) => [role]),
  }))
  return {
    roles: roles.sort((a, b) => b.asks - a.asks || byText(a.role, b.role)),
    people: people.sort((a, b) => b.asks - a.asks || byText(a.subject, b.subject)),
    approvers: approversOf(grants),
  }
}

function approversOf(grants: readonly History[]): readonly ApproverUse[] {
  const votes = grants.flatMap(({ votes, asker, askedAt }) =>
    votes.map((vote) => ({ ...vote, asker: asker.subject, after: vote.at - askedAt })),
  )
  return [...groupBy(votes, ({ by }) => by)]
    .map(([subject, own]): ApproverUse => {
      const yes = own.filter(({ answer }) => answer === 'yes')
      return {
        subject,
        yes: yes.length,
        no: own.length - yes.length,
        median: medianOf(own.map(({ after }) => after)),
        askers: tally(yes, ({ asker }) => [asker]),
      }
    })
    .sort((a, b) => b.yes + b.no - a.yes - a.no || byText(a.subject, b.subject))
}

export const isGranted = ({ activeAt }: History): boolean => activeAt !== undefined

/** Whether nothing bounds what could have been spent, and no operator says what it is. */
export const isUnbounded = ({ cost }: History): boolean =>
  !cost.declared && (cost.unbounded || cost.unpriced > 0)

/** Who said yes. */
export const yesOf = ({ votes }: History): readonly string[] =>
  votes.filter(({ answer }) => answer === 'yes').map(({ by }) => by)

function counted(grants: readonly History[]): Counted {
  const granted = grants.filter(isGranted)
  return {
    asks: grants.length,
    granted: granted.length,
    denied: grants.filter(({ state }) => state === 'denied').length,
    issued: sum(grants.map(({ issuances }) => issuances.filter(({ state }) => state === 'done').length)),
    usd: sum(granted.filter((one) => !isUnbounded(one)).map(({ cost }) => cost.usd ?? 0)),
    unbounded: granted.filter(isUnbounded).length,
  }
}

export function groupBy<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const name = nameOf(item)
    const group = groups.get(name)
    if (group) group.push(item)
    else groups.set(name, [item])
  }
  return groups
}

export function tally<T>(
  items: readonly T[],
  namesOf: (item: T) => readonly string[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) for (const name of namesOf(item)) count(counts, name)
  return sorted(counts)
}

/** The lower of the two in the middle; 0 of none. */
export function medianOf(values: readonly number[]): number {
  const inOrder = [...values].sort((a, b) => a - b)
  return inOrder[Math.floor((inOrder.length - 1) / 2)] ?? 0
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
