import type { Standing } from '../approval/standing.js'
import type { Event, EventKind } from '../audit/event.js'
import type { Block } from '../decision/block.js'
import type { Located } from '../identity/caller.js'
import type { Instant } from '../time.js'
import type { Call } from './broker.js'
import type { Denied } from './deny.js'
import type { Grant, GrantState, Issuance, Vote } from './grant.js'

const kindOf: Readonly<Record<GrantState, EventKind>> = {
  denied: 'grant.denied',
  pending: 'grant.pending',
  active: 'grant.active',
  lapsed: 'grant.lapsed',
  cancelled: 'grant.cancelled',
  revoked: 'grant.revoked',
  ended: 'grant.ended',
}

/** Stint's own name in the record, where no person acted. */
export const self = 'stint'

const caused = (call: Call | undefined) => ({
  by: call?.caller.subject ?? self,
  ...(call && { request: call.request }),
})

/** An ask, with everything that was asked and decided. */
export function asked(call: Call, grant: Grant): Event {
  return {
    kind: kindOf[grant.state],
    at: grant.createdAt,
    ...caused(call),
    grant: grant.id,
    data: { asker: grant.asker, ask: grant.ask, decision: grant.decision, ...times(grant) },
  }
}

/** A grant that moved to another state. `decision` is recorded where it was made again. */
export function moved(call: Call | undefined, grant: Grant, at: Instant, decided = false): Event {
  return {
    kind: kindOf[grant.state],
    at,
    ...caused(call),
    grant: grant.id,
    data: {
      role: grant.ask.role,
      asker: grant.asker.subject,
      ...times(grant),
      ...(grant.closedReason !== undefined && { reason: grant.closedReason }),
      ...(decided && { decision: grant.decision }),
      ...(call && { caller: factsOf(call.caller) }),
    },
  }
}

const times = ({ decideBy, activeAt, endsAt, closedAt }: Grant) => ({ decideBy, activeAt, endsAt, closedAt })

/** A vote, and how the votes stand with it under the rules of that moment. */
export function voteCast(call: Call, vote: Vote, standing: Standing['each']): Event {
  const { grant, voter, answer, reason, at } = vote
  return { kind: 'vote.cast', at, ...caused(call), grant, data: { answer, reason, voter, standing } }
}

/** The glass was broken: this grant is to be reviewed. `told` are those to whom it is said in Slack. */
export const reviewOpened = (call: Call, grant: Grant, told: readonly string[]): Event => ({
  kind: 'review.opened',
  at: grant.createdAt,
  ...caused(call),
  grant: grant.id,
  data: {
    role: grant.ask.role,
    reason: grant.ask.reason,
    passedOver: grant.decision.passedOver,
    reviewers: grant.review?.reviewers,
    told,
  },
})

/** Somebody else has looked at what was done with broken glass. */
export const reviewSigned = (call: Call, grant: Grant, at: Instant, text: string): Event => ({
  kind: 'review.signed',
  at,
  ...caused(call),
  grant: grant.id,
  data: { role: grant.ask.role, asker: grant.asker.subject, text, caller: factsOf(call.caller) },
})

/** What became of an issuance. `more` adds what is known only at that moment (the order, a refusal's checks). */
export function issuance(
  call: Call | undefined,
  row: Issuance,
  at: Instant,
  more: Readonly<Record<string, unknown>> = {},
): Event {
  const { grant, id, state, ...rest } = row
  return {
    kind: `issuance.${state}`,
    at,
    ...caused(call),
    grant,
    data: { issuance: id, ...rest, ...more },
  }
}

/** Something that happened to a revocation. */
export function revocation(
  kind: EventKind & `revocation.${string}`,
  call: Call | undefined,
  { id, of, name }: Block,
  at: Instant,
  more: Readonly<Record<string, unknown>>,
): Event {
  const caller = call && { caller: factsOf(call.caller) }
  return {
    kind,
    at,
    ...caused(call),
    data: { revocation: id, of, ...(name !== '' && { name }), ...more, ...caller },
  }
}

/** What became of what AWS was to deny on a role. */
export function written(
  arn: string,
  denied: Denied,
  about: Readonly<Record<string, unknown>>,
  at: Instant,
): Event {
  const told = denied.ok
    ? { ...(denied.requestId !== undefined && { iamRequestId: denied.requestId }) }
    : { fault: denied.fault, detail: denied.detail }
  const kind = denied.ok ? 'revocation.written' : 'revocation.failed'
  return { kind, at, ...caused(undefined), data: { arn, ...about, ...told } }
}

/** Something that an authenticated caller was refused. `grant` is empty where what they named cannot be one. */
export function refused(
  call: Call,
  at: Instant,
  operation: string,
  grant: string | undefined,
  why: Readonly<Record<string, unknown>>,
): Event {
  return {
    kind: 'request.refused',
    at,
    ...caused(call),
    ...(grant && { grant }),
    data: { operation, caller: factsOf(call.caller), ...why },
  }
}

/** Somebody looked at what is for auditors and operators. */
export const looked = (call: Call, at: Instant, what: Readonly<Record<string, unknown>>): Event => ({
  kind: 'audit.read',
  at,
  ...caused(call),
  data: { ...what, address: call.caller.address },
})

/** A caller's recordable facts: all but the token's own end. */
export function factsOf(caller: Located): Located {
  const { subject, issuer, kind, groups, onCall, actor, claims, authTime, acr, amr, address, via } = caller
  return {
    subject,
    issuer,
    kind,
    groups,
    claims,
    address,
    ...(onCall && { onCall }),
    ...(actor !== undefined && { actor }),
    ...(authTime !== undefined && { authTime }),
    ...(acr !== undefined && { acr }),
    ...(amr && { amr }),
    ...(via && { via }),
  }
}
