import type { Revoking } from '../catalog/catalog.js'
import type { Instant } from '../time.js'

/** Sessions that AWS is to deny everything. */
export interface DenyEntry {
  /** Whose: those of one grant, those of one person, or all of the role. */
  readonly whose: { readonly grant: string } | { readonly subject: string } | 'everybody'
  /** The block that it belongs to, where there is one. */
  readonly block?: string
  /** Only those that AWS issued before this. */
  readonly before: Instant
  /** When the last of them has ended by itself, and the entry can go. */
  readonly until: Instant
  /** When AWS took it; it applies it within minutes. */
  readonly writtenAt?: Instant
}

/** What AWS is to deny on one IAM role, and how far it is. */
export interface Denial {
  readonly arn: string
  /** Counts the changes; a change expects the one before. */
  readonly version: number
  readonly how: Revoking
  readonly entries: readonly DenyEntry[]
  /** When somebody has to look at it again; absent where AWS has nothing of it any more. */
  readonly dueAt?: Instant
  /** Until then it is one process's turn to write it: two that write at once could undo each other. */
  readonly heldUntil?: Instant
  /** Set while AWS has not taken it. */
  readonly failed?: { readonly times: number; readonly at: Instant; readonly fault: string }
}
