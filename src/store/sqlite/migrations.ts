import { drizzle } from 'drizzle-orm/better-sqlite3'
import { asc, sql } from 'drizzle-orm'
import { Fault } from '../../fault.js'
import { outstanding } from '../migrate.js'
import type { Migration } from '../migrate.js'
import type { Connection } from './connection.js'
import { faultOf } from './faults.js'
import * as schema from './schema.js'

/**
 * Brings the schema up to what is known, each migration in a transaction of its own that looks again at
 * what was applied: two processes that start at once do not apply one twice. Throws the faults of
 * `outstanding`, and SQLite's errors.
 */
export function migrate(db: Connection, known: readonly Migration[]): void {
  const orm = drizzle(db)
  const applyNext = db.transaction((): boolean => {
    orm.run(
      sql`CREATE TABLE IF NOT EXISTS migrations (name TEXT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL) STRICT`,
    )
    const applied = orm.select().from(schema.migrations).orderBy(asc(schema.migrations.name)).all()
    const next = outstanding(known, applied)[0]
    if (next === undefined) return false
    run(db, next)
    orm.insert(schema.migrations).values({ name: next.name, sha256: next.sha256 }).run()
    return true
  })
  let more = true
  while (more) more = applyNext.immediate()
}

function run(db: Connection, { name, sql }: Migration): void {
  try {
    db.exec(sql)
  } catch (error) {
    const fault = faultOf(error)
    if (fault.code === 'store_unavailable') throw fault
    const detail = `The migration "${name}" does not fit the database, which was left as it was. Is it Stint's?`
    throw new Fault('store_unavailable', detail, { cause: error })
  }
}
