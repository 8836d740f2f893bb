import { desc, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { emptyHead } from '../../audit/chain.js'
import type { Head } from '../../audit/event.js'
import { Fault } from '../../fault.js'
import type { Change, Committed } from '../../grant/store.js'
import { Conflict, prepareChange } from './change.js'
import type { Connection } from './connection.js'
import { faultOf, resultCode } from './faults.js'
import { prepareOnce } from './once.js'
import { events, meta } from './schema.js'

/** A change, or the wish to know whether one could be made. */
type Write = { readonly op: 'commit'; readonly change: Change } | { readonly op: 'probe' }

/** The answer to one write; a probe is answered with the head, like any change. */
export type Written =
  { readonly ok: true; readonly value: Committed } | { readonly ok: false; readonly fault: Fault }

/**
 * Makes the group commit: all the writes of a batch in one transaction, and so one fsync, each in a
 * savepoint of its own, so that a conflict undoes only itself. What the returned function returns is on
 * disk; when the transaction fails, every write of the batch is refused and none is in the file.
 */
export function prepareWriter(
  db: Connection,
  check: () => void,
): (batch: readonly Write[]) => readonly Written[] {
  const orm = drizzle(db)
  const apply = prepareChange(orm, prepareOnce(db))
  const last = orm
    .select({ seq: events.seq, leaf: events.leaf })
    .from(events)
    .orderBy(desc(events.seq))
    .limit(1)
    .prepare()
  const count = orm
    .insert(meta)
    .values({ name: 'probe', value: 1 })
    .onConflictDoUpdate({ target: meta.name, set: { value: sql`${meta.value} + 1` } })
    .prepare()

  const one = db.transaction((write: Write, head: Head): Head => {
    if (write.op === 'commit') return apply(write.change, head)
    count.run()
    return head
  })

  const all = db.transaction((batch: readonly Write[]): readonly Written[] => {
    // Read under the write lock: a second process on the same file cannot fork the chain.
    let head: Head = last.get() ?? emptyHead
    return batch.map((write) => {
      try {
        head = one(write, head)
        return { ok: true, value: { ok: true, head } }
      } catch (error) {
        return alone(error)
      }
    })
  })

  return (batch) => {
    try {
      check()
      return all.immediate(batch)
    } catch (error) {
      const fault = ofAll(error)
      return batch.map(() => ({ ok: false, fault }))
    }
  }
}

/** Why a whole batch was refused: never the fault of one of its changes, so always the store's. */
function ofAll(error: unknown): Fault {
  const fault = faultOf(error)
  if (fault.code === 'store_unavailable') return fault
  return new Fault('store_unavailable', 'The database did not take the change.', { cause: error })
}

/**
 * The answer to a write that failed by itself. An error of the file fails the batch instead: after one,
 * SQLite may have rolled back more than the savepoint (sqlite.org/lang_transaction.html, section 3).
 */
function alone(error: unknown): Written {
  if (error instanceof Conflict) return { ok: true, value: { ok: false, conflict: error.conflict } }
  const fault = faultOf(error)
  if (resultCode(error) !== undefined && fault.code === 'store_unavailable') throw error
  return { ok: false, fault }
}
