import { formatDuration, type Duration } from '../../time.js'
import type { History, Voted } from '../history.js'
import { about, type Finding, type Matter, type Row } from './finding.js'
import { groupBy, isGranted, medianOf, tally, yesOf } from './uses.js'

/** What nobody can have read in that time. */
const glance: Duration = 10_000
/** How many votes say something about how somebody votes, and how quick is quick then. */
const [manyVotes, quick] = [10, 60_000]
/** How many approvals say something about a pair, and which part of all that the asker had. */
const [manyTogether, share] = [5, 0.8]

/** How people agreed to each other's asks. */
export function agreeingFindings({ grants, observed }: Matter): readonly Finding[] {
  return [
    {
      id: 'own-ask',
      weight: 'look',
      title: 'Tried to approve their own ask',
      rule: 'A vote was refused because whoever cast it had asked, or stood behind the run that did. None was counted.',
      rows: observed.refused
        .filter(({ why }) => why === 'own_ask')
        .map(({ by, count, first, grants: of }) => ({
          ...{ at: first, who: by, grants: of },
          text: count === 1 ? 'once' : `${count} times`,
        })),
    },
    {
      id: 'at-a-glance',
      weight: 'look',
      title: 'Agreed to at a glance',
      rule: `Somebody said yes within ${formatDuration(glance)} of the ask.`,
      rows: grants.flatMap((history) => history.votes.flatMap((vote) => glanced(history, vote))),
    },
    {
      id: 'rubber-stamp',
      weight: 'look',
      title: 'Approvers who never said no, and soon said yes',
      rule: `In the period they cast ${manyVotes} votes or more, none of them a no, and half of them within ${formatDuration(quick)} of the ask.`,
      rows: stamping(grants),
    },
    {
      id: 'same-pair',
      weight: 'look',
      title: 'One and the same pair',
      rule: `Of what votes granted to the asker in the period, one approver agreed to ${manyTogether} or more, and to ${share * 100} percent or more.`,
      rows: pairs(grants),
    },
  ]
}

function glanced(history: History, { by, at, answer }: Voted): readonly Row[] {
  const after = at - history.askedAt
  return answer === 'yes' && after < glance
    ? [about(history, `yes after ${(after / 1_000).toFixed(1)} s`, [by])]
    : []
}

function stamping(grants: readonly History[]): readonly Row[] {
  const votes = grants.flatMap(({ votes, askedAt }) =>
    votes.map((vote) => ({ ...vote, after: vote.at - askedAt })),
  )
  return [...groupBy(votes, ({ by }) => by)].flatMap(([who, own]) => {
    const median = medianOf(own.map(({ after }) => after))
    const soon = own.length >= manyVotes && median <= quick && own.every(({ answer }) => answer === 'yes')
    return soon ? [{ who, text: `${own.length} votes, half of them within ${formatDuration(median)}` }] : []
  })
}

function pairs(grants: readonly History[]): readonly Row[] {
  const agreed = grants.filter((history) => isGranted(history) && yesOf(history).length > 0)
  return [...groupBy(agreed, ({ asker }) => asker.subject)].flatMap(([who, own]) =>
    [...tally(own, yesOf)]
      .filter(([, times]) => times >= manyTogether && times >= share * own.length)
      .map(([by, times]) => ({ who, by: [by], text: `${times} of ${own.length}` })),
  )
}
