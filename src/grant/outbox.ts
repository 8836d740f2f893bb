import type { Duration, Instant } from '../time.js'

/** Every kind of thing that is told elsewhere. */
export const tidings = ['drawn', 'issued', 'closed', 'reminder', 'outcome', 'alarm', 'review'] as const
export type Tidings = (typeof tidings)[number]

/**
 * Something to be told elsewhere: no more than what happened to what. All that is shown is made from the store
 * when it is told, so it is never older than that.
 */
export interface Notice {
  /** Where to. What is told about one thing in one lane is told in order. */
  readonly lane: string
  /** A grant's id, or what else it is about. */
  readonly about: string
  readonly what: Tidings
  /** Of `issued` the issuance, of `reminder` and, in a channel, `review` its interval in milliseconds, of `outcome` the state. */
  readonly ref?: string
  /** When it is to be told. */
  readonly at: Instant
}

/** A notice that this process has taken to tell it. */
export interface Claimed extends Notice {
  /** In the order of the log; never used twice. */
  readonly n: number
  /** How often it was taken, this time included. What is settled under an older count is not settled. */
  readonly tries: number
  /** Since when it may have been told already, by somebody who could not note it. */
  readonly unsureSince?: Instant
}

/** Where something stands in Slack. */
export interface Post {
  readonly channel: string
  readonly ts: string
  /** Hash of how it was drawn last. */
  readonly drawn: string
}

/**
 * What became of a claimed notice. `again`: not told, and due again then; `sure` where it was certainly not told.
 * `next`: told, and to be told once more at that time.
 */
export type Settled =
  | { readonly kind: 'done'; readonly post?: Post }
  | { readonly kind: 'again'; readonly due: Instant; readonly sure: boolean }
  | { readonly kind: 'next'; readonly at: Instant }

/** What is due and was not told yet. */
export interface Backlog {
  readonly waiting: number
  /** How long the oldest of them has waited. */
  readonly lag: Duration
}

/**
 * What is still to be told. Rows come in by a commit, with what they tell of; what follows is bookkeeping that
 * decides nothing. Its methods reject like those of the store.
 */
export interface Outbox {
  /**
   * Takes what is due, of each lane and thing the first only, and nothing that somebody else has. It counts as
   * perhaps told from here on, so that whoever finds it after a crash looks before telling it again.
   */
  claim(now: Instant, until: Instant, limit: number): Promise<readonly Claimed[]>
  /** False where somebody else has taken it since. */
  settle(claimed: Claimed, settled: Settled): Promise<boolean>
  post(lane: string, about: string): Promise<Post | undefined>
  backlog(now: Instant): Promise<Backlog>
}
