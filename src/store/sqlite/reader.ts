import { and, asc, count, desc, eq, getTableColumns, lt, lte, min, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { emptyHead } from '../../audit/chain.js'
import type { Connection } from './connection.js'

import type { TotalOf } from '../../decision/spending.js'
import type { Spent } from '../../cost/limits.js'
import { totalByHour } from '../totals.js'
import { searchEvents, searchGrants } from './search.js'
import type { Reads } from './protocol.js'
import { prepareSealed } from './seal.js'
import { exact, toGrant, toIssuance, toVote } from '../rows.js'
import { prepareBlocks } from './blocks.js'
import { prepareBacklog } from './outbox.js'
import { prepareOnce } from './once.js'
import { preparePeople } from './people.js'
import { events, grants, idempotencyKeys, issuances, votes } from './schema.js'

/** Prepares all that can be read. Each answer is of one moment: its selects share a transaction. */
export function prepareReader(db: Connection): Reads {
  const orm = drizzle(db)
  const all = prepareOnce(db)
  const slot = (name: string) => sql.placeholder(name)

  const grant = orm
    .select({ body: grants.body })
    .from(grants)
    .where(eq(grants.id, slot('id')))
    .prepare()
  const votesOf = orm
    .select({ body: votes.body })
    .from(votes)
    .where(eq(votes.grant, slot('id')))
    .orderBy(asc(votes.at), asc(votes.voter))
    .prepare()
  const issuancesOf = orm
    .select({ body: issuances.body })
    .from(issuances)
    .where(eq(issuances.grant, slot('id')))
    .orderBy(asc(issuances.startedAt), asc(issuances.id))
    .prepare()
  const key = orm
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.subject, slot('subject')), eq(idempotencyKeys.key, slot('key'))))
    .prepare()
  const head = orm
    .select({ seq: events.seq, leaf: events.leaf })
    .from(events)
    .orderBy(desc(events.seq))
    .limit(1)
    .prepare()

  // The states are written out, not bound: only then does SQLite take the partial indexes.
  const lapsing = orm
    .select({ body: grants.body, at: grants.decideBy })
    .from(grants)
    .where(and(sql`${grants.state} = 'pending'`, lte(grants.decideBy, slot('now'))))
    .orderBy(asc(grants.decideBy))
    .limit(slot('limit'))
    .prepare()
  const ending = orm
    .select({ body: grants.body, at: grants.endsAt })
    .from(grants)
    .where(and(sql`${grants.state} = 'active'`, lte(grants.endsAt, slot('now'))))
    .orderBy(asc(grants.endsAt))
    .limit(slot('limit'))
    .prepare()
  const unanswered = orm
    .select({ body: issuances.body })
    .from(issuances)
    .where(and(sql`${issuances.state} = 'started'`, lt(issuances.startedAt, slot('before'))))
    .orderBy(asc(issuances.startedAt))
    .limit(slot('limit'))
    .prepare()

  const reviews = orm
    .select({ n: count(), oldest: min(grants.createdAt) })
    .from(grants)
    .where(sql`${grants.review} = 'open'`)
    .prepare()

  return {
    snapshot: db.transaction(({ id }) => {
      const row = grant.get({ id: exact(id) })
      if (row === undefined) return undefined
      const hanging = {
        votes: votesOf.all({ id }).map(toVote),
        issuances: issuancesOf.all({ id }).map(toIssuance),
      }
      return { grant: toGrant(row), ...hanging }
    }),
    key: (wanted) => key.get({ subject: exact(wanted.subject), key: exact(wanted.key) }),
    search: db.transaction((query) => searchGrants(orm, query).map(toGrant)),
    events: db.transaction((query) => searchEvents(orm, query)),
    due: db.transaction(({ now, startedBefore, limit }) => {
      const overdue = [...lapsing.all({ now, limit }), ...ending.all({ now, limit })]
      overdue.sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
      return {
        grants: overdue.slice(0, limit).map(toGrant),
        issuances: unanswered.all({ before: startedBefore, limit }).map(toIssuance),
      }
    }),
    reviews: () => {
      const { n = 0, oldest = null } = reviews.get() ?? {}
      return { open: n, ...(oldest !== null && { oldest }) }
    },
    totals: db.transaction((wanted: readonly TotalOf[]) =>
      wanted.map((total) => all<Spent>(totalByHour(total, getTableColumns(grants)))),
    ),
    ...preparePeople(orm),
    ...prepareBlocks(db, orm),
    ...prepareSealed(orm),
    ...prepareBacklog(db),
    head: () => head.get() ?? emptyHead,
  }
}
