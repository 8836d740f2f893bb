import { limitFault, spans, sumOf, type Spent, type Whose } from '../cost/limits.js'
import { money } from '../cost/text.js'
import { formatDuration, type Duration, type Instant } from '../time.js'
import type { Catalog } from '../catalog/catalog.js'
import type { Identity } from '../identity/caller.js'

/** What was granted to one person, under one role, in one account or in all. */
export interface TotalOf {
  readonly of: Whose
  /** Whose; empty for all. */
  readonly name: string
  /** What became active from then on; with `until`, before that. */
  readonly since: Instant
  readonly until?: Instant
  /** Only what nobody had to agree to. */
  readonly free: boolean
}

/** A total that a decision rests on, with what it came to. */
export interface Total {
  readonly of: TotalOf
  readonly spent: readonly Spent[]
}

/**
 * Whom a grant is counted for: of a run, the person behind it. A run with nobody behind it is counted with all such
 * runs under its role: its subject may be another for each branch that somebody pushes. No subject has a space in it.
 */
export const personOf = ({ subject, actor, kind }: Identity, role: string): string =>
  actor ?? (kind === 'workload' ? `runs under ${role}` : subject)

/** Between which sums, in cents, a decision stays as it is. */
export interface Between {
  readonly of: TotalOf
  readonly least: number
  readonly most: number
}

interface Asked {
  readonly asker: Identity
  readonly role: string
  readonly account: string
  /** Up to when: of what is active, when it became so; else open, up to now. */
  readonly at: Instant
  readonly until?: Instant
}

/** The totals that the rules look at for such an ask; none where they look at none. */
export function totalsFor(
  { threshold, limits, recent, accounts }: Catalog,
  asked: Asked,
): readonly TotalOf[] {
  const { asker, role, account, at, until } = asked
  const names: Readonly<Record<Whose, string>> = { person: personOf(asker, role), role, account, all: '' }
  const horizon = accounts.get(account)?.horizon ?? spans.day
  const total = (of: Whose, over: Duration, free = false): TotalOf => ({
    of,
    name: names[of],
    since: sinceOf(at, over),
    ...(until !== undefined && { until }),
    free,
  })
  const wanted = [
    ...(threshold.above < Infinity ? [total('person', horizon, true)] : []),
    ...(recent ? everybody.map((of) => total(of, horizon)) : []),
    ...limits.map(({ of, every }) => total(of, spans[every])),
  ]
  return [...new Map(wanted.map((one) => [keyOf(one), one])).values()]
}

/** To the whole minute, a little early: asks that come together then rest on the same totals. */
const sinceOf = (at: Instant, over: Duration): Instant => Math.floor((at - over) / 60_000) * 60_000

const everybody: readonly Whose[] = ['person', 'role', 'account', 'all']
const keyOf = ({ of, since, free }: TotalOf): string => `${of} ${since} ${free}`

/** What was granted before, as expressions see it: in USD, over the account's horizon. */
export type Recent = Readonly<Record<Whose, number>>

interface Counted {
  readonly recent: Recent
  /** Why somebody must agree. */
  readonly concerns: readonly string[]
  /** Why it is refused. */
  readonly refusals: readonly string[]
}

/** Holds what could cost `cents` more against what was granted before. A total that is missing is no total of nothing. */
export function count(catalog: Catalog, asked: Asked, totals: readonly Total[], cents: number): Counted {
  const known = new Map(totals.map(({ of, spent }) => [keyOf(of), spent]))
  const wanted = totalsFor(catalog, asked)
  const horizon = catalog.accounts.get(asked.account)?.horizon ?? spans.day
  const over = (of: Whose, span: Duration, free = false) =>
    known.get(keyOf({ of, name: '', since: sinceOf(asked.at, span), free })) ?? []
  const { above } = catalog.threshold
  const free = sumOf(over('person', horizon, true))
  const faults = catalog.limits.flatMap((limit) => {
    const fault = limitFault(limit, over(limit.of, spans[limit.every]), cents)
    return fault === undefined ? [] : [{ then: limit.then, fault }]
  })
  const saying = (then: 'refuse' | 'ask') =>
    faults.filter((one) => one.then === then).map(({ fault }) => fault)
  return {
    recent: Object.fromEntries(everybody.map((of) => [of, sumOf(over(of, horizon)) / 100])) as Recent,
    concerns: [
      ...(wanted.every((one) => known.has(keyOf(one)))
        ? []
        : ['What was granted before could not be counted.']),
      ...(cents > 0 && free > 0 && free + cents > above * 100
        ? [
            `Without anybody this person was granted ${money(free / 100)} in the last ${formatDuration(horizon)}; with this it is ${money((free + cents) / 100)}, more than ${money(above)}.`,
          ]
        : []),
      ...saying('ask'),
    ],
    refusals: saying('refuse'),
  }
}

/**
 * Between which sums a decision on what could cost `cents` stays as it is: on its side of each threshold and limit,
 * so that many may race as long as there is room for all; and just so where a rule looks at the sum itself.
 */
export function between(
  catalog: Catalog,
  asked: Asked,
  totals: readonly Total[],
  cents: number,
): readonly Between[] {
  const horizon = catalog.accounts.get(asked.account)?.horizon ?? spans.day
  return totals.map(({ of, spent }) => {
    const sum = sumOf(spent)
    const over = (span: Duration) => of.since === sinceOf(asked.at, span)
    if (catalog.recent && !of.free && over(horizon)) return { of, least: sum, most: sum }
    const edges = of.free
      ? [catalog.threshold.above]
      : catalog.limits.filter((limit) => limit.of === of.of && over(spans[limit.every])).map(({ usd }) => usd)
    const rooms = cents === 0 ? [] : edges.map((usd) => Math.floor(usd * 100) - cents)
    return {
      of,
      least: Math.max(0, ...rooms.filter((room) => sum > room).map((room) => room + 1)),
      most: Math.min(Number.MAX_SAFE_INTEGER, ...rooms.filter((room) => sum <= room)),
    }
  })
}
