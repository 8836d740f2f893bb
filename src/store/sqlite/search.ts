import { eq, getTableColumns, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type { Entry } from '../../audit/event.js'
import type { EventQuery, GrantQuery } from '../../grant/store.js'
import { entriesOf, logPages } from '../event-search.js'
import type { Dialect } from '../grant-filters.js'
import { grantPages, manyReasons, pageOf } from '../grant-search.js'
import type { Found, Place } from '../grant-search.js'
import { exact } from '../rows.js'
import type { EventRow } from '../rows.js'
import { events, grants, issuances, votes } from './schema.js'
import { matchAll } from './words.js'

/** The rows whose reason holds all the words of a text. */
function holding(text: string): SQL {
  const match = matchAll(text)
  return match === undefined
    ? sql`(SELECT NULL WHERE 0)`
    : sql`(SELECT rowid FROM reasons WHERE reasons MATCH ${match})`
}

export const dialect: Dialect = {
  grants: getTableColumns(grants),
  votes: getTableColumns(votes),
  issuances: getTableColumns(issuances),
  // A unary plus keeps SQLite's planner from taking a column's index: sqlite.org/optoverview.html.
  unindexed: (column) => sql`+${column}`,
  unordered: (column) => sql`+${column}`,
  digits: (column) => sql`length(${column})`,
  words(text) {
    const found = holding(text)
    return { find: sql`${grants.n} IN ${found}`, test: sql`+${grants.n} IN ${found}` }
  },
}

/** A page of grants, newest first. */
export function searchGrants(orm: BetterSQLite3Database, query: GrantQuery): readonly Found[] {
  const before = query.before === undefined ? undefined : placeOf(orm, query.before)
  if (query.before !== undefined && before === undefined) return []
  const pages = grantPages(dialect, query, before, query.text !== undefined && areCommon(orm, query.text))
  return pageOf(
    pages.flatMap((page) => orm.all<Found>(page)),
    query.limit,
  )
}

/** A page of the log, oldest first. */
export const searchEvents = (orm: BetterSQLite3Database, query: EventQuery): readonly Entry[] =>
  entriesOf(
    logPages(getTableColumns(events), query).flatMap((page) => orm.all<EventRow>(page)),
    query.limit,
  )

const placeOf = (orm: BetterSQLite3Database, id: string): Place | undefined =>
  orm
    .select({ id: grants.id, createdAt: grants.createdAt })
    .from(grants)
    .where(eq(grants.id, exact(id)))
    .get()

function areCommon(orm: BetterSQLite3Database, text: string): boolean {
  const counted = sql`SELECT count(*) AS found FROM (SELECT * FROM ${holding(text)} LIMIT ${manyReasons})`
  return orm.get<{ found: number }>(counted).found >= manyReasons
}
