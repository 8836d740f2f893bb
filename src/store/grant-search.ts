import { and, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { GrantQuery } from '../grant/store.js'
import { filtersOf } from './grant-filters.js'
import type { Dialect } from './grant-filters.js'

/** A place in the order of time; the id parts grants of one millisecond. */
export interface Place {
  readonly id: string
  readonly createdAt: number
}

/** A row of a page. */
export type Found = Place & { readonly body: string }

/**
 * The statements of a search, each found by one index: every one yields the newest rows of its part, and
 * the newest of all are among them. `from` is inclusive, `to` is not. `commonWords`: so many reasons hold
 * the words that they are best looked for on the way.
 */
export function grantPages(
  dialect: Dialect,
  query: GrantQuery,
  before: Place | undefined,
  commonWords: boolean,
): readonly SQL[] {
  const { grants, unindexed } = dialect
  const { from, to, activeFrom, activeTo } = query
  const tests = [
    activeFrom === undefined ? undefined : sql`${unindexed(grants.endsAt)} > ${activeFrom}`,
    activeTo === undefined ? undefined : sql`${unindexed(grants.activeAt)} < ${activeTo}`,
  ]
  const earliest = activeFrom === undefined ? from : Math.max(from ?? 0, activeFrom - longestLife)
  const latest = activeTo === undefined ? to : Math.min(to ?? activeTo, activeTo)
  const [first, ...others] = filtersOf(dialect, query, commonWords)
  tests.push(...others.map((filter) => filter.test))
  return (first?.branches ?? [{ where: undefined, few: false }]).map(({ where, few }) => {
    const createdAt = few ? dialect.unordered(grants.createdAt) : sql`${grants.createdAt}`
    const since = earliest === undefined ? undefined : sql`${createdAt} >= ${earliest}`
    const until = latest === undefined ? undefined : sql`${createdAt} < ${latest}`
    const after = before && sql`(${createdAt}, ${grants.id}) < (${before.createdAt}, ${before.id})`
    const all = and(where, ...tests, since, until, after)
    return sql`
      SELECT ${grants.id} AS "id", ${grants.createdAt} AS "createdAt", ${grants.body} AS "body" FROM ${grants.id.table}
      ${all && sql`WHERE ${all}`} ORDER BY ${createdAt} DESC, ${grants.id} DESC LIMIT ${query.limit}`
  })
}

/** From an ask to the end of its window: an approval takes at most seven days, a window twelve hours. */
const longestLife = (7 * 24 + 12) * 3_600_000

/** The page itself, newest first, of rows in which parts may overlap. */
export function pageOf(rows: readonly Found[], limit: number): readonly Found[] {
  const found = new Map(rows.map((row) => [row.id, row]))
  return [...found.values()].sort(newestFirst).slice(0, limit)
}

const newestFirst = (a: Place, b: Place): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)

/** From how many reasons on it is quicker to look for words on the way than to fetch all that hold them. */
export const manyReasons = 1_000
