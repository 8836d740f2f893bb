import { and, asc, desc, eq, gt, gte, lt, lte, max, sql } from 'drizzle-orm'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { width } from '../../audit/tiles.js'
import type { Seal } from '../../grant/seal.js'
import { exact } from '../rows.js'
import type { Reads } from './protocol.js'
import { unionAll } from 'drizzle-orm/sqlite-core'
import { checkpoints, events, leaves, positions, tree } from './schema.js'

type SealReads = Pick<Reads, 'checkpoint' | 'checkpoints' | 'hashes' | 'grown' | 'dropped' | 'position'>

/** Prepares what can be read of the tree, and of what was signed of it. */
export function prepareSealed(orm: BetterSQLite3Database): SealReads {
  const slot = (name: string) => sql.placeholder(name)
  const leavesOf = (table: typeof events | typeof leaves) =>
    orm
      .select({ hash: table.leaf, seq: table.seq })
      .from(table)
      .where(and(gt(table.seq, slot('from')), lte(table.seq, slot('to'))))
  const lowest = unionAll(leavesOf(leaves), leavesOf(events))
    .orderBy(sql`2`)
    .prepare()
  const nodes = orm
    .select({ hash: tree.hash })
    .from(tree)
    .where(and(eq(tree.level, slot('level')), gte(tree.place, slot('from')), lt(tree.place, slot('to'))))
    .orderBy(asc(tree.place))
    .prepare()
  return {
    checkpoint: ({ size }) =>
      orm
        .select()
        .from(checkpoints)
        .where(size === undefined ? undefined : eq(checkpoints.size, size))
        .orderBy(desc(checkpoints.size))
        .limit(1)
        .get(),
    checkpoints: ({ after, limit }) =>
      orm
        .select()
        .from(checkpoints)
        .where(gt(checkpoints.size, after))
        .orderBy(asc(checkpoints.size))
        .limit(limit)
        .all(),
    hashes: (wanted) => (wanted.level === 0 ? lowest : nodes).all({ ...wanted }).map(({ hash }) => hash),
    grown() {
      const last = orm
        .select({ place: max(tree.place) })
        .from(tree)
        .where(eq(tree.level, 1))
        .get()
      return ((last?.place ?? -1) + 1) * width
    },
    dropped: () =>
      orm
        .select({ seq: max(leaves.seq) })
        .from(leaves)
        .get()?.seq ?? 0,
    position: ({ name }) =>
      orm
        .select({ value: positions.value })
        .from(positions)
        .where(eq(positions.name, exact(name)))
        .get()?.value ?? 0,
  }
}

/** Prepares the statements of a seal. The returned function says whether it fits after `size` events, and writes it then. */
export function prepareSeal(orm: BetterSQLite3Database): (seal: Seal, size: number) => boolean {
  const newest = orm
    .select({ size: max(checkpoints.size) })
    .from(checkpoints)
    .prepare()
  return ({ nodes = [], checkpoint, position }, size) => {
    if (checkpoint && (checkpoint.size <= (newest.get()?.size ?? -1) || checkpoint.size > size)) return false
    if (checkpoint) orm.insert(checkpoints).values(checkpoint).run()
    for (const { level, n: place, hash } of nodes)
      orm.insert(tree).values({ level, place, hash }).onConflictDoNothing().run()
    if (position)
      orm
        .insert(positions)
        .values({ name: exact(position.name), value: position.value })
        .onConflictDoUpdate({
          target: positions.name,
          set: { value: sql`max(${positions.value}, excluded.value)` },
        })
        .run()
    return true
  }
}
