import { parseCheckpoint, signCheckpoint, type Checkpoint } from '../audit/checkpoint.js'
import { parseNote, type Signer } from '../audit/note.js'
import { growth, rootsOf } from '../audit/tiles.js'
import { Fault } from '../fault.js'
import { self } from '../grant/events.js'
import type { Kept } from '../grant/seal.js'
import type { Store } from '../grant/store.js'
import type { Clock, Duration } from '../time.js'

/** Where checkpoints are put, out of reach of whoever can write to the store. */
export interface Outlet {
  /** Tells it from others in the store, for ever. */
  readonly name: string
  /** The note of the most events under this origin, of `after` at least; undefined where there is none, or nothing is read. */
  newest(origin: string, after: number): Promise<string | undefined>
  /** Puts one there that may be there already. Rejects where another one has its place. */
  publish(checkpoint: Checkpoint, note: string): Promise<void>
}

export interface CheckpointOptions {
  readonly store: Store
  /** All sign; their names are one. */
  readonly signers: readonly Signer[]
  readonly outlets: readonly Outlet[]
  /** What is signed at the latest after so long, where anything happened, */
  readonly every: Duration
  /** or after so many events. */
  readonly events: number
  readonly clock: Clock
}

/** How many checkpoints are put out in one go, where an outlet was not there for long. */
const atOnce = 100

/**
 * One look at whether a checkpoint is due; signs it, keeps it, and puts out what is not out yet. Several processes may
 * do this at once: the store takes one checkpoint of a size. Rejects with `record_behind` where the record is not the
 * one that was signed before: what was once said of it is never unsaid. Rejects too while an outlet cannot be asked.
 */
export async function checkpoint(options: CheckpointOptions): Promise<{ readonly unsigned: number }> {
  const { store, signers, outlets, every, events, clock } = options
  const origin = signers[0]?.name ?? ''
  const newest = await store.checkpoint()
  const { seq } = await store.head()
  const unsigned = seq - (newest?.size ?? 0)
  const due = unsigned > 0 && (!newest || unsigned >= events || clock() - newest.at >= every)
  if (!due) {
    await putOut(store, outlets)
    return { unsigned }
  }
  if (!newest || !signedByAll(newest.note, signers)) await recordKeys(options, newest)
  const { seq: size } = await store.head()
  await grow(store, size)
  const rootAt = rootsOf(size, store.hashes)
  const said = [
    newest?.note,
    ...(await Promise.all(outlets.map((outlet) => outlet.newest(origin, newest?.size ?? 0)))),
  ]
  for (const note of said) {
    const before = note === undefined ? undefined : parseCheckpoint(note)
    if (before && (before.size > size || !before.root.equals(await rootAt(0, before.size))))
      throw forked(before, size)
  }
  const note = signCheckpoint({ origin, size, root: await rootAt(0, size) }, signers)
  const kept = await store.commit({ seal: { checkpoint: { size, at: clock(), note } }, events: [] })
  await putOut(store, outlets)
  return { unsigned: kept.ok ? 0 : unsigned }
}

/** Makes what is missing of the tree, a part at a time. */
async function grow(store: Store, size: number): Promise<void> {
  for (let grown = await store.grown(); ;) {
    const next = await growth(grown, size, store.hashes)
    if (next.grown === grown) return
    await store.commit({ seal: { nodes: next.nodes }, events: [] })
    grown = next.grown
  }
}

/** Puts out, in their order, those that an outlet does not have. Where one fails the others go on. */
async function putOut(store: Store, outlets: readonly Outlet[]): Promise<void> {
  const each = outlets.map(async (outlet) => {
    const name = `published.${outlet.name}`
    for (const { size, note } of await store.checkpoints(await store.position(name), atOnce)) {
      const signed = parseCheckpoint(note)
      if (signed) await outlet.publish(signed, note)
      await store.commit({ seal: { position: { name, value: size } }, events: [] })
    }
  })
  for (const one of await Promise.allSettled(each)) if (one.status === 'rejected') throw one.reason
}

const keysOf = (note: string): readonly string[] =>
  (parseNote(note)?.signatures ?? []).map(({ name, id }) => `${name}+${id}`)

const signedByAll = (note: string, signers: readonly Signer[]): boolean =>
  JSON.stringify(keysOf(note)) === JSON.stringify(signers.map(({ name, id }) => `${name}+${id}`))

/** Which keys sign from now on is on the record before they do. */
const recordKeys = ({ store, signers, clock }: CheckpointOptions, newest: Kept | undefined) =>
  store.commit({
    events: [
      {
        kind: 'log.keys',
        at: clock(),
        by: self,
        data: {
          keys: signers.map(({ verifier }) => verifier),
          before: newest ? keysOf(newest.note) : [],
        },
      },
    ],
  })

const forked = (before: Checkpoint, size: number): Fault =>
  new Fault(
    'record_behind',
    before.size > size
      ? `A checkpoint of ${before.size} events was signed, and the record has ${size}: it is an older copy, or was cut. Nothing more is signed under ${before.origin}.`
      : `The first ${before.size} events are not those that were signed: the record was rewritten, or is another one. Nothing more is signed under ${before.origin}.`,
  )
