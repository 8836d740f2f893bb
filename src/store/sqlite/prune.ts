import { asc, eq, lte } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { Connection } from './connection.js'
import type { Writes } from './protocol.js'
import { events, leaves, positions } from './schema.js'

/** Takes away the oldest events, and keeps their leaves: see `Store.prune`. */
export function preparePrune(db: Connection, check: () => void): Writes['prune'] {
  const orm = drizzle(db)
  const prune = db.transaction(({ limit }: { readonly limit: number }) => {
    const end = orm
      .select({ value: positions.value })
      .from(positions)
      .where(eq(positions.name, 'dropped'))
      .get()
    const oldest = orm
      .select({ seq: events.seq, leaf: events.leaf })
      .from(events)
      .where(lte(events.seq, end?.value ?? 0))
      .orderBy(asc(events.seq))
      .limit(limit)
      .all()
    for (const row of oldest) orm.insert(leaves).values(row).run()
    const last = oldest.at(-1)
    if (last) orm.delete(events).where(lte(events.seq, last.seq)).run()
    return oldest.length
  })
  return (arg) => {
    check()
    return prune.immediate(arg)
  }
}
