import { eq, or, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { GrantState } from '../../grant/grant.js'
import type { GrantQuery } from '../../grant/store.js'
import type { Instant } from '../../time.js'
import { exact } from './rows.js'
import { grants, issuances, votes } from './schema.js'
import { matchAll } from './words.js'

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
export function filtersOf(query: GrantQuery, commonWords: boolean): readonly Filter[] {
  const { grant, accessKeyId, text, states, subject, visibleTo, role, account, outcome, now } = query
  const open = states?.every((state) => state === 'pending' || state === 'active') ?? false
  const words = text === undefined ? undefined : within(grants.n, holding(text), !commonWords)
  return [
    grant === undefined ? undefined : equal(grants.id, grant, true),
    accessKeyId === undefined ? undefined : within(grants.id, keyed(accessKeyId)),
    commonWords ? undefined : words,
    states && open ? inStates(states, now) : undefined,
    subject === undefined ? undefined : either(ownedBy(subject)),
    visibleTo && seenBy({ ...visibleTo, subject: exact(visibleTo.subject) }, now),
    role === undefined ? undefined : equal(grants.role, role),
    account === undefined ? undefined : equal(grants.account, account),
    states && !open ? inStates(states, now) : undefined,
    outcome === undefined ? undefined : equal(grants.outcome, outcome),
    commonWords ? words : undefined,
  ].filter((filter) => filter !== undefined)
}

/** A unary plus keeps SQLite's planner from taking this column's index: sqlite.org/optoverview.html. */
export const unindexed = (column: SQLiteColumn): SQL => sql`+${column}`

const equal = (column: SQLiteColumn, value: string, few = false): Filter => ({
  branches: [{ where: eq(column, exact(value)), few }],
  test: sql`${unindexed(column)} = ${value}`,
})

const within = (column: SQLiteColumn, found: SQL, few = true): Filter => {
  const test = sql`${unindexed(column)} IN ${found}`
  return { branches: [{ where: few ? sql`${column} IN ${found}` : test, few }], test }
}

const keyed = (accessKeyId: string): SQL =>
  sql`(SELECT ${issuances.grant} FROM ${issuances} WHERE ${issuances.accessKeyId} = ${exact(accessKeyId)})`

const votedBy = (voter: string): SQL =>
  sql`(SELECT ${votes.grant} FROM ${votes} WHERE ${votes.voter} = ${voter})`

/** The rows whose reason holds all the words of a text. */
export function holding(text: string): SQL {
  const match = matchAll(text)
  return match === undefined
    ? sql`(SELECT NULL WHERE 0)`
    : sql`(SELECT rowid FROM reasons WHERE reasons MATCH ${match})`
}

const inStates = (states: readonly GrantState[], now: Instant): Filter => ({
  branches: states
    .flatMap((state) => asOf(state, now, sql`${grants.state}`))
    .map((where) => ({ where, few: false })),
  test: or(sql`0`, ...states.flatMap((state) => asOf(state, now, unindexed(grants.state)))),
})

/** Asked by this subject, or by a run with this person behind it. */
const ownedBy = (subject: string): readonly Filter[] => [
  equal(grants.subject, subject),
  equal(grants.actor, subject),
]

const either = (filters: readonly Filter[]): Filter => ({
  branches: filters.flatMap((filter) => filter.branches),
  test: or(...filters.map((filter) => filter.test)),
})

const seenBy = ({ subject, open }: NonNullable<GrantQuery['visibleTo']>, now: Instant): Filter =>
  either([
    ...ownedBy(subject),
    within(grants.id, votedBy(subject)),
    ...(open ? [inStates(['pending', 'active'], now)] : []),
  ])

/** What is stored of the grants that are in this state at `now`, in parts that each have one stored state. */
function asOf(state: GrantState, now: Instant, column: SQL): readonly SQL[] {
  const is = (stored: GrantState): SQL => sql`${column} = ${stored}`
  switch (state) {
    case 'pending':
      return [sql`${is('pending')} AND ${unindexed(grants.decideBy)} > ${now}`]
    case 'active':
      return [sql`${is('active')} AND ${unindexed(grants.endsAt)} > ${now}`]
    case 'lapsed':
      return [is('lapsed'), sql`${is('pending')} AND ${unindexed(grants.decideBy)} <= ${now}`]
    case 'ended':
      return [is('ended'), sql`${is('active')} AND ${unindexed(grants.endsAt)} <= ${now}`]
    default:
      return [is(state)]
  }
}
