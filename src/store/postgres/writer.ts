import { emptyHead } from '../../audit/chain.js'
import type { Head } from '../../audit/event.js'
import { Fault } from '../../fault.js'
import type { Change } from '../../grant/store.js'
import { applyAll } from './batch.js'
import type { Outcome, Written } from './batch.js'
import { reachLine } from './connection.js'
import type { Line } from './connection.js'
import { faultOf, isLost, isOfTheData } from './faults.js'
import { readStored, writeOutcome } from './tables.js'

/** Writes batches, one at a time. */
export interface Writer {
  /**
   * Gathers a batch once it is this replica's turn, so that all that came while it waited goes along. What it
   * returns is on the server's disk. Never rejects: a refusal is each change's own answer.
   */
  write(gather: () => readonly Change[]): Promise<readonly Written[]>
  end(): Promise<void>
}

/** The channel on which replicas hear of changed grants. */
export const channel = 'stint_grants'

/** Ids in one notification, which holds 8,000 bytes at the most. */
const namedAtOnce = 200

/** The connection went before the commit was sent: nothing of the batch is stored, or ever will be. */
class NotWritten extends Error {}

/** How often a batch is begun again after the connection went. */
const attempts = 3

/**
 * The group commit over all replicas: whoever has the row `turn` locked writes alone, and all that came
 * meanwhile follows in its next transaction. The chain's end is read under that lock, so it stays one chain.
 */
export function createWriter(url: string): Writer {
  let line: Line | undefined

  async function connected(): Promise<Line> {
    if (!line?.alive()) drop()
    return (line ??= await reachLine(url))
  }

  /** Whether it still works or not: nothing more is sent on a connection that failed. */
  function drop(): void {
    void line?.end()
    line = undefined
  }

  async function write(gather: () => readonly Change[]): Promise<readonly Written[]> {
    let gathered: readonly Change[] | undefined
    const batch = () => (gathered ??= gather())
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(batch)
      } catch (error) {
        if (error instanceof NotWritten && attempt < attempts) continue
        // The server does not say which of them it will not take.
        if (isOfTheData(error) && batch().length > 1) return await oneByOne(batch())
        const fault = faultOf(error instanceof NotWritten ? error.cause : error)
        return batch().map(() => ({ ok: false, fault }))
      }
    }
  }

  async function oneByOne(batch: readonly Change[]): Promise<readonly Written[]> {
    const answers: Written[] = []
    for (const change of batch) answers.push(...(await write(() => [change])))
    return answers
  }

  async function once(batch: () => readonly Change[]): Promise<readonly Written[]> {
    const { client, orm } = await connected()
    let outcome: Outcome
    try {
      const head = await takeTurn(client)
      outcome = applyAll(batch(), { ...(await readStored(orm, batch())), head })
      await all([...writeOutcome(orm, outcome), ...notify(client, outcome)])
    } catch (error) {
      if (isLost(error)) {
        drop()
        throw new NotWritten('', { cause: error })
      }
      await client.query('ROLLBACK').catch(drop)
      throw error
    }
    try {
      await client.query('COMMIT')
    } catch (error) {
      if (!isLost(error)) throw error
      drop()
      if (!(await wasWritten(outcome, error))) throw new NotWritten('', { cause: error })
    }
    return outcome.answers
  }

  /**
   * Whether a commit took place whose answer was lost. The server may be at it still, and then has the lock:
   * once the turn is ours, it is decided, and the chain tells. Only what left no event leaves no trace.
   */
  async function wasWritten({ head, events }: Outcome, lost: unknown): Promise<boolean> {
    if (events.length === 0) throw inDoubt(lost)
    const { client } = await connected()
    try {
      await takeTurn(client)
      const { rows } = await client.query('SELECT leaf FROM events WHERE seq = $1', [head.seq])
      return (rows as { leaf: string }[])[0]?.leaf === head.leaf
    } catch (cause) {
      throw inDoubt(cause)
    } finally {
      await client.query('ROLLBACK').catch(drop)
    }
  }

  return {
    write,
    async end() {
      await line?.end()
    },
  }
}

const inDoubt = (cause: unknown): Fault =>
  new Fault(
    'store_unavailable',
    'The database went while it was writing; whether it did is not known. Look before you repeat.',
    { cause },
  )

/** Waits until nobody else writes; the end of the chain as it is then. */
async function takeTurn(client: Line['client']): Promise<Head> {
  const answered: unknown = await client.query(`
    BEGIN ISOLATION LEVEL READ COMMITTED;
    UPDATE meta SET value = value + 1 WHERE name = 'turn';
    SELECT seq, leaf FROM events ORDER BY seq DESC LIMIT 1`)
  return (answered as { rows: Head[] }[])[2]?.rows[0] ?? emptyHead
}

function notify(client: Line['client'], outcome: Outcome): readonly Promise<unknown>[] {
  const changed = [
    ...new Set([
      ...outcome.grants.keys(),
      ...[...outcome.votes.values(), ...outcome.issuances.values()].map(({ grant }) => grant),
    ]),
  ]
  return Array.from({ length: Math.ceil(changed.length / namedAtOnce) }, (_, n) =>
    client.query('SELECT pg_notify($1, $2)', [
      channel,
      changed.slice(n * namedAtOnce, (n + 1) * namedAtOnce).join(),
    ]),
  )
}

/** Waits for every answer, also after one that failed: only then is the connection free for what follows. */
async function all<T extends readonly unknown[]>(promises: readonly [...{ [K in keyof T]: Promise<T[K]> }]) {
  for (const one of await Promise.allSettled(promises)) if (one.status === 'rejected') throw one.reason
  return Promise.all(promises)
}
