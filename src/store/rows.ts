import type { Entry, EventKind } from '../audit/event.js'
import type { Block } from '../decision/block.js'
import { centsAtMost, centsOf } from '../decision/cents.js'
import { personOf } from '../decision/spending.js'
import { Fault } from '../fault.js'
import type { Denial } from '../grant/denial.js'
import { reviewStateOf, type Grant, type Issuance, type Vote } from '../grant/grant.js'
import type { Person, SlackUser } from '../grant/people.js'
import type { IdempotencyKey } from '../grant/store.js'
import { reasonsOf } from './refusals.js'

// What both databases keep, under the same names: times in milliseconds, a `body` as JSON in a text. No
// type of one dialect stands in it, so a row can be carried from the one to the other as it is. Types, not
// interfaces: only those pass for the records that statements are run with.

export type GrantRow = {
  readonly id: string
  readonly version: number
  readonly state: string
  readonly subject: string
  readonly actor: string | null
  readonly role: string
  readonly account: string | null
  readonly outcome: string
  readonly reason: string | null
  readonly ticket: string | null
  readonly createdAt: number
  readonly decideBy: number | null
  readonly endsAt: number | null
  readonly body: string
  /** Whom it is counted for. */
  readonly person: string | null
  readonly activeAt: number | null
  /** What it could cost at most. */
  readonly cents: number | null
  /** Hash of the rules of the newest decision. */
  readonly config: string | null
  /** What it could cost at most, in cents; `unbounded` where nothing bounds it. */
  readonly bound: number | null
  /** `open` or `signed` where the glass was broken. */
  readonly review: string | null
}

/** More cents than anything costs: what has no bound is found among the dearest. */
export const unbounded = Number.MAX_SAFE_INTEGER

export type VoteRow = {
  readonly grant: string
  readonly voter: string
  readonly at: number
  readonly body: string
}

export type IssuanceRow = {
  readonly id: string
  readonly grant: string
  readonly state: string
  readonly accessKeyId: string | null
  readonly startedAt: number
  readonly body: string
}

export type KeyRow = {
  readonly subject: string
  readonly key: string
  readonly body: string
  readonly grant: string
}

export type PersonRow = {
  readonly subject: string
  readonly at: number
  readonly slack: string | null
  readonly body: string
}

export type SlackUserRow = {
  readonly id: string
  readonly version: number
  readonly subject: string | null
  readonly code: string | null
  readonly body: string
}

export type BlockRow = {
  readonly id: string
  readonly version: number
  readonly liftedAt: number | null
  readonly body: string
}

export type DenialRow = {
  readonly arn: string
  readonly version: number
  readonly dueAt: number | null
  readonly body: string
}

export type LeafRow = {
  readonly seq: number
  readonly leaf: string
}

export type TreeRow = {
  readonly level: number
  readonly place: number
  readonly hash: string
}

export type CheckpointRow = {
  readonly size: number
  readonly at: number
  readonly note: string
}

export type PositionRow = {
  readonly name: string
  readonly value: number
}

export type EventRow = {
  readonly seq: number
  readonly at: number
  readonly kind: string
  readonly by: string
  readonly grant: string | null
  readonly text: string
  readonly leaf: string
  /** Why it says no: a list as JSON. */
  readonly refusal: string | null
}

/**
 * A text that two rows are told apart by. Half a surrogate pair would be stored as U+FFFD, and NUL cuts a
 * text short in places, so two people could become one: refused as `invalid_request`.
 */
export function exact(text: string): string {
  if (/[\p{Cs}\0]/u.test(text)) {
    throw new Fault('invalid_request', 'A name or key holds a character that cannot be stored exactly.')
  }
  return text
}

const maybe = (text: string | undefined): string | null => (text === undefined ? null : exact(text))

export const grantRow = (grant: Grant): GrantRow => ({
  id: exact(grant.id),
  version: grant.version,
  state: grant.state,
  subject: exact(grant.asker.subject),
  actor: maybe(grant.asker.actor),
  role: exact(grant.ask.role),
  account: maybe(grant.scope?.account ?? grant.ask.account),
  outcome: grant.decision.outcome,
  reason: grant.ask.reason ?? null,
  ticket: grant.ask.ticket ?? null,
  createdAt: grant.createdAt,
  decideBy: grant.decideBy ?? null,
  endsAt: grant.endsAt ?? null,
  body: JSON.stringify(grant),
  person: exact(personOf(grant.asker, grant.ask.role)),
  activeAt: grant.activeAt ?? null,
  cents: grant.decision.cost ? centsOf(grant.decision.cost) : 0,
  config: exact(grant.decision.config),
  bound: grant.decision.cost ? Math.min(centsAtMost(grant.decision.cost), unbounded) : null,
  review: reviewStateOf(grant) ?? null,
})

export const voteRow = (vote: Vote): VoteRow => ({
  grant: exact(vote.grant),
  voter: exact(vote.voter.subject),
  at: vote.at,
  body: JSON.stringify(vote),
})

export const issuanceRow = (issuance: Issuance): IssuanceRow => ({
  id: exact(issuance.id),
  grant: exact(issuance.grant),
  state: issuance.state,
  accessKeyId: maybe(issuance.accessKeyId),
  startedAt: issuance.startedAt,
  body: JSON.stringify(issuance),
})

export const keyRow = (key: IdempotencyKey): KeyRow => ({
  subject: exact(key.subject),
  key: exact(key.key),
  body: key.body,
  grant: exact(key.grant),
})

export const personRow = (person: Person): PersonRow => ({
  subject: exact(person.identity.subject),
  at: person.at,
  slack: maybe(person.slack),
  body: JSON.stringify(person),
})

export const slackUserRow = (user: SlackUser): SlackUserRow => ({
  id: exact(user.id),
  version: user.version,
  subject: maybe(user.subject),
  code: user.code?.hash ?? null,
  body: JSON.stringify(user),
})

export const blockRow = (block: Block): BlockRow => ({
  id: exact(block.id),
  version: block.version,
  liftedAt: block.lifted?.at ?? null,
  body: JSON.stringify(block),
})

export const denialRow = (denial: Denial): DenialRow => ({
  arn: exact(denial.arn),
  version: denial.version,
  dueAt: denial.dueAt ?? null,
  body: JSON.stringify(denial),
})

export const entryRow = (entry: Entry): EventRow => ({
  seq: entry.seq,
  at: entry.at,
  kind: entry.kind,
  by: exact(entry.by),
  grant: maybe(entry.grant),
  text: entry.text,
  leaf: entry.leaf,
  refusal: refusalOf(entry),
})

function refusalOf(entry: Entry): string | null {
  const reasons = reasonsOf(entry)
  return reasons ? exact(JSON.stringify(reasons)) : null
}

export const toGrant = (row: { readonly body: string }): Grant => JSON.parse(row.body) as Grant
export const toVote = (row: { readonly body: string }): Vote => JSON.parse(row.body) as Vote
export const toIssuance = (row: { readonly body: string }): Issuance => JSON.parse(row.body) as Issuance

export const toPerson = (row: { readonly body: string }): Person => JSON.parse(row.body) as Person
export const toSlackUser = (row: { readonly body: string }): SlackUser => JSON.parse(row.body) as SlackUser

export const toBlock = (row: { readonly body: string }): Block => JSON.parse(row.body) as Block
export const toDenial = (row: { readonly body: string }): Denial => JSON.parse(row.body) as Denial

export const toEntry = ({ grant, kind, refusal: _, ...row }: EventRow): Entry => ({
  ...row,
  kind: kind as EventKind,
  ...(grant === null ? {} : { grant }),
})
