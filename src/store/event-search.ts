import { and, sql } from 'drizzle-orm'
import type { Column, SQL } from 'drizzle-orm'
import type { Entry } from '../audit/event.js'
import type { EventQuery } from '../grant/store.js'
import { exact, toEntry } from './rows.js'
import type { EventRow } from './rows.js'

/** The table of events as a dialect knows it. */
export type EventTable = Readonly<Record<keyof EventRow, Column>>

/**
 * The statements of a search of the log: one, or one for each kind, so that its index yields them in
 * order, oldest first. `from` is inclusive, `to` is not.
 */
export function logPages(events: EventTable, query: EventQuery): readonly SQL[] {
  const { grant, by, kinds, refusal, from, to, after = 0, limit } = query
  const order = refusal === undefined ? sql`${events.seq}` : sql`refusals.seq`
  const only = (column: Column, value: string | undefined): SQL | undefined =>
    value === undefined ? undefined : sql`${column} = ${exact(value)}`
  const anyKind = kinds === undefined ? [undefined] : new Set(kinds)
  return Array.from(anyKind, (kind) => {
    const all = and(
      sql`${order} > ${after}`,
      refusal === undefined
        ? undefined
        : sql`refusals.reason = ${exact(refusal)} AND ${events.seq} = refusals.seq`,
      only(events.grant, grant),
      only(events.by, by),
      only(events.kind, kind),
      from === undefined ? undefined : sql`${events.at} >= ${from}`,
      to === undefined ? undefined : sql`${events.at} < ${to}`,
    )
    const columns = sql.join(
      Object.values(events).map((column) => sql`${column}`),
      sql`, `,
    )
    // SQLite takes the tables of a CROSS JOIN in the order in which they are named.
    const found = refusal === undefined ? sql`` : sql`refusals CROSS JOIN `
    return sql`SELECT ${columns} FROM ${found}${events.seq.table} WHERE ${all} ORDER BY ${order} LIMIT ${limit}`
  })
}

/** The page itself, of the rows of all its parts. */
export const entriesOf = (rows: readonly EventRow[], limit: number): readonly Entry[] =>
  rows
    .toSorted((a, b) => a.seq - b.seq)
    .slice(0, limit)
    .map(toEntry)
