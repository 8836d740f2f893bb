import { formatDuration, type Duration, type Instant } from '../time.js'
import { emptyHead, follow } from './chain.js'
import { openBeginning, parseBeginning, type Beginning } from './beginning.js'
import { openCheckpoint, type Checkpoint } from './checkpoint.js'
import type { Head } from './event.js'
import type { Verifier } from './note.js'
import { createFrontier } from './tree.js'

/** The first thing that does not hold, at the number of an event. */
export interface Broken {
  readonly seq: number
  readonly detail: string
}

/** What holds. */
export interface Verification {
  readonly head: Head
  /** How many events came before the first one that is here: what was signed of them says how it goes on, not what they are. */
  readonly before: number
  /** Checkpoints that the events came to, and the newest of them. */
  readonly checkpoints: number
  /** Those of `kept` among them, and those that are of fewer events than came before the first. */
  readonly compared: number
  readonly earlier: number
  readonly newest?: Checkpoint
  /** Events that say that they happened long before the one before them. */
  readonly backwards: { readonly count: number; readonly first?: Broken }
}

interface Verifying {
  /** Takes one line of an export in; says what does not hold, and is of no use after that. */
  line(text: string): Broken | undefined
  end(): Verification | Broken
}

/** What is decided at one moment is committed at another, and replicas wait for each other. */
const tolerated: Duration = 60_000

/**
 * Verifies a log line by line, whatever its length: the chain, the tree, every checkpoint in it, and those that were
 * `kept` elsewhere, in an amount of memory that only grows with these.
 */
export function verifying(keys: readonly Verifier[], kept: readonly Checkpoint[]): Verifying {
  let tree = createFrontier()
  const expected = new Map<number, Checkpoint[]>()
  let before = 0
  let head: Head = emptyHead
  let last: Instant = 0
  let checkpoints = 0
  let newest: Checkpoint | undefined
  let count = 0
  let first: Broken | undefined

  const expect = (checkpoint: Checkpoint): void =>
    void expected.set(checkpoint.size, [...(expected.get(checkpoint.size) ?? []), checkpoint])
  for (const checkpoint of kept) expect(checkpoint)

  /** Compares what was signed with what is there. */
  function settle(): Broken | undefined {
    const due = expected.get(tree.size)
    if (!due) return undefined
    const root = tree.root()
    const other = due.find((checkpoint) => !checkpoint.root.equals(root))
    if (other) return { seq: (newest?.size ?? 0) + 1, detail: another(other, newest) }
    expected.delete(tree.size)
    checkpoints += due.length
    newest = due[0]
    return undefined
  }

  function signed(note: string): Broken | undefined {
    const checkpoint = openCheckpoint(note, keys)
    if (!checkpoint)
      return { seq: tree.size, detail: 'A checkpoint in the file is not signed by a key that was given.' }
    if (checkpoint.size < tree.size)
      return {
        seq: tree.size,
        detail: `The checkpoint of ${checkpoint.size} events stands in another place.`,
      }
    expect(checkpoint)
    return settle()
  }

  /** Another part of the log goes on where this one ends; the first may begin anywhere. */
  function begins(beginning: Beginning): Broken | undefined {
    const begun = openBeginning(beginning, keys)
    const { after } = beginning
    if (!begun)
      return {
        seq: after.seq,
        detail: `Nothing that was signed by a key that was given says that the log goes on after event ${after.seq}.`,
      }
    if (head.seq === 0) {
      ;({ head, tree } = begun)
      before = after.seq
      for (const size of [...expected.keys()].filter((size) => size < before)) expected.delete(size)
    } else if (after.seq > head.seq)
      return {
        seq: head.seq + 1,
        detail: `Entries ${head.seq + 1} to ${after.seq} are missing: another part of the log follows.`,
      }
    else if (after.seq < head.seq || after.leaf !== head.leaf)
      return {
        seq: after.seq + 1,
        detail: `What follows event ${after.seq} stands in another place, or is of another log.`,
      }
    return signed(beginning.checkpoint)
  }

  return {
    line(text) {
      const beginning = parseBeginning(text)
      if (beginning) return begins(beginning)
      const note = noteIn(text)
      if (note !== undefined) return signed(note)
      const early = tree.size === 0 ? settle() : undefined
      if (early) return early
      const followed = follow(text, head)
      if ('detail' in followed) return followed
      head = { seq: followed.head.seq, leaf: followed.head.leaf }
      tree.add(Buffer.from(head.leaf, 'hex'))
      if (followed.at < last - tolerated) {
        count++
        first ??= { seq: head.seq, detail: `by ${formatDuration(last - followed.at)}` }
      }
      last = followed.at
      return settle()
    },
    end() {
      const early = tree.size === 0 ? settle() : undefined
      if (early) return early
      const [missing] = [...expected.keys()].sort((a, b) => a - b)
      if (missing !== undefined)
        return {
          seq: head.seq + 1,
          detail: `Entries ${head.seq + 1} to ${missing} are missing: they were signed.`,
        }
      const earlier = kept.filter(({ size }) => size < before).length
      return {
        head,
        before,
        checkpoints,
        compared: kept.length - earlier,
        earlier,
        ...(newest && { newest }),
        backwards: { count, ...(first && { first }) },
      }
    },
  }
}

const another = ({ size }: Checkpoint, good: Checkpoint | undefined): string =>
  `The first ${size} events are not those that were signed` +
  (good ? `; up to event ${good.size} they are.` : ', and no earlier checkpoint says which of them changed.')

/** A line of an export that is no event: a checkpoint, in the place where it was made. */
export const checkpointLine = (note: string): string => JSON.stringify({ checkpoint: note })

/** The signed note in a line of an export that is a checkpoint; undefined for any other line. Verifies nothing. */
export function noteIn(text: string): string | undefined {
  if (!text.startsWith('{"checkpoint":')) return undefined
  try {
    const { checkpoint } = JSON.parse(text) as { readonly checkpoint?: unknown }
    return typeof checkpoint === 'string' ? checkpoint : undefined
  } catch {
    return undefined
  }
}
