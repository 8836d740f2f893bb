import { and, asc, desc, eq, inArray, isNull, lt, lte, max, sql } from 'drizzle-orm'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { exact, toBlock, toDenial } from '../rows.js'
import type { Connection } from './connection.js'
import type { Reads } from './protocol.js'
import { blocks, denials } from './schema.js'

/** Prepares what can be read of blocks, and of what AWS is to deny. */
export function prepareBlocks(
  db: Connection,
  orm: BetterSQLite3Database,
): Pick<Reads, 'blocks' | 'searchBlocks' | 'denials'> {
  const version = orm
    .select({ version: max(blocks.version) })
    .from(blocks)
    .prepare()
  const standing = orm
    .select({ body: blocks.body })
    .from(blocks)
    .where(isNull(blocks.liftedAt))
    .orderBy(asc(blocks.id))
    .prepare()
  const due = orm
    .select({ body: denials.body })
    .from(denials)
    .where(lte(denials.dueAt, sql.placeholder('due')))
    .orderBy(asc(denials.dueAt))
    .limit(sql.placeholder('limit'))
    .prepare()
  return {
    blocks: db.transaction(() => ({
      version: version.get()?.version ?? 0,
      standing: standing.all().map(toBlock),
    })),
    searchBlocks: ({ id, before, limit }) =>
      orm
        .select({ body: blocks.body })
        .from(blocks)
        .where(
          and(
            id === undefined ? undefined : eq(blocks.id, exact(id)),
            before === undefined ? undefined : lt(blocks.id, exact(before)),
          ),
        )
        .orderBy(desc(blocks.id))
        .limit(limit)
        .all()
        .map(toBlock),
    denials: (query) =>
      ('due' in query
        ? due.all(query)
        : orm
            .select({ body: denials.body })
            .from(denials)
            .where(inArray(denials.arn, query.arns.map(exact)))
            .orderBy(asc(denials.arn))
            .all()
      ).map(toDenial),
  }
}
