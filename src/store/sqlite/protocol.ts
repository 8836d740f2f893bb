import type { Entry, Head } from '../../audit/event.js'
import type { Spent } from '../../cost/limits.js'
import type { Block, Blocks } from '../../decision/block.js'
import type { TotalOf } from '../../decision/spending.js'
import type { Denial } from '../../grant/denial.js'
import type { Grant, Snapshot } from '../../grant/grant.js'
import type { Person, PersonQuery, SlackUser, SlackUserQuery } from '../../grant/people.js'
import type { BlockQuery, Change, Committed, DenialQuery, Due } from '../../grant/store.js'
import type { EventQuery, GrantQuery, IdempotencyKey, OpenReviews } from '../../grant/store.js'
import type { Kept } from '../../grant/seal.js'
import type { Backlog, Claimed, Post, Settled } from '../../grant/outbox.js'
import type { Told } from './faults.js'

/** What the reading worker can be asked. */
export interface Reads {
  snapshot(arg: { readonly id: string }): Snapshot | undefined
  key(arg: { readonly subject: string; readonly key: string }): IdempotencyKey | undefined
  search(arg: GrantQuery): readonly Grant[]
  events(arg: EventQuery): readonly Entry[]
  due(arg: { readonly now: number; readonly startedBefore: number; readonly limit: number }): Due
  reviews(): OpenReviews
  totals(arg: readonly TotalOf[]): readonly (readonly Spent[])[]
  persons(arg: PersonQuery): readonly Person[]
  slackUser(arg: SlackUserQuery): SlackUser | undefined
  blocks(): Blocks
  searchBlocks(arg: BlockQuery): readonly Block[]
  denials(arg: DenialQuery): readonly Denial[]
  checkpoint(arg: { readonly size: number | undefined }): Kept | undefined
  checkpoints(arg: { readonly after: number; readonly limit: number }): readonly Kept[]
  hashes(arg: { readonly level: number; readonly from: number; readonly to: number }): readonly string[]
  grown(): number
  dropped(): number
  position(arg: { readonly name: string }): number
  post(arg: { readonly lane: string; readonly about: string }): Post | undefined
  backlog(arg: { readonly now: number }): Backlog
  head(): Head
}

/** What the writing worker can be asked. */
export interface Writes {
  commit(arg: Change): Committed
  claim(arg: { readonly now: number; readonly until: number; readonly limit: number }): readonly Claimed[]
  settle(arg: { readonly claimed: Claimed; readonly settled: Settled }): boolean
  prune(arg: { readonly limit: number }): number
  probe(): void
}

export type Role = 'writer' | 'reader'

/** What a worker is started with. Only the writer migrates. */
export interface Start {
  readonly role: Role
  readonly file: string
  readonly migrations: string
}

/** To a worker, in lists of what was called together. `close` is the last one: it is answered by the worker's end. */
export interface Request {
  readonly id: number
  readonly op: keyof Reads | keyof Writes | 'close'
  readonly arg: unknown
}

/** From a worker: answers that were ready together, and how long a batch of writes took, in milliseconds. */
export interface Replies {
  readonly replies: readonly Reply[]
  readonly took?: number
}

/** One answer. Id 0 says that it has opened the database, or why not. */
export type Reply = { readonly id: number } & (
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: Told }
)
