import { sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'

/** Takes away the oldest events, and keeps their leaves: see `Store.prune`. Whoever writes waits for it, as for a batch. */
export const createPrune =
  (orm: NodePgDatabase) =>
  (limit: number): Promise<number> =>
    orm.transaction(async (tx) => {
      await tx.execute(sql`UPDATE meta SET value = value + 1 WHERE name = 'turn'`)
      const { rows } = await tx.execute<{ seq: number }>(sql`
        INSERT INTO leaves (seq, leaf)
        SELECT seq, leaf FROM events WHERE seq <= (SELECT value FROM positions WHERE name = 'dropped')
        ORDER BY seq LIMIT ${limit}
        RETURNING seq`)
      const last = rows.at(-1)
      if (last) await tx.execute(sql`DELETE FROM events WHERE seq <= ${last.seq}`)
      return rows.length
    })
