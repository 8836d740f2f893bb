import { beginningAfter, beginningLine, type Beginning } from '../audit/beginning.js'
import type { Checkpoint } from '../audit/checkpoint.js'
import type { Event } from '../audit/event.js'
import { rootsOf } from '../audit/tiles.js'
import { checkpointLine } from '../audit/verification.js'
import { Fault } from '../fault.js'
import type { Instant } from '../time.js'
import { self } from './events.js'
import { positionOf, type SinkName } from './feed-lag.js'
import { pagesOf } from './pages.js'
import type { Kept } from './seal.js'
import type { Store } from './store.js'

/** A file that holds the events from one number to another, to the byte, up to a checkpoint. */
export interface Archive {
  readonly file: string
  readonly first: number
  readonly last: number
  readonly bytes: number
  /** Of the file, hex. */
  readonly sha256: string
  /** Of all events up to the last. */
  readonly checkpoint: Checkpoint
}

/** The position that says how far the record was dropped. */
const position = 'dropped'

/** How many of the oldest events were dropped: a few of them may still be there while they go. */
export const droppedTo = (store: Store): Promise<number> => store.position(position)

/** How many events or checkpoints are read at a time, and dropped in one transaction. */
const atOnce = 1_000

/** What the record says before its first event, if that is not event 1. */
export async function beginningOf(store: Store): Promise<Beginning | undefined> {
  const seq = await droppedTo(store)
  if (seq === 0) return undefined
  const [[leaf = ''], kept] = [await store.hashes(0, seq - 1, seq), await store.checkpoint(seq)]
  return beginningAfter({ seq, leaf }, kept?.note ?? '', rootsOf(seq, store.hashes))
}

/**
 * The checkpoint up to which events may go that are older than `before`: those after it stay, and so does all that
 * the record has on a grant that is open. Undefined where none may go.
 */
export async function archivable(store: Store, before: Instant, now: Instant): Promise<Kept | undefined> {
  const [[young], open] = [await store.events({ from: before, limit: 1 }), await oldestOpen(store, now)]
  const end = Math.min(young?.seq ?? Infinity, open?.seq ?? Infinity, (await store.head()).seq + 1)
  let found: Kept | undefined
  for (let after = await droppedTo(store); ;) {
    const page = await store.checkpoints(after, atOnce)
    found = page.findLast(({ size }) => size < end) ?? found
    const last = page.at(-1)
    if (!last || last.size >= end) return found
    after = last.size
  }
}

const stillOpen = [{ states: ['pending', 'active'] }, { review: 'open' }] as const

/** The first event of all that the record has on grants that are open, or whose review is. */
async function oldestOpen(store: Store, now: Instant): Promise<{ seq: number; grant: string } | undefined> {
  let oldest: { seq: number; grant: string } | undefined
  for (const which of stillOpen)
    for await (const { id: grant } of pagesOf({ store, clock: () => now }, which)) {
      const [first] = await store.events({ grant, limit: 1 })
      if (first && first.seq < (oldest?.seq ?? Infinity)) oldest = { seq: first.seq, grant }
    }
  return oldest
}

/** The lines of an archive, each with its end: what comes before it, if anything does, events, and each checkpoint in its place. */
export async function* archiveLines(store: Store, through: Kept): AsyncGenerator<string> {
  const beginning = await beginningOf(store)
  if (beginning) yield `${beginningLine(beginning)}\n`
  let seq = beginning?.after.seq ?? 0
  while (seq < through.size) {
    const page = await store.events({ after: seq, limit: Math.min(atOnce, through.size - seq) })
    const notes = new Map<number, string>()
    for (let kept = seq; kept < (page.at(-1)?.seq ?? 0);) {
      const signed = await store.checkpoints(kept, atOnce)
      for (const { size, note } of signed) notes.set(size, note)
      kept = signed.at(-1)?.size ?? Infinity
    }
    for (const entry of page) {
      yield `${entry.text}\n`
      const note = notes.get(entry.seq)
      if (note !== undefined) yield `${checkpointLine(note)}\n`
    }
    if (page.at(-1)?.seq !== seq + page.length || page.length === 0)
      throw new Fault('store_unavailable', `The record has no event ${seq + 1}.`)
    seq += page.length
  }
}

/** Says on the record what an archive holds. */
export const recordArchive = (store: Store, archive: Archive, at: Instant) =>
  store.commit({ events: [told('log.archived', archive, at)] })

const told = (
  kind: 'log.archived' | 'log.dropped',
  { checkpoint: _, ...archive }: Archive,
  at: Instant,
): Event => ({
  kind,
  at,
  by: self,
  data: { ...archive },
})

/**
 * Drops from the record what an archive holds, which must be what the record said that it holds, what comes next, and
 * nothing of a grant that is open, and what each sink of the feed has; a second time it goes on where the first was interrupted. Leaf hashes stay, and
 * with them every proof. Rejects with `conflict`. `dropped` is told how many events have gone.
 */
export async function drop(
  store: Store,
  archive: Archive,
  sinks: readonly SinkName[],
  now: Instant,
  dropped: (events: number) => void,
): Promise<void> {
  const { last } = archive
  await mustBeRecorded(store, archive)
  if ((await droppedTo(store)) < last) {
    await mustBeNext(store, archive)
    for (const sink of sinks)
      if ((await store.position(positionOf(sink))) < last)
        throw new Fault('conflict', `The feed has not sent all of it to ${sink} yet. Drop this later.`)
    const open = await oldestOpen(store, now)
    if (open && open.seq <= last)
      throw new Fault(
        'conflict',
        `Grant ${open.grant} is open, and event ${open.seq} is about it. Drop this later.`,
      )
    const seal = { position: { name: position, value: last } }
    await store.commit({ seal, events: [told('log.dropped', archive, now)] })
  }
  for (let gone = 0; ;) {
    const more = await store.prune(atOnce)
    if (more === 0) return
    gone += more
    dropped(gone)
  }
}

async function mustBeRecorded(store: Store, { sha256, last }: Archive): Promise<void> {
  for (let after = last; ;) {
    const page = await store.events({ kinds: ['log.archived'], after, limit: atOnce })
    if (page.some(({ text }) => (JSON.parse(text) as Event).data['sha256'] === sha256)) return
    const end = page.at(-1)
    if (!end)
      throw new Fault(
        'conflict',
        'The record does not say that it was archived in this file, or the file is another by now.',
      )
    after = end.seq
  }
}

async function mustBeNext(store: Store, { first, last, checkpoint }: Archive): Promise<void> {
  const begins = (await droppedTo(store)) + 1
  if (first !== begins)
    throw new Fault(
      'conflict',
      `The record begins at event ${begins}, and the archive at ${first}. Drop archives in their order.`,
    )
  const root = await rootsOf(last, store.hashes)(0, last)
  if (!checkpoint.root.equals(root))
    throw new Fault('conflict', `The first ${last} events are not those of the archive.`)
}
