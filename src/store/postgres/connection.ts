import { setTimeout as sleep } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { performance } from 'node:perf_hooks'
import { Fault } from '../../fault.js'
import type { Duration } from '../../time.js'
import { faultOf, isLost } from './faults.js'

// int8 as a number: times, versions and places in the log are all far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/**
 * How long the parts of a transaction may take. A replica that stops in the middle of one, its machine gone
 * or its process frozen, holds up the others until the server ends it (`idle`); they wait a little longer
 * for their turn (`lock`), and the driver longer than the server (`query`), so that the server's word counts.
 */
export const patience = {
  connect: 5_000,
  idle: 5_000,
  lock: 8_000,
  statement: 10_000,
  query: 12_000,
} satisfies Record<string, Duration>

/** How every connection is made. */
export const settings = (url: string): pg.ClientConfig => ({
  connectionString: url,
  application_name: 'stint',
  connectionTimeoutMillis: patience.connect,
  idle_in_transaction_session_timeout: patience.idle,
  lock_timeout: patience.lock,
  statement_timeout: patience.statement,
  query_timeout: patience.query,
  keepAlive: true,
  client_encoding: 'UTF8',
})

/** One connection of its own, for what belongs together: a transaction, or listening. */
export interface Line {
  readonly client: pg.Client
  readonly orm: NodePgDatabase
  /** False once the server or the network has ended it. */
  alive(): boolean
  end(): Promise<void>
}

/** `unhurried`: for what takes as long as there are rows, such as a migration or a copy. */
type Pace = 'usual' | 'unhurried'

const unhurried = { statement_timeout: 0, lock_timeout: 0, query_timeout: 0 } satisfies pg.ClientConfig

/**
 * Connects once. Statements may be sent without waiting for the answer to the one before. Rejects with a
 * fault, or with the driver's error where it is worth trying again.
 */
export async function openLine(url: string, pace: Pace = 'usual'): Promise<Line> {
  const client = new pg.Client({ ...settings(url), ...(pace === 'unhurried' && unhurried), pipeline: true })
  let alive = true
  client.on('error', () => (alive = false))
  client.on('end', () => (alive = false))
  try {
    await client.connect()
    // A server may have it off for everybody; acknowledged must be on disk. Stronger settings stay.
    await client.query(
      "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    )
  } catch (error) {
    void client.end().catch(() => undefined)
    throw isLost(error) ? error : faultOf(error)
  }
  return {
    client,
    orm: drizzle(client),
    alive: () => alive,
    end: () => client.end().catch(() => undefined),
  }
}

/** Between two attempts to reach a server that is just being restarted. */
const pause: Duration = 100

/** Connects, and tries again while the server is not there, for about as long as one attempt may take. */
export async function reachLine(url: string, pace?: Pace): Promise<Line> {
  const until = performance.now() + patience.connect
  for (;;) {
    try {
      return await openLine(url, pace)
    } catch (error) {
      if (error instanceof Fault || performance.now() >= until) throw faultOf(error)
      await sleep(pause)
    }
  }
}
