import type { Entry, EventKind } from '../../audit/event.js'
import { Fault } from '../../fault.js'
import type { Grant, Issuance, Vote } from '../../grant/grant.js'
import type { IdempotencyKey } from '../../grant/store.js'
import type { events, grants, idempotencyKeys, issuances, votes } from './schema.js'

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

export const grantRow = (grant: Grant): Omit<typeof grants.$inferSelect, 'n'> => ({
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
})

export const voteRow = (vote: Vote): typeof votes.$inferSelect => ({
  grant: exact(vote.grant),
  voter: exact(vote.voter.subject),
  at: vote.at,
  body: JSON.stringify(vote),
})

export const issuanceRow = (issuance: Issuance): typeof issuances.$inferSelect => ({
  id: exact(issuance.id),
  grant: exact(issuance.grant),
  state: issuance.state,
  accessKeyId: maybe(issuance.accessKeyId),
  startedAt: issuance.startedAt,
  body: JSON.stringify(issuance),
})

export const keyRow = (key: IdempotencyKey): typeof idempotencyKeys.$inferSelect => ({
  subject: exact(key.subject),
  key: exact(key.key),
  body: key.body,
  grant: exact(key.grant),
})

export const entryRow = (entry: Entry): typeof events.$inferSelect => ({
  seq: entry.seq,
  at: entry.at,
  kind: entry.kind,
  by: exact(entry.by),
  grant: maybe(entry.grant),
  text: entry.text,
  leaf: entry.leaf,
})

export const toGrant = (row: { readonly body: string }): Grant => JSON.parse(row.body) as Grant
export const toVote = (row: { readonly body: string }): Vote => JSON.parse(row.body) as Vote
export const toIssuance = (row: { readonly body: string }): Issuance => JSON.parse(row.body) as Issuance

export const toEntry = ({ grant, kind, ...row }: typeof events.$inferSelect): Entry => ({
  ...row,
  kind: kind as EventKind,
  ...(grant === null ? {} : { grant }),
})
