import { asc, sql } from 'drizzle-orm'
import { Fault } from '../../fault.js'
import { outstanding } from '../migrate.js'
import type { Migration } from '../migrate.js'
import type { Line } from './connection.js'
import { faultOf } from './faults.js'
import * as schema from './schema.js'

/** Each statement sees what others have committed, the lock having been waited for. */
const readCommitted = { isolationLevel: 'read committed' } as const

/** Names Stint's advisory lock for migrating: no table to lock is there yet. Any number will do. */
const lock = 5_784_683

/**
 * Brings the schema up to what is known, each migration in a transaction of its own. Replicas that start
 * together take turns, and each looks again at what was applied. Throws the faults of `outstanding`, and
 * the database's errors.
 */
export async function migrate({ orm }: Line, known: readonly Migration[]): Promise<void> {
  let more = true
  while (more) {
    more = await orm.transaction(async (tx) => {
      await tx.execute(sql`SELECT pg_advisory_xact_lock(${lock})`)
      await tx.execute(sql`
        CREATE TABLE IF NOT EXISTS migrations (name TEXT COLLATE "C" NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL)`)
      const applied = await tx.select().from(schema.migrations).orderBy(asc(schema.migrations.name))
      const next = outstanding(known, applied)[0]
      if (next === undefined) return false
      await tx.execute(sql.raw(next.sql)).catch((error: unknown) => refused(next, error))
      await tx.insert(schema.migrations).values({ name: next.name, sha256: next.sha256 })
      return true
    }, readCommitted)
  }
}

function refused({ name }: Migration, error: unknown): never {
  const fault = faultOf(error)
  if (fault.code === 'store_unavailable') throw fault
  const detail = `The migration "${name}" does not fit the database, which was left as it was. Is it Stint's?`
  throw new Fault('store_unavailable', detail, { cause: fault.cause })
}
