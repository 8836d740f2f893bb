import { and, asc, desc, eq, inArray, lt, lte, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Store } from '../../grant/store.js'
import { exact, toBlock, toDenial } from '../rows.js'
import { blocks, denials } from './schema.js'

/** What can be read of blocks, and of what AWS is to deny. */
export function readBlocks(orm: NodePgDatabase): Pick<Store, 'blocks' | 'searchBlocks' | 'denials'> {
  return {
    async blocks() {
      const { rows } = await orm.execute<{ version: number; body: string | null }>(sql`
        SELECT coalesce(max(version), 0) AS version, NULL AS body FROM blocks
        UNION ALL (SELECT 0, body FROM blocks WHERE lifted_at IS NULL ORDER BY id)`)
      return {
        version: Math.max(...rows.map(({ version }) => version)),
        standing: rows.flatMap(({ body }) => (body === null ? [] : [toBlock({ body })])),
      }
    },
    async searchBlocks({ id, before, limit }) {
      const rows = await orm
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
      return rows.map(toBlock)
    },
    async denials(query) {
      const all = orm.select({ body: denials.body }).from(denials)
      const rows =
        'due' in query
          ? await all.where(lte(denials.dueAt, query.due)).orderBy(asc(denials.dueAt)).limit(query.limit)
          : await all.where(inArray(denials.arn, query.arns.map(exact))).orderBy(asc(denials.arn))
      return rows.map(toDenial)
    },
  }
}
