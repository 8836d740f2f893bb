import { desc } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { emptyHead } from '../../audit/chain.js'
import type { Store } from '../../grant/store.js'
import type { Clock } from '../../time.js'
import { readMigrations, shipped } from '../migrate.js'
import { checkTail, tailRows } from '../tail.js'
import type { Wrote } from '../wrote.js'
import { patience, reachLine, settings } from './connection.js'
import { faultOf } from './faults.js'
import { closing, createGroup } from './group.js'
import { listen } from './listener.js'
import type { Listener } from './listener.js'
import { migrate } from './migrations.js'
import { createOutbox } from './outbox.js'
import { createPrune } from './prune.js'
import { createReader } from './reader.js'
import { events, leaves } from './schema.js'
import { createAgreement } from './shared.js'
import { createWriter } from './writer.js'

/** Connections of one replica for reading; beside them it has one to write and one to listen. */
const readers = 8

interface PostgresOptions {
  /** `postgres://...`, with the password if there is one: never shown or logged. */
  readonly url: string
  /** What tells this process from every other: made anew at each start. */
  readonly replica: string
  /** The process's own clock, which the server's is compared with. */
  readonly clock: Clock
  /** The folder of the migrations, where they are not the ones that Stint comes with. */
  readonly migrations?: string
  readonly wrote?: Wrote
}

/**
 * Opens the store in a PostgreSQL database that any number of processes share. Rejects with the fault
 * `store_unavailable` or `invalid_config` when it cannot be reached or written, or its audit log does not
 * verify.
 */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const { url, replica, clock, migrations = shipped('postgres'), wrote } = options
  await prepare(url, migrations)
  const pool = new pg.Pool({ ...settings(url), max: readers, connectionTimeoutMillis: patience.statement })
  // To the pool, time to connect is also the time to wait for a connection that is free.
  // It replaces a connection that went while nobody used it.
  pool.on('error', () => undefined)
  // One that goes in the middle of a transaction says so to its statement; unheard, the event ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const orm = drizzle(pool)
  const writer = createWriter(url)
  const group = createGroup(async (gather) => {
    const began = performance.now()
    const written = await writer.write(gather)
    wrote?.(written.length, performance.now() - began)
    return written
  })
  const agreement = createAgreement(orm, replica, clock)
  const reader = createReader(orm, () => agreement.take('sweep'))
  const outbox = createOutbox(orm)
  let listener: Listener | undefined
  let closed: Promise<void> | undefined

  async function end(): Promise<void> {
    await group.close()
    await agreement.leave().catch(() => undefined)
    await Promise.all([listener?.end(), pool.end(), writer.end()])
  }

  /** Every answer but a commit's: refused once closed, and what the driver throws as a fault. */
  const told =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (closed) throw closing()
      return call(...args).catch((error: unknown) => {
        throw faultOf(error)
      })
    }

  return {
    commit: (change) => group.add(change),
    snapshot: told(reader.snapshot),
    key: told(reader.key),
    search: told(reader.search),
    events: told(reader.events),
    due: told(reader.due),
    reviews: told(reader.reviews),
    totals: told(reader.totals),
    persons: told(reader.persons),
    slackUser: told(reader.slackUser),
    blocks: told(reader.blocks),
    searchBlocks: told(reader.searchBlocks),
    denials: told(reader.denials),
    checkpoint: told(reader.checkpoint),
    checkpoints: told(reader.checkpoints),
    hashes: told(reader.hashes),
    grown: told(reader.grown),
    dropped: told(reader.dropped),
    position: told(reader.position),
    head: told(reader.head),
    prune: told(createPrune(orm)),
    outbox: {
      claim: told(outbox.claim),
      settle: told(outbox.settle),
      post: told(outbox.post),
      backlog: told(outbox.backlog),
    },
    probe: async () => void (await group.add({ events: [] })),
    shared: {
      clock: agreement.clock,
      announce: told(agreement.announce),
      take: told(agreement.take),
      tally: told(agreement.tally),
      watch(changed) {
        listener ??= listen(url, changed)
      },
    },
    close: () => (closed ??= end()),
  }
}

async function prepare(url: string, migrations: string): Promise<void> {
  const known = readMigrations(migrations)
  const line = await reachLine(url, 'unhurried')
  try {
    await migrate(line, known)
    const [start = emptyHead] = await line.orm.select().from(leaves).orderBy(desc(leaves.seq)).limit(1)
    checkTail(await line.orm.select().from(events).orderBy(desc(events.seq)).limit(tailRows), start)
  } catch (error) {
    throw faultOf(error)
  } finally {
    await line.end()
  }
}
