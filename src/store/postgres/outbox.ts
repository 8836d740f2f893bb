import { and, eq, lte, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Outbox } from '../../grant/outbox.js'
import { toClaimed, type OutboxRow } from '../outbox-rows.js'
import { outbox, posts } from './schema.js'

/** The outbox that replicas share: what one has taken, the others pass over. */
export function createOutbox(orm: NodePgDatabase): Outbox {
  return {
    async claim(now, until, limit) {
      const { rows } = await orm.execute<OutboxRow>(sql`
        WITH due AS (
          SELECT n, unsure_since FROM outbox o
          WHERE due_at <= ${now} AND claimed_until <= ${now} AND NOT EXISTS (
            SELECT FROM outbox e WHERE e.lane = o.lane AND e.about = o.about AND e.n < o.n)
          ORDER BY n LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        UPDATE outbox o SET
          claimed_until = ${until}, tries = o.tries + 1, unsure_since = coalesce(o.unsure_since, ${now})
        FROM due WHERE o.n = due.n
        RETURNING o.n, o.lane, o.about, o.what, o.ref, o.at, o.due_at AS "dueAt", o.tries,
          o.claimed_until AS "claimedUntil", due.unsure_since AS "unsureSince"`)
      return rows.sort((a, b) => a.n - b.n).map(toClaimed)
    },
    async settle(claimed, settled) {
      const mine = and(eq(outbox.n, claimed.n), eq(outbox.tries, claimed.tries))
      if (settled.kind === 'again') {
        const again = { dueAt: settled.due, claimedUntil: 0, ...(settled.sure && { unsureSince: null }) }
        return (await orm.update(outbox).set(again).where(mine)).rowCount === 1
      }
      if (settled.kind === 'next') {
        const next = { at: settled.at, dueAt: settled.at, claimedUntil: 0, unsureSince: null }
        return (await orm.update(outbox).set(next).where(mine)).rowCount === 1
      }
      return orm.transaction(async (tx) => {
        if ((await tx.delete(outbox).where(mine)).rowCount !== 1) return false
        const { lane, about } = claimed
        if (settled.post)
          await tx
            .insert(posts)
            .values({ lane, about, ...settled.post })
            .onConflictDoUpdate({ target: [posts.lane, posts.about], set: { ...settled.post } })
        return true
      })
    },
    async post(lane, about) {
      const [row] = await orm
        .select({ channel: posts.channel, ts: posts.ts, drawn: posts.drawn })
        .from(posts)
        .where(and(eq(posts.lane, lane), eq(posts.about, about)))
      return row
    },
    async backlog(now) {
      const [row] = await orm
        .select({ waiting: sql<number>`count(*)`, oldest: sql<number | null>`min(${outbox.at})` })
        .from(outbox)
        .where(lte(outbox.at, now))
      return { waiting: Number(row?.waiting ?? 0), lag: now - Number(row?.oldest ?? now) }
    },
  }
}
