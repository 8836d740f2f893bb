import type { History } from '../../../audit/history.js'
import type { Review } from '../../../audit/review/review.js'
import { isGranted, isUnbounded, yesOf } from '../../../audit/review/uses.js'
import { markup, type Markup } from './markup.js'
import { counted, table } from './tables.js'
import { countText, many, spanText, timeText, usdText } from './words.js'

type NameOf = (subject: string) => string

interface Cost {
  readonly usd: number
  readonly unbounded: number
}

const costText = ({ usd, unbounded }: Cost): string =>
  unbounded === 0 ? usdText(usd) : `${usdText(usd)} and ${many(unbounded, 'grant')} without a bound`

/** Who used what, who agreed to it, and what could have cost most. */
export const uses = (review: Review, nameOf: NameOf): Markup => markup`
<h2 id="roles">Roles</h2>${rolesTable(review, nameOf)}
<h2 id="people">People and jobs</h2>${peopleTable(review, nameOf)}
<h2 id="approvers">Approvers</h2>${approversTable(review, nameOf)}
<h2 id="dearest">What could have cost most</h2>${dearest(review, nameOf)}`

const rolesTable = ({ roles }: Review, nameOf: NameOf): Markup =>
  roles.length === 0
    ? markup`<p>Nothing was asked for.</p>`
    : table(
        [
          {
            name: 'role',
            style: 'role',
            of: ({ role, accounts }) => markup`${role}<br><span class="aside">${accounts.join(', ')}</span>`,
          },
          { name: 'asks', of: ({ asks }) => countText(asks), style: 'n' },
          { name: 'granted', of: ({ granted }) => countText(granted), style: 'n' },
          { name: 'refused', of: ({ denied }) => countText(denied), style: 'n' },
          { name: 'credentials', of: ({ issued }) => countText(issued), style: 'n' },
          { name: 'held by', of: ({ holders }) => counted(holders, nameOf) },
          { name: 'agreed to by', of: ({ approvers }) => counted(approvers, nameOf) },
          { name: 'could have cost', of: costText },
        ],
        roles,
      )

const peopleTable = ({ people }: Review, nameOf: NameOf): Markup =>
  people.length === 0
    ? markup`<p>Nobody asked for anything.</p>`
    : table(
        [
          {
            name: 'who',
            style: 'who',
            of: ({ subject, kind }) =>
              markup`${nameOf(subject)}${kind === 'workload' ? markup` <span class="aside">(job)</span>` : []}`,
          },
          { name: 'asks', of: ({ asks }) => countText(asks), style: 'n' },
          { name: 'granted', of: ({ granted }) => countText(granted), style: 'n' },
          { name: 'refused', of: ({ denied }) => countText(denied), style: 'n' },
          { name: 'roles held', of: ({ roles }) => counted(roles, (role) => role) },
          { name: 'could have cost', of: costText },
        ],
        people,
      )

const approversTable = ({ approvers }: Review, nameOf: NameOf): Markup =>
  approvers.length === 0
    ? markup`<p>Nobody voted.</p>`
    : table(
        [
          { name: 'who', of: ({ subject }) => nameOf(subject), style: 'who' },
          { name: 'yes', of: ({ yes }) => countText(yes), style: 'n' },
          { name: 'no', of: ({ no }) => countText(no), style: 'n' },
          { name: 'half within', of: ({ median }) => spanText(median), style: 'n' },
          { name: 'agreed to asks of', of: ({ askers }) => counted(askers, nameOf) },
        ],
        approvers,
      )

const mostDear = 10

function dearest({ grants }: Review, nameOf: NameOf): Markup {
  const bound = (history: History): number => (isUnbounded(history) ? Infinity : (history.cost.usd ?? 0))
  const rows = grants
    .filter((history) => isGranted(history) && bound(history) > 0)
    .sort((a, b) => (bound(b) === bound(a) ? a.seq - b.seq : bound(b) - bound(a)))
    .slice(0, mostDear)
  if (rows.length === 0) return markup`<p>Nothing that was granted could have cost anything.</p>`
  return table<History>(
    [
      { name: 'when', of: ({ askedAt }) => timeText(askedAt), style: 'when' },
      { name: 'who', of: ({ asker }) => nameOf(asker.subject), style: 'who' },
      { name: 'role', of: ({ role }) => role, style: 'role' },
      {
        name: 'at most',
        of: (history) => (isUnbounded(history) ? 'no bound' : usdText(bound(history))),
        style: 'n',
      },
      { name: 'agreed to by', of: (history) => yesOf(history).map(nameOf).join(', '), style: 'who' },
      { name: 'reason', of: ({ reason = '' }) => reason },
      { name: 'grant', of: ({ id }) => markup`<code>${id}</code>`, style: 'id' },
    ],
    rows,
  )
}
