import { sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Shared, Standing } from '../../grant/store.js'
import type { Clock, Duration } from '../../time.js'

/** What others wrote before a lock was waited for is seen after it. */
const readCommitted = { isolationLevel: 'read committed' } as const

/** A replica that has said nothing for so long does not run any more. */
const silent: Duration = 10_000

/** How long a job belongs to the replica that took it, unless it takes it again. */
const leased: Duration = 10_000

/** There and back to the server. */
const longWay: Duration = 1_000

/** Counts that nobody has added to for so long are forgotten. */
const forgotten: Duration = 3_600_000

/** The server's time in milliseconds: the one clock that all replicas have. */
const serverTime: SQL = sql.raw('(extract(epoch FROM clock_timestamp()) * 1000)::bigint')

type Agreement = Omit<Shared, 'watch'> & {
  /** Says that this replica does not run any more. */
  leave(): Promise<void>
}

/** What replicas agree on, each by the `id` that it has for as long as it runs. `local` is its own clock. */
export function createAgreement(orm: NodePgDatabase, id: string, local: Clock): Agreement {
  let ahead: Duration | undefined

  const one = async <Row>(query: SQL): Promise<Row | undefined> =>
    (await orm.execute(query)).rows[0] as Row | undefined

  /** Half of the way there and back is taken for the way there; a long way tells little, and is not taken. */
  const compareClocks = (): Promise<void> =>
    orm.transaction(async (tx) => {
      // In a transaction, since there the connection is at hand: waiting for one is no way.
      const before = local()
      const { rows } = await tx.execute<{ now: number }>(sql`SELECT ${serverTime} AS now`)
      const after = local()
      const [server] = rows
      if (server && (ahead === undefined || after - before <= longWay))
        ahead = Math.round(server.now - (before + after) / 2)
    })

  async function standing(): Promise<Standing | undefined> {
    const { rows } = await orm.execute<{ config: string; loaded: string | null }>(sql`
      SELECT f.config, r.config AS loaded FROM in_force f LEFT JOIN replicas r ON true`)
    const [first] = rows
    return (
      first && {
        inForce: first.config,
        loaded: rows.map(({ loaded }) => loaded).filter((hash) => hash !== null),
      }
    )
  }

  /** Under the lock of whoever writes: no grant is being decided under the old rules meanwhile. */
  const putInForce = (config: string): Promise<void> =>
    orm.transaction(async (tx) => {
      await tx.execute(sql`UPDATE meta SET value = value + 1 WHERE name = 'turn'`)
      await tx.execute(sql`
        INSERT INTO in_force (one, config) SELECT true, ${config}
        WHERE NOT EXISTS (SELECT FROM replicas WHERE config <> ${config})
        ON CONFLICT (one) DO UPDATE SET config = excluded.config`)
    }, readCommitted)

  return {
    clock: () => local() + (ahead ?? 0),
    async announce(config) {
      await compareClocks()
      await orm.execute(sql`
        INSERT INTO replicas (id, config, seen_at) VALUES (${id}, ${config}, ${serverTime})
        ON CONFLICT (id) DO UPDATE SET config = excluded.config, seen_at = excluded.seen_at`)
      await orm.execute(sql`
        DELETE FROM replicas WHERE seen_at NOT BETWEEN ${serverTime} - ${silent} AND ${serverTime} + ${silent}`)
      await orm.execute(sql`
        DELETE FROM tallies WHERE began_at NOT BETWEEN ${serverTime} - ${forgotten} AND ${serverTime} + ${silent}`)
      const now = await standing()
      const agreed = now?.loaded.every((hash) => hash === config) ?? true
      if (agreed && now?.inForce !== config) await putInForce(config)
      return (await standing()) ?? { inForce: '', loaded: [config] }
    },
    async tally(name, span) {
      const counted = await one<{ count: number; until: number }>(sql`
        INSERT INTO tallies AS t (name, began_at, count) VALUES (${name}, ${serverTime}, 1)
        ON CONFLICT (name) DO UPDATE SET
          began_at = CASE WHEN excluded.began_at NOT BETWEEN t.began_at AND t.began_at + ${span} - 1 THEN excluded.began_at ELSE t.began_at END,
          count = CASE WHEN excluded.began_at NOT BETWEEN t.began_at AND t.began_at + ${span} - 1 THEN 1 ELSE t.count + 1 END
        RETURNING count, began_at + ${span} AS until`)
      return counted ?? { count: 1, until: local() + span }
    },
    async take(job) {
      const taken = await one(sql`
        INSERT INTO leases AS l (name, holder, until) VALUES (${job}, ${id}, ${serverTime} + ${leased})
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE l.holder = excluded.holder OR l.until NOT BETWEEN ${serverTime} AND ${serverTime} + ${leased}
        RETURNING name`)
      return taken !== undefined
    },
    async leave() {
      await orm.execute(sql`DELETE FROM replicas WHERE id = ${id}`)
      await orm.execute(sql`UPDATE leases SET until = 0 WHERE holder = ${id}`)
    },
  }
}
