import type { Entry, Event, EventKind, Head } from '../audit/event.js'
import type { Spent } from '../cost/limits.js'
import type { Block, Blocks } from '../decision/block.js'
import type { Between, TotalOf } from '../decision/spending.js'
import type { Clock, Duration, Instant } from '../time.js'
import type { Denial } from './denial.js'
import type { Notice, Outbox } from './outbox.js'
import type { Grant, GrantState, Issuance, IssuanceState, ReviewState, Snapshot, Vote } from './grant.js'
import type { Seal, Sealed } from './seal.js'
import type { Person, PersonQuery, SlackUser, SlackUserQuery } from './people.js'

/** One write: all of it or none, durable before it is acknowledged. */
export interface Change {
  /** Versions that must still hold; a grant that is being created has version 0. */
  readonly expect?: readonly { readonly grant: string; readonly version: number }[]
  /** Written whole; its version is the expected one plus one. */
  readonly grant?: Grant
  readonly vote?: Vote
  /** Written whole if the stored one is in state `from` (`none`: there must be none yet). */
  readonly issuance?: { readonly from: IssuanceState | 'none'; readonly row: Issuance }
  readonly key?: IdempotencyKey
  /** Written over what an older token said; left where a newer one was seen. */
  readonly person?: Person
  /** Written whole over the version before it (1: there must be none yet). */
  readonly slackUser?: SlackUser
  /** What was granted before: between which sums, in cents, this is still decided so. */
  readonly totals?: readonly Between[]
  /** What of it is to be told elsewhere. */
  readonly outbox?: readonly Notice[]
  /** At most so many uses of broken glass of this person may wait for their review, the one in `grant` included. */
  readonly unreviewed?: { readonly subject: string; readonly most: number }
  /** Hash of the rules that this was decided under; they must be those in force. */
  readonly config?: string
  /** Version of the blocks under which this was decided: none may have come or gone since. */
  readonly blocks?: number
  /** Written whole; its version is that of `blocks` plus one. */
  readonly block?: Block
  /** Each written whole over the version before it (1: there must be none yet). */
  readonly denials?: readonly Denial[]
  readonly seal?: Seal
  readonly events: readonly Event[]
}

/** What the caller's `Idempotency-Key` came to. */
export interface IdempotencyKey {
  readonly subject: string
  readonly key: string
  /** SHA-256 of the request body, hex. */
  readonly body: string
  readonly grant: string
}

/**
 * `conflict` says what no longer held; nothing of the change was written, and the caller decides again.
 * `version`: a grant moved on, or exists already; `vote`: this person has voted; `issuance`: it is in
 * another state; `key`: the idempotency key is taken; `config`: other rules are in force;
 * `totals`: more was granted meanwhile; `slack`: the user of Slack moved on, or another one is bound to this person;
 * `blocks`: a block came or went; `denial`: what AWS is to deny on a role was changed; `checkpoint`: one
 * of as many events or more was signed; `unreviewed`: too many uses of broken glass wait for their review.
 */
export type Committed =
  | { readonly ok: true; readonly head: Head }
  | {
      readonly ok: false
      readonly conflict:
        | 'version'
        | 'vote'
        | 'issuance'
        | 'key'
        | 'config'
        | 'totals'
        | 'slack'
        | 'blocks'
        | 'denial'
        | 'checkpoint'
        | 'unreviewed'
    }

export interface GrantQuery {
  /** Canonical subject of the asker, or of the person behind the asking run. */
  readonly subject?: string
  readonly role?: string
  readonly account?: string
  /** States as of `now`: a pending grant past its time counts as lapsed, an active one as ended. */
  readonly states?: readonly GrantState[]
  readonly outcome?: 'allow' | 'approve' | 'deny'
  readonly from?: Instant
  readonly to?: Instant
  readonly accessKeyId?: string
  readonly grant?: string
  readonly ticket?: string
  /** Whether a ticket was named. */
  readonly ticketed?: boolean
  /** Hash of the rules of the newest decision. */
  readonly config?: string
  /** Those that could cost more USD than this, what has no bound among them. */
  readonly costOver?: number
  /** Those whose window was open at some moment from the one on and before the other, closed early or not. */
  readonly activeFrom?: Instant
  readonly activeTo?: Instant
  /** Those for which the glass was broken, by what came of their review. */
  readonly review?: ReviewState
  /** Words that the reason must hold, all of them. */
  readonly text?: string
  /**
   * Restricts to what this person might see without being an auditor: own grants (asked by them, or by a
   * workload for them), those they voted on, and, if so asked, all that are open or wait for a review, which the
   * caller sifts.
   */
  readonly visibleTo?: { readonly subject: string; readonly open: boolean }
  /** Grants before this id (newest first). */
  readonly before?: string
  readonly limit: number
  readonly now: Instant
}

