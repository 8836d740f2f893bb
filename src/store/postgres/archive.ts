import { asc, desc, getTableColumns } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { emptyHead } from '../../audit/chain.js'
import { chunk, following } from '../archive.js'
import type { Rows, Source, Table, Target } from '../archive.js'
import { readMigrations, shipped } from '../migrate.js'
import type { GrantRow } from '../rows.js'
import { reachLine } from './connection.js'
import type { Line } from './connection.js'
import { faultOf } from './faults.js'
import { migrate } from './migrations.js'
import * as schema from './schema.js'
import { withWords } from './tables.js'

/** Each table with the columns that its rows are told apart and put in order by. */
const places: Readonly<Record<Table, { readonly table: PgTable; readonly key: readonly PgColumn[] }>> = {
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

/** A PostgreSQL store as it is now, to be read through. Rejects with `store_unavailable` where there is none. */
export async function readPostgres(url: string): Promise<Source> {
  const line = await reachLine(url, 'unhurried')
  await told(line.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'))
  return sourceOf(line)
}

/** A PostgreSQL database to be filled; the tables are made. Nobody else writes meanwhile. */
export async function fillPostgres(url: string): Promise<Target> {
  const line = await reachLine(url, 'unhurried')
  try {
    await migrate(line, readMigrations(shipped('postgres')))
    await line.client.query("BEGIN; UPDATE meta SET value = value + 1 WHERE name = 'turn'")
  } catch (error) {
    await line.end()
    throw faultOf(error)
  }
  return {
    ...sourceOf(line),
    write: async (table, rows) => {
      const values = table === 'grants' ? (rows as readonly GrantRow[]).map(withWords) : [...rows]
      await told(line.orm.insert(places[table].table).values(values).execute())
    },
    async commit() {
      await told(line.client.query('COMMIT'))
      // Searches are planned by counts of the rows, which nobody has made yet; the server makes them later too.
      await line.client.query('ANALYZE').catch(() => undefined)
    },
  }
}

function sourceOf({ orm, end }: Line): Source {
  return {
    async *read<T extends Table>(name: T) {
      const { table, key } = places[name]
      // A grant's `words` are PostgreSQL's own.
      const columns = Object.entries(getTableColumns(table)).filter(([column]) => column !== 'words')
      const order = key.map((column) => asc(column))
      let last: Record<string, unknown> | undefined
      do {
        const query = orm.select(Object.fromEntries(columns)).from(table)
        const page = query.where(following(key, last)).orderBy(...order)
        const rows: Record<string, unknown>[] = await told(page.limit(chunk).execute())
        if (rows.length > 0) yield rows as unknown as readonly Rows[T][]
        last = rows.length < chunk ? undefined : rows.at(-1)
      } while (last)
    },
    async head() {
      const { seq, leaf } = schema.events
      const [last] = await told(
        orm.select({ seq, leaf }).from(schema.events).orderBy(desc(seq)).limit(1).execute(),
      )
      return last ?? emptyHead
    },
    close: end,
  }
}

const told = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw faultOf(error)
  })
