import type { History, Issued } from '../history.js'
import { about, type Finding, type Matter, type Row } from './finding.js'
import { groupBy, isGranted, isUnbounded, yesOf } from './uses.js'

/** As often the same words stop being a reason, and the same refusal stops being a mistake. */
const [manyAlike, manyRefusals] = [10, 5]

/** What was granted, refused and handed out. */
export function grantingFindings({ all, grants, observed, period }: Matter): readonly Finding[] {
  const granted = grants.filter(isGranted)
  return [
    {
      id: 'break-glass',
      weight: 'look',
      title: 'Had at once, in an emergency',
      rule: 'Approvals were passed over (break-glass). Told are those of the period, and those before it whose review nobody had signed by its end.',
      rows: all.flatMap((history) => glassBroken(history, history.askedAt >= period.from)),
    },
    {
      id: 'unanswered',
      weight: 'look',
      title: 'Sessions that may exist without anybody having them',
      rule: 'AWS was asked for credentials and the answer was lost (unknown), had not come by the end (started), or came after the grant was closed and was kept back (withheld). CloudTrail has the rest under the session name.',
      rows: grants.flatMap((history) => history.issuances.flatMap((one) => unanswered(history, one))),
    },
    {
      id: 'unbounded-cost',
      weight: 'look',
      title: 'Granted without a bound on its cost',
      rule: 'The cost of what was granted has no bound or has parts that nobody has priced, and no operator declared it.',
      rows: granted
        .filter(isUnbounded)
        .map((history) => about(history, unboundedText(history), yesOf(history))),
    },
    {
      id: 'repeated-refusal',
      weight: 'look',
      title: 'Refusals that repeat',
      rule: `The same caller was refused the same operation for the same reason ${manyRefusals} times or more in the period.`,
      rows: observed.refused
        .filter(({ count, by }) => count >= manyRefusals && by !== 'stint')
        .map(({ by, operation, why, count, first, grants: of }) => ({
          ...{ at: first, who: by, grants: of },
          text: `${operation}: ${why}, ${count} times`,
        })),
    },
    {
      id: 'denied-cost',
      weight: 'note',
      title: 'Refused for its cost',
      rule: 'A limit on what may be spent refused the ask, or the completing vote.',
      rows: grants
        .filter(({ state, failed }) => state === 'denied' && failed.includes('cost'))
        .map((history) => about(history, history.reason ?? '')),
    },
    {
      id: 'revoked',
      weight: 'note',
      title: 'Revoked',
      rule: 'Somebody closed a grant that was not theirs before its time.',
      rows: grants
        .filter(({ state }) => state === 'revoked')
        .map((history) =>
          about(
            history,
            history.closedReason ?? 'without a reason',
            history.closedBy === undefined ? [] : [history.closedBy],
          ),
        ),
    },
    {
      id: 'no-ticket',
      weight: 'note',
      title: 'Granted without a ticket',
      rule: 'The ask named no ticket. Whether a role needs one is for its entry to say.',
      rows: [...groupBy(granted, ({ role }) => role)].flatMap(([role, own]) => withoutTicket(role, own)),
    },
    {
      id: 'same-reason',
      weight: 'note',
      title: 'The same reason, word for word',
      rule: `One caller gave the same reason ${manyAlike} times or more in the period.`,
      rows: alike(grants),
    },
    {
      id: 'unused',
      weight: 'note',
      title: 'Granted and never collected',
      rule: 'The grant is over, and no credentials were handed out for it.',
      rows: granted
        .filter(
          ({ state, issuances }) => state !== 'active' && !issuances.some(({ state: one }) => one === 'done'),
        )
        .map((history) => about(history, history.reason ?? '')),
    },
  ]
}

function glassBroken(history: History, within: boolean): readonly Row[] {
  const { review, reason = '' } = history
  if (!review || (review.signed && !within)) return []
  const { by, text = '' } = review.signed ?? {}
  const rest = by === undefined ? 'nobody has signed the review' : `the review was signed: ${text}`
  return [about(history, `${reason}; ${rest}`, by === undefined ? [] : [by])]
}

const unanswered = (history: History, { state, sessionName }: Issued): readonly Row[] =>
  ['unknown', 'started', 'withheld'].includes(state)
    ? [about(history, `${state}, session ${sessionName ?? 'without a name'}`)]
    : []

const unboundedText = ({ cost, votes }: History): string =>
  (cost.unbounded ? 'no bound' : `${cost.unpriced} actions without a price`) +
  (votes.length === 0 ? '; nobody had to agree' : '')

function withoutTicket(role: string, own: readonly History[]): readonly Row[] {
  const without = own.filter(({ ticket }) => ticket === undefined)
  if (without.length === 0) return []
  return [{ role, grants: without.map(({ id }) => id), text: `${without.length} of ${own.length}` }]
}

const alike = (grants: readonly History[]): readonly Row[] =>
  [...groupBy(grants, ({ asker, reason = '' }) => JSON.stringify([asker.subject, reason])).values()]
    .filter((own) => own.length >= manyAlike && own[0]?.reason !== undefined)
    .map((own) => ({
      who: own[0]?.asker.subject ?? '',
      grants: own.map(({ id }) => id),
      text: `${own.length} times: ${own[0]?.reason ?? ''}`,
    }))
