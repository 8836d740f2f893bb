import { brokenGlass } from './decision-text.js'
import type { Grant, GrantState } from '../../http/contract.js'
import { faults, exits } from '../../fault.js'
import { formatDuration, type Instant } from '../../time.js'

/** How long until then, as coarse as a person would say it: `2h5m`, `24m`, `50s`; `over` when it has passed. */
export function left(until: string, now: Instant): string {
  const ms = Date.parse(until) - now
  if (ms <= 0) return 'over'
  return formatDuration(ms < 120_000 ? Math.ceil(ms / 1_000) * 1_000 : Math.floor(ms / 60_000) * 60_000)
}

/** The exit code that a grant's state stands for: an active one is what was wanted. */
export function exitOfState(state: GrantState): number {
  if (state === 'active') return 0
  if (state === 'pending') return exits.pending
  return state === 'denied' ? faults.denied.exit : faults.conflict.exit
}

/** A time, and how far off it is where that is still to come. */
const until = (at: string, now: Instant): string => {
  const rest = left(at, now)
  return rest === 'over' ? at : `${at} (${rest} left)`
}

const reviewText = ({ by, at, text, reviewers }: NonNullable<Grant['review']>): string =>
  by === undefined ? `open, for ${reviewers}: stint review` : `signed off by ${by} at ${at}: ${text}`

/**
 * A grant for a person, a line each: who, what exactly, until when, and what became of it. Everything but the reason
 * and the ticket was derived by the broker from what it verified.
 */
export function grantLines(grant: Grant, now: Instant): string[] {
  const { asker, scope, decision, review, votes = [], issuances = [] } = grant
  const rows: (readonly [string, string | undefined])[] = [
    ['grant', grant.id],
    ['state', grant.state],
    ['role', grant.role],
    ['account', grant.account && `${grant.account} (${grant.accountName ?? ''})`],
    ['asker', `${asker.subject}${asker.actor ? `, for ${asker.actor}` : ''}`],
    ['from', asker.address],
    ['reason', grant.reason],
    ['ticket', grant.ticket],
    ...(scope?.statements ?? []).flatMap(({ actions, resources, conditions }): [string, string][] => [
      ['may', actions.join(', ')],
      ['  on', resources.join(', ')],
      ...(conditions ? [['  if', JSON.stringify(conditions)] as [string, string]] : []),
    ]),
    ['regions', scope?.regions.join(', ')],
    ['window', scope?.window],
    ['cost', decision.cost?.detail],
    ...decision.checks
      .filter(({ ok }) => !ok)
      .map(({ detail, remedy }): [string, string] => ['refused', remedy ? `${detail} ${remedy}` : detail]),
    ...(decision.passedOver ? brokenGlass(decision.checks, decision.passedOver) : []).map(
      (line): [string, string] => ['glass', line],
    ),
    ...(grant.state === 'pending' ? decision.requirements : []).map(
      ({ rule, votes: count, by }): [string, string] => ['needs', `${count} of ${by} (${rule})`],
    ),
    ...votes.map(({ voter, answer, reason }): [string, string] => [
      'vote',
      `${answer} by ${voter}${reason ? `: ${reason}` : ''}`,
    ]),
    ['decide by', grant.state === 'pending' ? grant.decideBy && until(grant.decideBy, now) : undefined],
    ['ends', grant.state === 'active' ? grant.endsAt && until(grant.endsAt, now) : undefined],
    [
      'closed',
      grant.closedAt &&
        `${grant.closedAt}${grant.closedBy ? ` by ${grant.closedBy}` : ''}${grant.closedReason ? `: ${grant.closedReason}` : ''}`,
    ],
    ['review', review && reviewText(review)],
    ...issuances.map(({ state, accessKeyId, expiresAt }): [string, string] => [
      'issued',
      [accessKeyId ?? state, expiresAt && until(expiresAt, now)].filter(Boolean).join(' until '),
    ]),
  ]
  return rows.flatMap(([name, value]) => (value ? [`${name.padEnd(11)}${value}`] : []))
}

/** Until when the newest of the credentials that are out still work; undefined where none do. */
export function worksUntil({ issuances = [] }: Grant, now: Instant): string | undefined {
  return issuances
    .flatMap(({ expiresAt }) => (expiresAt && Date.parse(expiresAt) > now ? [expiresAt] : []))
    .sort()
    .at(-1)
}
