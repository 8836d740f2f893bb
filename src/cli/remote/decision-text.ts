import type { Decision, Grant } from '../../http/contract.js'
import { formatDuration, type Instant } from '../../time.js'
import type { Output } from './output.js'

/** Says a decision on stderr: allowed, or who must agree and why, or what failed; what it could cost, and what to do. */
export function sayDecision(say: Output, decision: Decision): void {
  const { outcome, checks, requirements, passedOver, scope, cost } = decision
  if (outcome === 'allow' && !passedOver) say.note('Allowed.', 'green')
  if (outcome === 'allow' && passedOver) say.note('Allowed, with broken glass.', 'red')
  if (outcome === 'approve') say.note('Somebody must agree first.', 'yellow')
  if (outcome === 'deny') say.note('Refused.', 'red')
  if (scope)
    say.note(
      `  ${scope.role} in ${scope.accountName} (${scope.account}), ${scope.regions.join(', ')}, for ${scope.window}`,
    )
  for (const { ok, detail, remedy } of checks) {
    if (ok) continue
    say.note(`  ${detail}`)
    if (remedy !== undefined) say.note(`  ${remedy}`, 'bold')
  }
  if (passedOver) for (const line of brokenGlass(checks, passedOver)) say.note(`  ${line}`)
  for (const { rule, votes, by, within } of requirements)
    say.note(`  ${rule}: ${votes} ${votes === 1 ? 'vote' : 'votes'} by ${by}, within ${within}`)
  if (!cost) return
  say.note(`  ${cost.detail}`)
  for (const reason of cost.agree) say.note(`  ${reason}`)
  for (const hint of cost.under ?? []) say.note(`  Would need nobody: ${hint}`, 'bold')
}

/** What breaking the glass comes to: whose votes are passed over, and who must review it. */
export const brokenGlass = (
  checks: Decision['checks'],
  passedOver: Decision['requirements'],
): readonly string[] => [
  ...checks.filter(({ check, ok }) => check === 'break_glass' && ok).map(({ detail }) => detail),
  ...passedOver.map(
    ({ rule, votes, by }) => `Passed over is ${rule}: ${votes} ${votes === 1 ? 'vote' : 'votes'} by ${by}`,
  ),
]

/** What a grant waits for, on one line; `now` says how long it still may. */
export function waitingLine({ id, decision, votes, decideBy }: Grant, now: Instant): string {
  const yes = (votes ?? []).filter(({ answer }) => answer === 'yes').length
  const needed = decision.requirements.map(({ votes: count, by }) => `${count} of ${by}`).join(' and ')
  const left = decideBy === undefined ? undefined : Date.parse(decideBy) - now
  const rest = left === undefined || left <= 0 ? '' : `, ${formatDuration(left)} left`
  return `Waiting for ${needed || 'a decision'} to agree to ${id}${yes > 0 ? ` (${yes} so far)` : ''}${rest}`
}
