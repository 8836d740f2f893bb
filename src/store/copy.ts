import { createHash } from 'node:crypto'
import { emptyHead, verify } from '../audit/chain.js'
import type { Head } from '../audit/event.js'
import { Fault } from '../fault.js'
import { tables } from './archive.js'
import type { Rows, Source, Table, Target } from './archive.js'
import { toEntry } from './rows.js'

export interface Copied {
  readonly counts: Readonly<Record<Table, number>>
  readonly head: Head
}

/** How many rows of a table there are, and SHA-256 over them in their order. */
interface Digest {
  readonly count: number
  readonly hash: string
}

/**
 * Carries everything from one store to another, which must be empty, and reads it back there before it
 * lasts: every row is the same, and the chain verifies from its first event on. Rejects with `conflict`
 * where the target holds something, and with `store_unavailable` where what arrived is not what left.
 */
export async function copyStore(source: Source, target: Target): Promise<Copied> {
  await mustBeEmpty(target)
  const left = await digests(source, (table, rows) => target.write(table, rows))
  // Now, while the source is at hand: reading back takes long, and a server does not wait for us so long.
  const expected = await source.head()
  const arrived = await digests(target)
  for (const table of tables) {
    if (left[table].count !== arrived[table].count || left[table].hash !== arrived[table].hash)
      throw broken(`The rows of ${table} are not the same there.`)
  }
  const head = await chainOf(target)
  if (head.seq !== expected.seq || head.leaf !== expected.leaf) throw broken('The head is another one there.')
  await target.commit()
  return { counts: count(left), head }
}

async function mustBeEmpty(target: Target): Promise<void> {
  for (const table of tables)
    for await (const rows of target.read(table))
      if (rows.length > 0)
        throw new Fault('conflict', 'The target is not empty. Give it a database of its own.')
}

async function digests(
  source: Source,
  each: <T extends Table>(table: T, rows: readonly Rows[T][]) => Promise<void> = async () => undefined,
): Promise<Readonly<Record<Table, Digest>>> {
  const digest = async (table: Table): Promise<Digest> => {
    const hash = createHash('sha256')
    let count = 0
    for await (const rows of source.read(table)) {
      for (const row of rows) hash.update(`${JSON.stringify(comparable(row))}\n`)
      count += rows.length
      await each(table, rows)
    }
    return { count, hash: hash.digest('hex') }
  }
  return {
    grants: await digest('grants'),
    votes: await digest('votes'),
    issuances: await digest('issuances'),
    keys: await digest('keys'),
    persons: await digest('persons'),
    slackUsers: await digest('slackUsers'),
    blocks: await digest('blocks'),
    denials: await digest('denials'),
    outbox: await digest('outbox'),
    posts: await digest('posts'),
    leaves: await digest('leaves'),
    events: await digest('events'),
    tree: await digest('tree'),
    checkpoints: await digest('checkpoints'),
    positions: await digest('positions'),
  }
}

/** Sorted by column; without the two texts that only searching reads and PostgreSQL may not hold exactly. */
const comparable = (row: Rows[Table]): readonly (readonly [string, unknown])[] =>
  Object.entries(row)
    .filter(([column]) => column !== 'reason' && column !== 'ticket')
    .sort(([a], [b]) => (a < b ? -1 : 1))

async function chainOf(target: Target): Promise<Head> {
  let head = emptyHead
  for await (const rows of target.read('leaves')) head = rows.at(-1) ?? head
  for await (const rows of target.read('events')) {
    const verified = verify(rows.map(toEntry), head)
    if (!verified.ok) throw broken(verified.detail)
    head = verified.head
  }
  return head
}

const count = (digest: Readonly<Record<Table, Digest>>): Copied['counts'] => ({
  grants: digest.grants.count,
  votes: digest.votes.count,
  issuances: digest.issuances.count,
  keys: digest.keys.count,
  persons: digest.persons.count,
  slackUsers: digest.slackUsers.count,
  blocks: digest.blocks.count,
  denials: digest.denials.count,
  outbox: digest.outbox.count,
  posts: digest.posts.count,
  leaves: digest.leaves.count,
  events: digest.events.count,
  tree: digest.tree.count,
  checkpoints: digest.checkpoints.count,
  positions: digest.positions.count,
})

const broken = (what: string): Fault =>
  new Fault('store_unavailable', `What arrived does not verify, and was taken back. ${what}`)
