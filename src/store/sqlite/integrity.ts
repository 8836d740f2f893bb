import { desc } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { emptyHead } from '../../audit/chain.js'
import { Fault } from '../../fault.js'
import type { Connection } from './connection.js'
import { checkTail, tailRows } from '../tail.js'
import { events, leaves } from './schema.js'

/** Bytes up to which the whole file is looked through at each start; a larger one would hold it up. */
const smallFile = 256 * 1024 * 1024

/**
 * Refuses, with the fault `store_unavailable`, a database whose pages are damaged or whose chain does not
 * verify at its end: nothing may be added to a record that was tampered with.
 */
export function checkIntegrity(db: Connection): void {
  const bytes =
    Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }))
  if (bytes <= smallFile) {
    const answer = db.pragma('quick_check(1)', { simple: true })
    if (answer !== 'ok') {
      const detail = 'The database is damaged. Keep the file, and restore one from a backup.'
      throw new Fault('store_unavailable', detail, { cause: new Error(String(answer)) })
    }
  }
  const orm = drizzle(db)
  const start = orm.select().from(leaves).orderBy(desc(leaves.seq)).limit(1).get() ?? emptyHead
  checkTail(orm.select().from(events).orderBy(desc(events.seq)).limit(tailRows).all(), start)
}
