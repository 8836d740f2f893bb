import { eq, or, sql } from 'drizzle-orm'
import type { Column, SQL } from 'drizzle-orm'
import { inCents } from '../decision/cents.js'
import type { GrantState, ReviewState } from '../grant/grant.js'
import type { GrantQuery } from '../grant/store.js'
import type { Instant } from '../time.js'
import { exact, unbounded } from './rows.js'
import type { GrantRow, IssuanceRow, VoteRow } from './rows.js'

/** What a search has to know of a database: its tables, and where its SQL is its own. */
export interface Dialect {
  readonly grants: Readonly<Record<keyof GrantRow, Column>>
  readonly votes: Readonly<Record<keyof VoteRow, Column>>
  readonly issuances: Readonly<Record<keyof IssuanceRow, Column>>
  /** The column, so written that no index is taken for a test of it. */
  unindexed(column: Column): SQL
  /** The number, so written that no index is taken to put rows in its order. */
  unordered(column: Column): SQL
  /** How many digits a whole number has, as the index says it. */
  digits(column: Column): SQL
  /** What finds the grants whose reason holds each of the words of a text, and what tests one grant for them. */
  words(text: string): { readonly find: SQL; readonly test: SQL }
}

/**
 * A part of an answer that an index finds. `few`: so few rows that they are best fetched first and put in
 * order then; otherwise the index yields them in order, and the page's limit stops it.
 */
interface Branch {
  readonly where: SQL | undefined
  readonly few: boolean
}

/** A filter of a search: as what an index finds, in parts that may overlap, or as a test of each row. */
interface Filter {
  readonly branches: readonly Branch[]
  readonly test: SQL | undefined
}

/**
 * The filters of a query. The first is the one whose index leaves the fewest rows, as far as that can be
 * known beforehand; open states are few, and words unless they are said to be common.
 */
export function filtersOf(dialect: Dialect, query: GrantQuery, commonWords: boolean): readonly Filter[] {
  const { grant, accessKeyId, text, states, subject, visibleTo, role, account, outcome, now } = query
  const { ticket, ticketed, config, costOver, review } = query
  const { grants, issuances, votes, unindexed } = dialect

  const equal = (column: Column, value: string, few = false): Filter => ({
    branches: [{ where: eq(column, exact(value)), few }],
    test: sql`${unindexed(column)} = ${value}`,
  })
  const within = (column: Column, found: SQL): Filter => ({
    branches: [{ where: sql`${column} IN ${found}`, few: true }],
    test: sql`${unindexed(column)} IN ${found}`,
  })
  const inStates = (wanted: readonly GrantState[]): Filter => ({
    branches: wanted
      .flatMap((state) => asOf(dialect, state, now, sql`${grants.state}`))
      .map((where) => ({ where, few: false })),
    test: or(nothing, ...wanted.flatMap((state) => asOf(dialect, state, now, unindexed(grants.state)))),
  })
  /** Asked by this subject, or by a run with this person behind it. */
  const ownedBy = (owner: string): readonly Filter[] => [
    equal(grants.subject, owner),
    equal(grants.actor, owner),
  ]
  const keyed = (id: string): SQL =>
    sql`(SELECT ${issuances.grant} FROM ${issuances.grant.table} WHERE ${issuances.accessKeyId} = ${exact(id)})`
  const votedBy = (voter: string): SQL =>
    sql`(SELECT ${votes.grant} FROM ${votes.grant.table} WHERE ${votes.voter} = ${voter})`
  const seenBy = ({ subject: viewer, open: alsoOpen }: NonNullable<GrantQuery['visibleTo']>): Filter =>
    either([
      ...ownedBy(exact(viewer)),
      within(grants.id, votedBy(viewer)),
      ...(alsoOpen ? [inStates(['pending', 'active']), reviewed('open')] : []),
    ])
  const holding = (): Filter | undefined => {
    if (text === undefined) return undefined
    const { find, test } = dialect.words(text)
    return { branches: [{ where: commonWords ? test : find, few: !commonWords }], test }
  }

  const withTicket = (is: boolean): Filter => {
    const where = is ? sql`${grants.ticket} IS NOT NULL` : sql`${grants.ticket} IS NULL`
    return { branches: [{ where, few: false }], test: where }
  }

  /** The state is written out, not bound: only then does SQLite take the partial index. */
  const reviewed = (state: ReviewState): Filter => ({
    branches: [{ where: sql`${grants.review} = ${sql.raw(`'${state}'`)}`, few: false }],
    test: sql`${unindexed(grants.review)} = ${state}`,
  })

  const open = states?.every((state) => state === 'pending' || state === 'active') ?? false
  return [
    grant === undefined ? undefined : equal(grants.id, grant, true),
    accessKeyId === undefined ? undefined : within(grants.id, keyed(accessKeyId)),
    ticket === undefined ? undefined : equal(grants.ticket, ticket),
    review === undefined ? undefined : reviewed(review),
    commonWords ? undefined : holding(),
    states && open ? inStates(states) : undefined,
    subject === undefined ? undefined : either(ownedBy(subject)),
    visibleTo && seenBy(visibleTo),
    role === undefined ? undefined : equal(grants.role, role),
    account === undefined ? undefined : equal(grants.account, account),
    states && !open ? inStates(states) : undefined,
    costOver === undefined ? undefined : dearerThan(dialect, costOver),
    ticketed === undefined ? undefined : withTicket(ticketed),
    config === undefined ? undefined : equal(grants.config, config),
    outcome === undefined ? undefined : equal(grants.outcome, outcome),
    commonWords ? holding() : undefined,
  ].filter((filter) => filter !== undefined)
}

/** Holds for no row, in every dialect. */
const nothing = sql`1 = 0`

const either = (filters: readonly Filter[]): Filter => ({
  branches: filters.flatMap((filter) => filter.branches),
  test: or(...filters.map((filter) => filter.test)),
})

/**
 * Each number of digits is a part that the index has in order of time; only the first part holds some that
 * cost less.
 */
function dearerThan({ grants, unindexed, digits }: Dialect, usd: number): Filter {
  const cents = Math.min(Math.floor(inCents(usd)), unbounded - 1)
  const [least, most] = [String(cents).length, String(unbounded).length]
  const test = sql`${unindexed(grants.bound)} > ${cents}`
  const branches = Array.from({ length: most - least + 1 }, (_, n) => {
    const sized = sql`${digits(grants.bound)} = ${sql.raw(String(least + n))} AND ${grants.bound} IS NOT NULL`
    return { where: n === 0 ? sql`${sized} AND ${test}` : sized, few: false }
  })
  return { branches, test }
}

/** What is stored of the grants that are in this state at `now`, in parts that each have one stored state. */
function asOf({ grants, unindexed }: Dialect, state: GrantState, now: Instant, column: SQL): readonly SQL[] {
  const is = (stored: GrantState): SQL => sql`${column} = ${stored}`
  const [decideBy, endsAt] = [unindexed(grants.decideBy), unindexed(grants.endsAt)]
  switch (state) {
    case 'pending':
      return [sql`${is('pending')} AND ${decideBy} > ${now}`]
    case 'active':
      return [sql`${is('active')} AND ${endsAt} > ${now}`]
    case 'lapsed':
      return [is('lapsed'), sql`${is('pending')} AND ${decideBy} <= ${now}`]
    case 'ended':
      return [is('ended'), sql`${is('active')} AND ${endsAt} <= ${now}`]
    default:
      return [is(state)]
  }
}
