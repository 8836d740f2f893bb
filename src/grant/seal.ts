import type { TreeNode } from '../audit/tiles.js'
import type { Instant } from '../time.js'

/** A checkpoint as it was signed. */
export interface Kept {
  /** How many events it is of. */
  readonly size: number
  readonly at: Instant
  /** The signed note. */
  readonly note: string
}

/** What is written beside the record, and can be made again from it, but for the signatures. */
export interface Seal {
  /** Of the tree over the events; those that are there already are left. */
  readonly nodes?: readonly TreeNode[]
  /** Refused as `checkpoint` unless it is of more events than every one before it, and of no more than there are. */
  readonly checkpoint?: Kept
  /** How far something has come that follows the record; never goes back. */
  readonly position?: { readonly name: string; readonly value: number }
}

/** Why the record is not signed, or what was signed not put out: since when without a break, and how it failed last. */
export interface SealingTrouble {
  readonly since: Instant
  readonly error: unknown
}

/** What can be read of that. */
export interface Sealed {
  /** Of this size, or the newest. */
  checkpoint(size?: number): Promise<Kept | undefined>
  /** Checkpoints of more events than `after`, the smallest first. */
  checkpoints(after: number, limit: number): Promise<readonly Kept[]>
  /** Hashes of the tree: see `HashesOf`. Fewer come back where the tree has not grown so far. */
  hashes(level: number, from: number, to: number): Promise<readonly string[]>
  /** How many events the stored nodes cover. */
  grown(): Promise<number>
  /** How many of the oldest events are not there any more; their leaves are. */
  dropped(): Promise<number>
  /** 0 for a name that there is not. */
  position(name: string): Promise<number>
}
