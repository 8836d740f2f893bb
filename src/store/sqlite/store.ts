import type { Store } from '../../grant/store.js'
import { shipped } from '../migrate.js'
import type { Wrote } from '../wrote.js'
import { openChannel } from './channel.js'
import type { Channel } from './channel.js'
import { databaseFile } from './connection.js'
import type { Reads, Role, Writes } from './protocol.js'

interface SqliteOptions {
  /** The database's file. It is made, for its owner alone, when there is none; its folder must exist. */
  readonly path: string
  /** The folder of the migrations, where they are not the ones that Stint comes with. */
  readonly migrations?: string
  readonly wrote?: Wrote
}

/**
 * Opens the store in a SQLite file, with three workers: one writes, one looks up, one searches, so that
 * a search holds up neither a commit nor the snapshot before it. Rejects with the fault
 * `store_unavailable` or `invalid_config` when the file cannot be opened or written, is damaged, or its
 * audit log does not verify.
 */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const { path, migrations = shipped('sqlite'), wrote } = options
  const file = databaseFile(path)
  const start = { file, migrations }
  // The writer opens first, to migrate, and closes last: only then does SQLite fold its log into the file.
  const opened: { close(): Promise<void> }[] = []
  const close = async (): Promise<void> => {
    for (const channel of opened.toReversed()) await channel.close()
  }
  const open = async <Ops>(role: Role): Promise<Channel<Ops>> => {
    const channel = await openChannel<Ops>({ role, ...start }, wrote).catch(async (error: unknown) => {
      await close()
      throw error
    })
    opened.push(channel)
    return channel
  }
  const writer = await open<Writes>('writer')
  const [lookups, searches] = await Promise.all([open<Reads>('reader'), open<Reads>('reader')])
  return {
    commit: (change) => writer.call('commit', change),
    snapshot: (id) => lookups.call('snapshot', { id }),
    key: (subject, key) => lookups.call('key', { subject, key }),
    search: (query) => searches.call('search', query),
    events: (query) => searches.call('events', query),
    due: (now, startedBefore, limit) => lookups.call('due', { now, startedBefore, limit }),
    reviews: () => lookups.call('reviews'),
    totals: (wanted) => lookups.call('totals', wanted),
    persons: (query) => lookups.call('persons', query),
    slackUser: (query) => lookups.call('slackUser', query),
    blocks: () => lookups.call('blocks'),
    searchBlocks: (query) => searches.call('searchBlocks', query),
    denials: (query) => lookups.call('denials', query),
    checkpoint: (size) => lookups.call('checkpoint', { size }),
    checkpoints: (after, limit) => searches.call('checkpoints', { after, limit }),
    hashes: (level, from, to) => searches.call('hashes', { level, from, to }),
    grown: () => searches.call('grown'),
    dropped: () => lookups.call('dropped'),
    position: (name) => lookups.call('position', { name }),
    head: () => lookups.call('head'),
    prune: (limit) => writer.call('prune', { limit }),
    outbox: {
      claim: (now, until, limit) => writer.call('claim', { now, until, limit }),
      settle: (claimed, settled) => writer.call('settle', { claimed, settled }),
      post: (lane, about) => lookups.call('post', { lane, about }),
      backlog: (now) => lookups.call('backlog', { now }),
    },
    probe: async () => {
      await Promise.all([writer.call('probe'), lookups.call('head'), searches.call('head')])
    },
    close,
  }
}
