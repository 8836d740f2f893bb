import type { Outcome } from '../decision/decision.js'
import { Fault } from '../fault.js'
import type { Instant } from '../time.js'
import type { Grant, GrantState } from './grant.js'

/** Everything that can happen to a grant once it exists. */
export const steps = [
  'vote_short', // a yes, and more are needed
  'vote_holds', // the completing yes, and the decision holds
  'vote_fails', // the completing yes, but a check fails now
  'vote_no',
  'lapse',
  'cancel',
  'revoke',
  'issue',
  'end',
  'expire',
] as const
export type Step = (typeof steps)[number]

/** The whole life of a grant. A pair that is not here is a conflict. */
export const table: Readonly<Record<Step, Partial<Readonly<Record<GrantState, GrantState>>>>> = {
  vote_short: { pending: 'pending' },
  vote_holds: { pending: 'active' },
  vote_fails: { pending: 'denied' },
  vote_no: { pending: 'denied' },
  lapse: { pending: 'lapsed' },
  cancel: { pending: 'cancelled' },
  revoke: { pending: 'revoked', active: 'revoked' },
  issue: { active: 'active' },
  end: { active: 'ended' },
  expire: { active: 'ended' },
}

/** Where an ask begins. */
export const firstState: Readonly<Record<Outcome, GrantState>> = {
  deny: 'denied',
  approve: 'pending',
  allow: 'active',
}

/** The state that a grant is in at `now`, whatever was last written of it: lapsing and ending need no writer. */
export function current(grant: Grant, now: Instant): Grant {
  if (grant.state === 'pending' && grant.decideBy !== undefined && now >= grant.decideBy)
    return { ...grant, state: 'lapsed', closedAt: grant.decideBy }
  if (grant.state === 'active' && grant.endsAt !== undefined && now >= grant.endsAt)
    return { ...grant, state: 'ended', closedAt: grant.endsAt }
  return grant
}

/**
 * The grant after a step, one version on. Throws `conflict` when the step has no place in its state: the
 * clock's own steps are judged against what was written, all others against the state as of `now`.
 */
export function next(
  grant: Grant,
  step: Step,
  now: Instant,
  by?: { subject: string; reason?: string },
): Grant {
  const clock = step === 'lapse' || step === 'expire'
  const state = table[step][clock ? grant.state : current(grant, now).state]
  const overdue = current(grant, now) !== grant
  if (state === undefined || (clock && !overdue)) throw conflict(current(grant, now))
  const moved: Grant = { ...grant, state, version: grant.version + 1 }
  if (state === 'pending' || (state === 'active' && grant.state === 'active')) return moved
  if (state === 'active') return { ...moved, activeAt: now, endsAt: now + (grant.scope?.window ?? 0) }
  return {
    ...moved,
    closedAt: clock ? (current(grant, now).closedAt ?? now) : now,
    ...(by && { closedBy: by.subject }),
    ...(by?.reason !== undefined && { closedReason: by.reason }),
  }
}

/** Why nothing more, or not yet, can be done, and what can. */
const instead: Readonly<Record<GrantState, string>> = {
  denied: 'It was denied. Ask again for a new one.',
  pending: 'It waits for approval still; until then it can only be voted on, cancelled or revoked.',
  active: 'It is active already; it can be collected, ended or revoked.',
  lapsed: 'Nobody approved it in time. Ask again for a new one.',
  cancelled: 'It was cancelled. Ask again for a new one.',
  revoked: 'It was revoked. Ask again for a new one.',
  ended: 'It has ended. Ask again for a new one.',
}

/** The refusal of a step that has no place in the grant's state. */
export function conflict({ state }: Grant): Fault {
  return new Fault('conflict', `This cannot be done to the grant now. ${instead[state]}`, {
    members: { state },
  })
}
