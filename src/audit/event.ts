import type { Instant } from '../time.js'

/** Every kind of event there is. Verbs are the design's words; a kind is never renamed or reused. */
export const eventKinds = [
  'grant.denied',
  'grant.pending',
  'grant.active',
  'grant.lapsed',
  'grant.cancelled',
  'grant.revoked',
  'grant.ended',
  'vote.cast',
  'review.opened',
  'review.signed',
  'issuance.started',
  'issuance.done',
  'issuance.withheld',
  'issuance.failed',
  'issuance.unknown',
  'revocation.placed',
  'revocation.lifted',
  'revocation.written',
  'revocation.failed',
  'request.refused',
  'audit.read',
  'config.loaded',
  'config.refused',
  'check.started',
  'check.done',
  'log.restored',
  'log.keys',
  'log.archived',
  'log.dropped',
  'log.migrated',
  'slack.linked',
  'slack.unlinked',
] as const
export type EventKind = (typeof eventKinds)[number]

/** One thing that happened, before it has its place in the log. Holds no secret, ever. */
export interface Event {
  readonly kind: EventKind
  readonly at: Instant
  /** Canonical subject of whoever did it; `stint` for the broker itself. */
  readonly by: string
  readonly grant?: string
  /** Id of the HTTP request that caused it. */
  readonly request?: string
  readonly data: Readonly<Record<string, unknown>>
}

/** An event in its place: `text` is the exact bytes (UTF-8) that were hashed, and are never made anew. */
export interface Entry {
  readonly seq: number
  readonly at: Instant
  readonly kind: EventKind
  readonly by: string
  readonly grant?: string
  readonly text: string
  /** RFC 6962 leaf hash of `text`, hex. */
  readonly leaf: string
}

/** The end of the chain. An empty log has seq 0 and the leaf `emptyLeaf`. */
export interface Head {
  readonly seq: number
  readonly leaf: string
}
