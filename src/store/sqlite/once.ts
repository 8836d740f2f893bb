import type { SQL } from 'drizzle-orm'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import type { Statement } from 'better-sqlite3'
import { lately } from '../../lately.js'
import type { Connection } from './connection.js'

/** Runs a query that is put together for each call. */
export type All = <Row>(query: SQL) => readonly Row[]

/** As many texts as there are shapes of what is run so, with some to spare. */
const most = 50

/** Prepares each text once: for what is looked up with every ask, that takes longer than looking it up. */
export function prepareOnce(db: Connection): All {
  const dialect = new SQLiteSyncDialect()
  const prepared = lately<Statement>(most)
  return <Row>(query: SQL) => {
    const { sql, params } = dialect.sqlToQuery(query)
    return prepared(sql, () => db.prepare(sql)).all(...params) as Row[]
  }
}
