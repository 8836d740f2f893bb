import { sentenceOfCost } from '../decision/cost.js'
import type { Cost, Scope } from '../decision/decision.js'
import type { Grant } from '../grant/grant.js'
import { policyOf } from '../iam/document.js'
import { summarise } from '../iam/explain/summary.js'
import { outlives } from '../iam/lint/outlives.js'
import { money } from '../cost/text.js'
import type { Picture } from './draw.js'
import { formatDuration } from '../time.js'
import { bold, code, plain, points, quote, rows, text, type Block, type Part } from './rich.js'

/** A subject without its directory. */
export const nameOf = (subject: string): string => plain(subject.slice(subject.indexOf('#') + 1), 100)

/** How many statements, drivers and the like are shown; the rest is under Details. */
const shown = 3

/** What was asked for, by whom and why, what it lets them do, and what that could cost. */
export function asked({ snapshot: { grant }, networks, ticketUrl }: Picture): readonly Block[] {
  const { asker, ask, scope, decision } = grant
  const { cost } = decision
  return [
    rows([
      ['Who', bold(nameOf(asker.subject)), text(` ${plain(asker.subject, 200)}${groupsOf(grant)}`)],
      ...(scope ? whereOf(scope) : []),
      ...(scope ? [['Window', text(windowText(scope))] as const] : []),
      [
        'From',
        text(
          `${plain(asker.address, 60) || 'unknown'}${networks.length > 0 ? ` (${plain(networks.join(', '), 200)})` : ''}`,
        ),
      ],
      ...(ask.ticket === undefined ? [] : [['Ticket', ticket(ask.ticket, ticketUrl)] as const]),
    ]),
    ...(ask.reason === undefined ? [] : [quote('Reason', plain(ask.reason, 600, 8))]),
    ...(scope ? mayOf(scope) : []),
    ...(cost ? costOf(cost) : []),
  ]
}

const windowText = ({ window, lifetime }: Scope): string =>
  `${formatDuration(window)} from approval on, with credentials of ${formatDuration(lifetime)}`

function groupsOf({ asker: { groups, actor, kind } }: Grant): string {
  const first = groups.slice(0, 5).map((group) => plain(group, 64))
  const more = groups.length > 5 ? ` and ${groups.length - 5} more` : ''
  const run = kind === 'workload' ? `; a run, for ${actor === undefined ? 'nobody' : nameOf(actor)}` : ''
  return `${first.length > 0 ? `; groups ${first.join(', ')}${more}` : ''}${run}`
}

const whereOf = ({ role, account, accountName, arn, regions }: Scope) =>
  [
    ['Role', bold(plain(role, 64)), text(' '), code(plain(arn, 200))],
    [
      'Account',
      bold(plain(accountName, 64)),
      text(` ${plain(account, 12)}; regions ${plain(regions.join(', '), 200)}`),
    ],
  ] as const

/** A link only where the configuration says where tickets are; what the ticket is called never chooses the host. */
function ticket(name: string, url: string | undefined): Part {
  const label = plain(name, 64)
  if (url === undefined || encodeURIComponent(name).length > 500) return text(label)
  return { type: 'link', url: url.replace('{ticket}', () => encodeURIComponent(name)), text: label }
}

function mayOf({ statements }: Scope): readonly Block[] {
  const policy = policyOf(statements)
  const { sentences } = summarise({ kind: 'session', ...policy })
  const unit = { kind: 'session', statements: policy.statements, old: [], own: new Set<string>() } as const
  const after = outlives.flatMap(({ check }) => [...check(unit)].map(({ detail }) => detail))
  return [
    points('What it allows', cut(sentences, 500)),
    ...(after.length > 0 ? [points('Outlives the grant', cut(after, 400))] : []),
  ]
}

function costOf(cost: Cost): readonly Block[] {
  const { receipt, under = [] } = cost
  const drivers = (receipt?.lines ?? [])
    .slice(0, shown)
    .map(({ usd, actions, driver }) => `${money(usd)}  ${driver} (${actions.slice(0, 3).join(', ')})`)
  const hint = under.slice(0, 1).map((one) => `Would need nobody: ${one}`)
  return [points('Cost', cut([sentenceOfCost(cost), ...drivers, ...hint], 300, shown + 2))]
}

function cut(items: readonly string[], most: number, count = shown): readonly (readonly Part[])[] {
  const first = items.slice(0, count).map((item) => [text(plain(item, most))])
  const more = items.length - first.length
  return more > 0 ? [...first, [text(`and ${more} more, under Details`)]] : first
}
