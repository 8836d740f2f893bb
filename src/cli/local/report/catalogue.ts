import type { Review } from '../../../audit/review/review.js'
import { describe } from '../../../approval/who.js'
import type { ApprovalRule } from '../../../approval/rule.js'
import type { Catalog, Role } from '../../../catalog/catalog.js'
import { formatDuration } from '../../../time.js'
import { markup, type Markup } from './markup.js'
import { table } from './tables.js'
import { countText, many } from './words.js'

/** Who could get what under that configuration, and what nobody asked for in the period. */
export function catalogueOf(catalog: Catalog, { roles, observed }: Review): Markup {
  const asks = new Map(roles.map(({ role, asks: count }) => [role, count]))
  const all = [...catalog.roles.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const idle = all.filter(({ name }) => !asks.has(name)).map(({ name }) => name)
  const gone = roles
    .filter(({ role, granted }) => granted > 0 && !catalog.roles.has(role))
    .map(({ role }) => role)
  return markup`
<h2 id="catalogue">Who could get what</h2>
<p>Under the configuration <code>${catalog.hash}</code>${inForce(catalog.hash, observed.config.last)}. Rules that look at the ask itself, such as at its cost, may ask for more or refuse.</p>
${table<Role>(
  [
    { name: 'role', of: ({ name }) => name, style: 'role' },
    {
      name: 'accounts',
      of: ({ targets }) => [...targets.values()].map(({ accountName }) => accountName).join(', '),
    },
    { name: 'who may ask', of: ({ who }) => describe(who) },
    { name: 'from', of: ({ from }) => (from === 'any' ? 'anywhere' : from.join(', ')) },
    { name: 'window at most', of: ({ limits }) => formatDuration(limits.person.window.max), style: 'n' },
    { name: 'asks', of: ({ name }) => countText(asks.get(name) ?? 0), style: 'n' },
  ],
  all,
)}
<h3 id="agreeing">Who must agree</h3>
${approvalsTable(catalog)}
<h3 id="idle">What nobody asked for</h3>
<p>${idle.length === 0 ? 'Every role of the configuration was asked for.' : `${many(idle.length, 'role')} of ${countText(all.length)}: ${idle.join(', ')}.`}${gone.length > 0 ? ` Granted in the period and not in this configuration: ${gone.join(', ')}.` : ''}</p>`
}

const approvalsTable = ({ approvals }: Catalog): Markup =>
  table<ApprovalRule>(
    [
      { name: 'rule', of: ({ name }) => name, style: 'role' },
      { name: 'when', of: ({ when }) => markup`<code>${when.source}</code>` },
      { name: 'votes', of: ({ votes }) => countText(votes), style: 'n' },
      { name: 'by', of: ({ by }) => describe(by) },
      { name: 'within', of: ({ within }) => formatDuration(within), style: 'n' },
    ],
    approvals,
  )

/** A configuration of another day says nothing about who could get what on this one: it is said. */
const inForce = (hash: string, last: string | undefined): string =>
  hash === last
    ? ', which was loaded last before the end of the period'
    : `, which is not the one that was loaded last before the end of the period (${last ?? 'the record names none'})`
