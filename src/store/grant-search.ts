import { and, desc, eq, sql } from 'drizzle-orm'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type { GrantQuery } from '../../grant/store.js'
import { filtersOf, holding, unindexed } from './grant-filters.js'
import { exact } from './rows.js'
import { grants } from './schema.js'

/** A place in the order of time; the id parts grants of one millisecond. */
interface Place {
  readonly id: string
  readonly createdAt: number
}

/** Rows of a page of grants, newest first. `from` is inclusive, `to` is not. */
export function searchGrants(
  orm: BetterSQLite3Database,
  query: GrantQuery,
): readonly (Place & { readonly body: string })[] {
  const before = query.before === undefined ? undefined : placeOf(orm, query.before)
  if (query.before !== undefined && before === undefined) return []
  // Each part yields its newest rows; parts may overlap, and the newest of all are among theirs.
  const rows = pageQueries(orm, query, before).flatMap((part) => part.all())
  const found = new Map(rows.map((row) => [row.id, row]))
  return [...found.values()].sort(newestFirst).slice(0, query.limit)
}

const newestFirst = (a: Place, b: Place): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)

const placeOf = (orm: BetterSQLite3Database, id: string): Place | undefined =>
  orm
    .select({ id: grants.id, createdAt: grants.createdAt })
    .from(grants)
    .where(eq(grants.id, exact(id)))
    .get()

/** From how many reasons on it is quicker to look for words on the way than to fetch all that hold them. */
const many = 1_000

function areCommon(orm: BetterSQLite3Database, text: string): boolean {
  const counted = sql`SELECT count(*) AS found FROM (SELECT * FROM ${holding(text)} LIMIT ${many})`
  return orm.get<{ found: number }>(counted).found >= many
}

/** The statements of a search, each found by one index. */
export function pageQueries(orm: BetterSQLite3Database, query: GrantQuery, before: Place | undefined) {
  const [first, ...others] = filtersOf(query, query.text !== undefined && areCommon(orm, query.text))
  const tests = others.map((filter) => filter.test)
  return (first?.branches ?? [{ where: undefined, few: false }]).map(({ where, few }) => {
    const createdAt = few ? unindexed(grants.createdAt) : sql`${grants.createdAt}`
    const since = query.from === undefined ? undefined : sql`${createdAt} >= ${query.from}`
    const until = query.to === undefined ? undefined : sql`${createdAt} < ${query.to}`
    const after = before && sql`(${createdAt}, ${grants.id}) < (${before.createdAt}, ${before.id})`
    return orm
      .select({ id: grants.id, createdAt: grants.createdAt, body: grants.body })
      .from(grants)
      .where(and(where, ...tests, since, until, after))
      .orderBy(desc(createdAt), desc(grants.id))
      .limit(query.limit)
  })
}
