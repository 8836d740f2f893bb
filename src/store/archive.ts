import { sql } from 'drizzle-orm'
import type { Column, SQL } from 'drizzle-orm'
import type { Head } from '../audit/event.js'
import type { OutboxRow, PostRow } from './outbox-rows.js'
import type { BlockRow, DenialRow, EventRow, GrantRow, IssuanceRow } from './rows.js'
import type { CheckpointRow, LeafRow, PositionRow, TreeRow } from './rows.js'
import type { KeyRow, PersonRow, SlackUserRow, VoteRow } from './rows.js'

/** What a store holds, by table. */
export interface Rows {
  readonly grants: GrantRow
  readonly votes: VoteRow
  readonly issuances: IssuanceRow
  readonly keys: KeyRow
  readonly persons: PersonRow
  readonly slackUsers: SlackUserRow
  readonly blocks: BlockRow
  readonly denials: DenialRow
  readonly outbox: OutboxRow
  readonly posts: PostRow
  readonly leaves: LeafRow
  readonly events: EventRow
  readonly tree: TreeRow
  readonly checkpoints: CheckpointRow
  readonly positions: PositionRow
}
export type Table = keyof Rows

/** In an order in which what a row refers to is there before it. */
export const tables = [
  'grants',
  'votes',
  'issuances',
  'keys',
  'persons',
  'slackUsers',
  'blocks',
  'denials',
  'outbox',
  'posts',
  'leaves',
  'events',
  'tree',
  'checkpoints',
  'positions',
] as const satisfies readonly Table[]

/** How many rows are carried at a time. */
export const chunk = 1_000

/** What comes after a row, in the order of these columns; everything without one. */
export function following(key: readonly Column[], row: Readonly<Record<string, unknown>> | undefined) {
  if (row === undefined) return undefined
  const list = (parts: readonly SQL[]): SQL => sql.join([...parts], sql`, `)
  const place = key.map((column) => nameIn(row, column))
  return sql`(${list(key.map((column) => sql`${column}`))}) > (${list(place)})`
}

/** The keys of rows are called the same in both databases and in the code. */
const nameIn = (row: Readonly<Record<string, unknown>>, column: Column): SQL => sql`${row[column.name]}`

/** A whole store as it is at one moment, which lasts until it is closed. */
export interface Source {
  /** All rows of a table in the order of its key, compared byte by byte; chunks of `chunk` rows. */
  read<T extends Table>(table: T): AsyncIterable<readonly Rows[T][]>
  head(): Promise<Head>
  close(): Promise<void>
}

/** A store that is being filled in one transaction, and can be read back inside it. */
export interface Target extends Source {
  write<T extends Table>(table: T, rows: readonly Rows[T][]): Promise<void>
  /** Makes it last. Closed without it, the target is as it was. */
  commit(): Promise<void>
}
