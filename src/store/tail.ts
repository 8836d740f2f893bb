import { verify } from '../audit/chain.js'
import type { Head } from '../audit/event.js'
import { Fault } from '../fault.js'
import { toEntry } from './rows.js'
import type { EventRow } from './rows.js'

/** How many of the newest links are verified at each start; one more is read, for the first to follow. */
const tailLength = 1_000
export const tailRows = tailLength + 1

/**
 * Refuses, with the fault `store_unavailable`, a log whose end does not verify: nothing may be added to a
 * record that was tampered with. `newest` are its last rows, `tailRows` of them, the newest first; `start` is what the
 * oldest event there is must follow.
 */
export function checkTail(newest: readonly EventRow[], start: Head): void {
  const rows = newest.toReversed()
  // Where the log goes on before the tail, its first entry is only what the second must follow.
  const before = rows.length > tailLength ? rows.shift() : undefined
  const verified = verify(rows.map(toEntry), before ?? start)
  if (verified.ok) return
  const detail = `The audit log does not verify: ${verified.detail} Keep the database as evidence, and restore a backup.`
  throw new Fault('store_unavailable', detail)
}
