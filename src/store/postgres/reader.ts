import { and, asc, count, desc, eq, getTableColumns, lt, lte, min, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { emptyHead } from '../../audit/chain.js'
import type { Store } from '../../grant/store.js'
import { exact, toGrant, toIssuance, toVote } from '../rows.js'
import type { TotalOf } from '../../decision/spending.js'
import { totalByHour } from '../totals.js'
import { readSealed } from './seal.js'
import { searchEvents, searchGrants } from './search.js'
import { readBlocks } from './blocks.js'
import { readPeople } from './people.js'
import { events, grants, idempotencyKeys, issuances } from './schema.js'

type Reads = Omit<Store, 'commit' | 'prune' | 'outbox' | 'probe' | 'shared' | 'close'>

/** All that can be read. Each answer is of one moment: it is one statement, or rests on what never changes. */
export function createReader(orm: NodePgDatabase, maySweep: () => Promise<boolean>): Reads {
  return {
    async snapshot(id) {
      const { rows } = await orm.execute<{ part: string; body: string }>(sql`
        SELECT 'grant' AS part, body, 0 AS at, '' AS tie FROM grants WHERE id = ${exact(id)}
        UNION ALL SELECT 'vote', body, at, voter FROM votes WHERE "grant" = ${id}
        UNION ALL SELECT 'issuance', body, started_at, id FROM issuances WHERE "grant" = ${id}
        ORDER BY at, tie`)
      const of = (part: string) => rows.filter((row) => row.part === part)
      const [grant] = of('grant').map(toGrant)
      return grant && { grant, votes: of('vote').map(toVote), issuances: of('issuance').map(toIssuance) }
    },
    async key(subject, key) {
      const [found] = await orm
        .select()
        .from(idempotencyKeys)
        .where(and(eq(idempotencyKeys.subject, exact(subject)), eq(idempotencyKeys.key, exact(key))))
      return found
    },
    search: async (query) => (await searchGrants(orm, query)).map(toGrant),
    events: (query) => searchEvents(orm, query),
    async due(now, startedBefore, limit) {
      if (!(await maySweep())) return { grants: [], issuances: [] }
      const overdue = (state: 'pending' | 'active', at: typeof grants.decideBy | typeof grants.endsAt) =>
        orm
          .select({ body: grants.body, at })
          .from(grants)
          .where(and(eq(grants.state, state), lte(at, now)))
          .orderBy(asc(at))
          .limit(limit)
      const unanswered = await orm
        .select({ body: issuances.body })
        .from(issuances)
        .where(and(eq(issuances.state, 'started'), lt(issuances.startedAt, startedBefore)))
        .orderBy(asc(issuances.startedAt))
        .limit(limit)
      const found = [
        ...(await overdue('pending', grants.decideBy)),
        ...(await overdue('active', grants.endsAt)),
      ]
      found.sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
      return { grants: found.slice(0, limit).map(toGrant), issuances: unanswered.map(toIssuance) }
    },
    async reviews() {
      const [found] = await orm
        .select({ open: count(), oldest: min(grants.createdAt) })
        .from(grants)
        .where(eq(grants.review, 'open'))
      const { open = 0, oldest = null } = found ?? {}
      return { open, ...(oldest !== null && { oldest }) }
    },
    async totals(wanted) {
      const read = async (total: TotalOf) =>
        (await orm.execute<{ hour: number; cents: number }>(totalByHour(total, getTableColumns(grants)))).rows
      return Promise.all(wanted.map(read))
    },
    ...readPeople(orm),
    ...readBlocks(orm),
    ...readSealed(orm),
    async head() {
      const [last] = await orm
        .select({ seq: events.seq, leaf: events.leaf })
        .from(events)
        .orderBy(desc(events.seq))
        .limit(1)
      return last ?? emptyHead
    },
  }
}
