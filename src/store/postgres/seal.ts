import { and, asc, desc, eq, gt, gte, lt, lte, max, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { width } from '../../audit/tiles.js'
import type { Seal, Sealed } from '../../grant/seal.js'
import { unionAll } from 'drizzle-orm/pg-core'
import { exact } from '../rows.js'
import { checkpoints, events, leaves, positions, tree } from './schema.js'

/** What can be read of the tree, and of what was signed of it. */
export function readSealed(orm: NodePgDatabase): Sealed {
  const leavesOf = (table: typeof events | typeof leaves, from: number, to: number) =>
    orm
      .select({ hash: table.leaf, seq: table.seq })
      .from(table)
      .where(and(gt(table.seq, from), lte(table.seq, to)))
  return {
    async checkpoint(size) {
      const [found] = await orm
        .select()
        .from(checkpoints)
        .where(size === undefined ? undefined : eq(checkpoints.size, size))
        .orderBy(desc(checkpoints.size))
        .limit(1)
      return found
    },
    checkpoints: (after, limit) =>
      orm
        .select()
        .from(checkpoints)
        .where(gt(checkpoints.size, after))
        .orderBy(asc(checkpoints.size))
        .limit(limit),
    async hashes(level, from, to) {
      const rows =
        level === 0
          ? await unionAll(leavesOf(leaves, from, to), leavesOf(events, from, to)).orderBy(sql`2`)
          : await orm
              .select({ hash: tree.hash })
              .from(tree)
              .where(and(eq(tree.level, level), gte(tree.place, from), lt(tree.place, to)))
              .orderBy(asc(tree.place))
      return rows.map(({ hash }) => hash)
    },
    async grown() {
      const [last] = await orm
        .select({ place: max(tree.place) })
        .from(tree)
        .where(eq(tree.level, 1))
      return ((last?.place ?? -1) + 1) * width
    },
    async dropped() {
      const [last] = await orm.select({ seq: max(leaves.seq) }).from(leaves)
      return last?.seq ?? 0
    },
    async position(name) {
      const [found] = await orm
        .select({ value: positions.value })
        .from(positions)
        .where(eq(positions.name, exact(name)))
      return found?.value ?? 0
    },
  }
}

/** The size of the newest checkpoint, where one is to be written: under the lock, so that none comes between. */
export async function readNewest(orm: NodePgDatabase, seals: readonly Seal[]): Promise<number> {
  if (!seals.some(({ checkpoint }) => checkpoint)) return -1
  const [newest] = await orm.select({ size: max(checkpoints.size) }).from(checkpoints)
  return newest?.size ?? -1
}

/** Sends what seals leave behind. */
export function writeSeals(
  orm: NodePgDatabase,
  seals: readonly Seal[],
): readonly { execute(): Promise<unknown> }[] {
  const nodes = seals
    .flatMap(({ nodes = [] }) => nodes)
    .map(({ level, n, hash }) => ({ level, place: n, hash }))
  const kept = seals.flatMap(({ checkpoint }) => (checkpoint ? [checkpoint] : []))
  return [
    ...(nodes.length > 0 ? [orm.insert(tree).values(nodes).onConflictDoNothing()] : []),
    ...(kept.length > 0 ? [orm.insert(checkpoints).values(kept)] : []),
    ...seals.flatMap(({ position }) =>
      position
        ? [
            orm
              .insert(positions)
              .values({ name: exact(position.name), value: position.value })
              .onConflictDoUpdate({
                target: positions.name,
                set: { value: sql`greatest(${positions.value}, excluded.value)` },
              }),
          ]
        : [],
    ),
  ]
}
