import { desc } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { emptyHead, verify } from '../../audit/chain.js'
import { Fault } from '../../fault.js'
import type { Connection } from './connection.js'
import { toEntry } from '../rows.js'
import { events } from './schema.js'

/** How many of the newest links are verified at each start. */
const tailLength = 1_000

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
  checkTail(db)
}

function checkTail(db: Connection): void {
  const rows = drizzle(db)
    .select()
    .from(events)
    .orderBy(desc(events.seq))
    .limit(tailLength + 1)
    .all()
    .reverse()
  // Where the log goes on before the tail, its first entry is only what the second must follow.
  const before = rows.length > tailLength ? rows.shift() : undefined
  const verified = verify(rows.map(toEntry), before ?? emptyHead)
  if (verified.ok) return
  const detail = `The audit log does not verify: ${verified.detail} Keep the file as evidence, and restore a backup.`
  throw new Fault('store_unavailable', detail)
}
