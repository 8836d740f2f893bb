import { existsSync } from 'node:fs'
import { asc, desc, getTableColumns } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { emptyHead } from '../../audit/chain.js'
import { Fault } from '../../fault.js'
import { chunk, following } from '../archive.js'
import type { Rows, Source, Table, Target } from '../archive.js'
import { readMigrations, shipped } from '../migrate.js'
import { databaseFile, openReading, openWriting } from './connection.js'
import type { Connection } from './connection.js'
import { faultOf } from './faults.js'
import { migrate } from './migrations.js'
import * as schema from './schema.js'

/** Each table with the columns that its rows are told apart and put in order by. */
const places: Readonly<
  Record<Table, { readonly table: SQLiteTable; readonly key: readonly SQLiteColumn[] }>
> = {
  grants: { table: schema.grants, key: [schema.grants.id] },
  votes: { table: schema.votes, key: [schema.votes.grant, schema.votes.voter] },
  issuances: { table: schema.issuances, key: [schema.issuances.id] },
  keys: { table: schema.idempotencyKeys, key: [schema.idempotencyKeys.subject, schema.idempotencyKeys.key] },
  persons: { table: schema.persons, key: [schema.persons.subject] },
  slackUsers: { table: schema.slackUsers, key: [schema.slackUsers.id] },
  blocks: { table: schema.blocks, key: [schema.blocks.id] },
  denials: { table: schema.denials, key: [schema.denials.arn] },
  outbox: { table: schema.outbox, key: [schema.outbox.n] },
  posts: { table: schema.posts, key: [schema.posts.lane, schema.posts.about] },
  leaves: { table: schema.leaves, key: [schema.leaves.seq] },
  events: { table: schema.events, key: [schema.events.seq] },
  tree: { table: schema.tree, key: [schema.tree.level, schema.tree.place] },
  checkpoints: { table: schema.checkpoints, key: [schema.checkpoints.size] },
  positions: { table: schema.positions, key: [schema.positions.name] },
}

/** A SQLite file as it is now, to be read through. Throws `store_unavailable` where there is none. */
export function readSqlite(path: string): Source {
  if (!existsSync(path)) throw new Fault('store_unavailable', `There is no database at ${path}.`)
  const db = told(() => openReading(path))
  db.exec('BEGIN')
  return sourceOf(db)
}

/** A SQLite file to be filled; it is made where there is none, with the tables that Stint knows. */
export function fillSqlite(path: string): Target {
  const db = told(() => {
    const opened = openWriting(databaseFile(path))
    migrate(opened, readMigrations(shipped('sqlite')))
    opened.exec('BEGIN IMMEDIATE')
    return opened
  })
  const orm = drizzle(db)
  return {
    ...sourceOf(db),
    write: async (table, rows) =>
      told(() => {
        // One by one: a row has more columns than a statement of a thousand rows may have parameters.
        for (const row of rows)
          orm
            .insert(places[table].table)
            .values({ ...row })
            .run()
      }),
    commit: async () => void told(() => db.exec('COMMIT')),
  }
}

function sourceOf(db: Connection): Source {
  const orm = drizzle(db)
  return {
    async *read<T extends Table>(name: T) {
      const { table, key } = places[name]
      // A grant's `n` is SQLite's own.
      const columns = Object.entries(getTableColumns(table)).filter(([column]) => column !== 'n')
      const query = orm.select(Object.fromEntries(columns)).from(table)
      let last: Record<string, unknown> | undefined
      do {
        const order = key.map((column) => asc(column))
        const page = query.where(following(key, last)).orderBy(...order)
        const rows: Record<string, unknown>[] = told(() => page.limit(chunk).all())
        if (rows.length > 0) yield rows as unknown as readonly Rows[T][]
        last = rows.length < chunk ? undefined : rows.at(-1)
      } while (last)
    },
    async head() {
      const { seq, leaf } = schema.events
      const last = told(() => orm.select({ seq, leaf }).from(schema.events).orderBy(desc(seq)).limit(1).get())
      return last ?? emptyHead
    },
    async close() {
      db.close()
    },
  }
}

function told<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw faultOf(error)
  }
}
