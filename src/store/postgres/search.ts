import { getTableColumns, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Entry } from '../../audit/event.js'
import type { EventQuery, GrantQuery } from '../../grant/store.js'
import { entriesOf, logPages } from '../event-search.js'
import type { Dialect } from '../grant-filters.js'
import { grantPages, manyReasons, pageOf } from '../grant-search.js'
import type { Found, Place } from '../grant-search.js'
import { exact } from '../rows.js'
import type { EventRow } from '../rows.js'
import { events, grants, issuances, votes } from './schema.js'
import { queryOf } from './words.js'

function holding(text: string): SQL {
  const query = queryOf(text)
  return query === undefined ? sql`false` : sql`${grants.words} @@ ${query}::tsquery`
}

export const dialect: Dialect = {
  grants: getTableColumns(grants),
  votes: getTableColumns(votes),
  issuances: getTableColumns(issuances),
  // Which index a test is worth, the server knows from its statistics.
  unindexed: (column) => sql`${column}`,
  unordered: (column) => sql`(${column} + 0)`,
  digits: (column) => sql`length(${column}::text)`,
  words: (text) => ({ find: holding(text), test: holding(text) }),
}

/** A page of grants, newest first. Its parts share a statement, and so are of one moment. */
export async function searchGrants(orm: NodePgDatabase, query: GrantQuery): Promise<readonly Found[]> {
  const before = query.before === undefined ? undefined : await placeOf(orm, query.before)
  if (query.before !== undefined && before === undefined) return []
  const common = query.text !== undefined && (await areCommon(orm, query.text))
  const rows = await together(orm, grantPages(dialect, query, before, common))
  return pageOf(rows as readonly Found[], query.limit)
}

/** A page of the log, oldest first. */
export async function searchEvents(orm: NodePgDatabase, query: EventQuery): Promise<readonly Entry[]> {
  const rows = await together(orm, logPages(getTableColumns(events), query))
  return entriesOf(rows as readonly EventRow[], query.limit)
}

async function together(orm: NodePgDatabase, pages: readonly SQL[]): Promise<readonly unknown[]> {
  if (pages.length === 0) return []
  const parts = pages.map((page) => sql`(${page})`)
  return (await orm.execute(sql.join(parts, sql` UNION ALL `))).rows
}

async function placeOf(orm: NodePgDatabase, id: string): Promise<Place | undefined> {
  const found = await orm.execute<Place & Record<string, unknown>>(
    sql`SELECT id, created_at AS "createdAt" FROM ${grants} WHERE id = ${exact(id)}`,
  )
  return found.rows[0]
}

async function areCommon(orm: NodePgDatabase, text: string): Promise<boolean> {
  const { rows } = await orm.execute<{ found: number }>(sql`
    SELECT count(*) AS found FROM (SELECT 1 FROM ${grants} WHERE ${holding(text)} LIMIT ${manyReasons}) AS holding`)
  return (rows[0]?.found ?? 0) >= manyReasons
}
