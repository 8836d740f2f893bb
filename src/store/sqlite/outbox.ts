import { and, asc, eq, inArray, lte, notExists, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { alias } from 'drizzle-orm/sqlite-core'
import { toClaimed } from '../outbox-rows.js'
import type { Connection } from './connection.js'
import type { Reads, Writes } from './protocol.js'
import { outbox, posts } from './schema.js'

/** What the writer does to the outbox, each in a transaction of its own. */
export function prepareOutbox(db: Connection, check: () => void): Pick<Writes, 'claim' | 'settle'> {
  const orm = drizzle(db)
  const earlier = alias(outbox, 'earlier')
  const first = notExists(
    orm
      .select({ n: earlier.n })
      .from(earlier)
      .where(
        sql`${earlier.lane} = ${outbox.lane} AND ${earlier.about} = ${outbox.about} AND ${earlier.n} < ${outbox.n}`,
      ),
  )
  const claim: Writes['claim'] = db.transaction(({ now, until, limit }) => {
    const rows = orm
      .select()
      .from(outbox)
      .where(and(lte(outbox.dueAt, now), lte(outbox.claimedUntil, now), first))
      .orderBy(asc(outbox.n))
      .limit(limit)
      .all()
    if (rows.length === 0) return []
    orm
      .update(outbox)
      .set({
        claimedUntil: until,
        tries: sql`${outbox.tries} + 1`,
        unsureSince: sql`coalesce(${outbox.unsureSince}, ${now})`,
      })
      .where(
        inArray(
          outbox.n,
          rows.map(({ n }) => n),
        ),
      )
      .run()
    return rows.map((row) => toClaimed({ ...row, tries: row.tries + 1 }))
  })
  const settle: Writes['settle'] = db.transaction(({ claimed, settled }) => {
    const mine = and(eq(outbox.n, claimed.n), eq(outbox.tries, claimed.tries))
    if (settled.kind === 'again') {
      const again = { dueAt: settled.due, claimedUntil: 0, ...(settled.sure && { unsureSince: null }) }
      return orm.update(outbox).set(again).where(mine).run().changes === 1
    }
    if (settled.kind === 'next') {
      const next = { at: settled.at, dueAt: settled.at, claimedUntil: 0, unsureSince: null }
      return orm.update(outbox).set(next).where(mine).run().changes === 1
    }
    if (orm.delete(outbox).where(mine).run().changes !== 1) return false
    const { post } = settled
    if (post) {
      const { lane, about } = claimed
      orm
        .insert(posts)
        .values({ lane, about, ...post })
        .onConflictDoUpdate({ target: [posts.lane, posts.about], set: { ...post } })
        .run()
    }
    return true
  })
  return {
    claim(arg) {
      check()
      return claim(arg)
    },
    settle(arg) {
      check()
      return settle(arg)
    },
  }
}

/** What can be read of it. */
export function prepareBacklog(db: Connection): Pick<Reads, 'post' | 'backlog'> {
  const orm = drizzle(db)
  return {
    post: ({ lane, about }) =>
      orm
        .select({ channel: posts.channel, ts: posts.ts, drawn: posts.drawn })
        .from(posts)
        .where(and(eq(posts.lane, lane), eq(posts.about, about)))
        .get(),
    backlog({ now }) {
      const [row] = orm
        .select({ waiting: sql<number>`count(*)`, oldest: sql<number | null>`min(${outbox.at})` })
        .from(outbox)
        .where(lte(outbox.at, now))
        .all()
      return { waiting: row?.waiting ?? 0, lag: now - (row?.oldest ?? now) }
    },
  }
}
