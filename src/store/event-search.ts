import { and, asc, eq, gt, gte, lt } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Entry } from '../../audit/event.js'
import type { EventQuery } from '../../grant/store.js'
import { exact, toEntry } from './rows.js'
import { events } from './schema.js'

/** A page of the log, oldest first. `from` is inclusive, `to` is not. */
export function searchEvents(orm: BetterSQLite3Database, query: EventQuery): readonly Entry[] {
  const rows = logQueries(orm, query).flatMap((part) => part.all())
  return rows
    .sort((a, b) => a.seq - b.seq)
    .slice(0, query.limit)
    .map(toEntry)
}

/** The statements of a search: one, or one for each kind, so that its index yields them in order. */
export function logQueries(orm: BetterSQLite3Database, query: EventQuery) {
  const { grant, by, kinds, from, to, after = 0, limit } = query
  const only = (column: SQLiteColumn, value: string | undefined): SQL | undefined =>
    value === undefined ? undefined : eq(column, exact(value))
  const anyKind = kinds === undefined ? [undefined] : new Set(kinds)
  return Array.from(anyKind, (kind) =>
    orm
      .select()
      .from(events)
      .where(
        and(
          gt(events.seq, after),
          only(events.grant, grant),
          only(events.by, by),
          only(events.kind, kind),
          from === undefined ? undefined : gte(events.at, from),
          to === undefined ? undefined : lt(events.at, to),
        ),
      )
      .orderBy(asc(events.seq))
      .limit(limit),
  )
}