export interface EventQuery {
  readonly kinds?: readonly EventKind[]
  readonly by?: string
  readonly grant?: string
  /** What refused: a code, a check that failed, `own_ask` (a vote on one's own) or `vote` (an approver's no). */
  readonly refusal?: string
  readonly from?: Instant
  readonly to?: Instant
  /** Events after this seq (oldest first). */
  readonly after?: number
  readonly limit: number
}

export interface BlockQuery {
  readonly id?: string
  /** Blocks before this id (newest first). */
  readonly before?: string
  readonly limit: number
}

/** Of these IAM roles, or those that somebody has to look at by then. */
export type DenialQuery =
  { readonly arns: readonly string[] } | { readonly due: Instant; readonly limit: number }

export interface OpenReviews {
  readonly open: number
  readonly oldest?: Instant
}

/** What the clock has overtaken and nobody has written down yet. */
export interface Due {
  readonly grants: readonly Grant[]
  readonly issuances: readonly Issuance[]
}

/** Which rules are in force, and who has loaded which. */
export interface Standing {
  /** Hash of the configuration under which new grants are decided. */
  readonly inForce: string
  /** The hash that each running process has loaded. */
  readonly loaded: readonly string[]
}

/**
 * What a store offers that several processes share: one clock, one set of rules, one count, and word of
 * each other's changes. Its methods reject like those of the store.
 */
export interface Shared {
  /** The store's own clock, as it was compared at the last `announce`. */
  readonly clock: Clock
  /**
   * Says that this process runs, and which configuration it has loaded: to be repeated every few seconds.
   * A configuration comes into force once every process that runs has loaded it.
   */
  announce(config: string): Promise<Standing>
  /** Hears of each grant that changed, whoever changed it; of `undefined` where something may have been missed. */
  watch(changed: (grant: string | undefined) => void): void
  /** Whether this process is the one that does this job, for ten seconds; asking again keeps it that one. */
  take(job: string): Promise<boolean>
  /** Counts one more under this name. The count begins anew once `span` is over; says when that is. */
  tally(name: string, span: Duration): Promise<{ readonly count: number; readonly until: Instant }>
}

/**
 * Where everything is kept. Reads are snapshots; `commit` is the only write. Every method rejects with
 * the fault `store_unavailable` when the store cannot be read or written.
 */
export interface Store extends Sealed {
  commit(change: Change): Promise<Committed>
  snapshot(id: string): Promise<Snapshot | undefined>
  key(subject: string, key: string): Promise<IdempotencyKey | undefined>
  search(query: GrantQuery): Promise<readonly Grant[]>
  events(query: EventQuery): Promise<readonly Entry[]>
  /** Pending and active grants past their time, and issuances `started` before `startedBefore`. */
  due(now: Instant, startedBefore: Instant, limit: number): Promise<Due>
  /** Uses of broken glass that wait for their review, and since when the oldest does. */
  reviews(): Promise<OpenReviews>
  /** What was granted, by the hour in which it became active, for each that is wanted. */
  totals(wanted: readonly TotalOf[]): Promise<readonly (readonly Spent[])[]>
  persons(query: PersonQuery): Promise<readonly Person[]>
  slackUser(query: SlackUserQuery): Promise<SlackUser | undefined>
  /** The blocks that stand. */
  blocks(): Promise<Blocks>
  /** All blocks, lifted ones too, newest first. */
  searchBlocks(query: BlockQuery): Promise<readonly Block[]>
  denials(query: DenialQuery): Promise<readonly Denial[]>
  head(): Promise<Head>
  /**
   * Takes away the oldest events, at most so many, as far as the position `dropped` says, and no further than a
   * checkpoint; says how many went. Their leaves stay.
   */
  prune(limit: number): Promise<number>
  readonly outbox: Outbox
  /** Resolves when a write would succeed now: proved by writing (nothing that shows in the record). */
  probe(): Promise<void>
  /** Absent from a store that one process has for itself. */
  readonly shared?: Shared
  close(): Promise<void>
}
