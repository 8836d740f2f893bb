import type { History } from '../../../audit/history.js'
import type { Review } from '../../../audit/review/review.js'
import { isGranted, isUnbounded, yesOf } from '../../../audit/review/uses.js'
import { iso, type Duration, type Instant } from '../../../time.js'
import { binsOf } from './bins.js'
import { bars, columns, legend, type Series, type Stack } from './charts.js'
import { markup, type Markup } from './markup.js'
import { countText, percentText } from './words.js'

/** What became of an ask, in the four ways that charts tell apart. */
const ways: readonly Series[] = [
  { name: 'granted at once', style: 's1' },
  { name: 'granted after votes', style: 's2' },
  { name: 'refused', style: 's3' },
  { name: 'lapsed, cancelled or waiting', style: 's4' },
]

function wayOf(history: History): number {
  if (isGranted(history)) return yesOf(history).length === 0 ? 0 : 1
  return history.state === 'denied' ? 2 : 3
}

const stackOf = (label: string, grants: readonly History[]): Stack => {
  const parts = ways.map(() => 0)
  for (const history of grants) parts[wayOf(history)]! += 1
  return { label, parts }
}

/** The charts, each with the table of its numbers. */
export const figures = (review: Review): Markup => {
  const { grants } = review
  return markup`<div class="figures">${[
    overTime(review),
    byRole(grants),
    byOutcome(grants),
    byCost(grants),
  ]}</div>`
}

function overTime({ grants, period, asOf, observed }: Review): Markup {
  const from = Math.max(period.from, observed.began ?? period.from)
  const bins = binsOf(from, Math.max(asOf, from + 1))
  const each = bins.starts.map((): History[] => [])
  for (const history of grants) each[bins.of(history.askedAt)]?.push(history)
  const stacks = bins.starts.map((start, n) => stackOf(labelOf(start, bins), each[n] ?? []))
  const title = `Asks, by ${bins.name}`
  const description = `${grants.length} asks in ${stacks.length} columns from ${labelOf(from, bins)} on.`
  const busiest = stacks
    .map(totalOf)
    .reduce((best, total, n, all) => (total > (all[best] ?? 0) ? n : best), 0)
  return figure(
    {
      title,
      note: `Most in one column: ${countText(totalOf(stacks[busiest]))}, from ${dayOf(bins.starts[busiest] ?? from)} on (UTC).`,
    },
    columns({ id: 'over-time', title, description, series: ways, stacks }),
    ways,
    ways.map(({ name }, n) => [name, stacks.reduce((sum, { parts }) => sum + (parts[n] ?? 0), 0)]),
    grants.length,
  )
}

const dayOf = (start: Instant): string => iso(start).slice(0, 10)

const labelOf = (start: Instant, { width }: { readonly width: Duration }): string =>
  width < 86_400_000 ? `${iso(start).slice(8, 10)}. ${iso(start).slice(11, 13)}h` : iso(start).slice(5, 10)

const mostRoles = 10

function byRole(grants: readonly History[]): Markup {
  const names = new Map<string, History[]>()
  for (const history of grants) {
    const own = names.get(history.role)
    if (own) own.push(history)
    else names.set(history.role, [history])
  }
  const roles = [...names].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
  const rest = roles.slice(mostRoles).flatMap(([, own]) => own)
  const stacks = roles.slice(0, mostRoles).map(([role, own]) => stackOf(role, own))
  if (rest.length > 0) stacks.push(stackOf(`${roles.length - mostRoles} other roles`, rest))
  const title = 'Asks, by role'
  const description = `${roles.length} roles, the most asked for first.`
  return figure(
    { title, note: 'Each role has its own line in the table of roles below.' },
    bars({ id: 'by-role', title, description, series: ways, stacks }),
    ways,
    stacks.map((stack) => [stack.label, totalOf(stack)]),
    grants.length,
  )
}

const outcomes: readonly (readonly [state: History['state'], name: string, style: string])[] = [
  ['ended', 'ended', 's1'],
  ['active', 'active at the end', 's2'],
  ['revoked', 'revoked', 's5'],
  ['denied', 'denied', 's3'],
  ['lapsed', 'lapsed', 's4'],
  ['cancelled', 'cancelled', 's4'],
  ['pending', 'pending at the end', 's4'],
]

function byOutcome(grants: readonly History[]): Markup {
  const series = outcomes.map(([, name, style]) => ({ name, style }))
  const stacks = outcomes.map(([state, label], n) => {
    const count = grants.filter((one) => one.state === state).length
    return { label, parts: outcomes.map((_, m) => (m === n ? count : 0)) }
  })
  const title = 'Asks, by what became of them'
  return figure(
    { title, note: 'As it stood at the end of the period.' },
    bars({ id: 'by-outcome', title, description: 'One bar for each state of a grant.', series, stacks }),
    [],
    stacks.map((stack) => [stack.label, totalOf(stack)]),
    grants.length,
  )
}

const classes = [1, 10, 100, 1_000, 10_000]
const classNames = ['< $1', '< $10', '< $100', '< $1k', '< $10k', '≥ $10k', 'no bound']

function byCost(grants: readonly History[]): Markup {
  const granted = grants.filter(isGranted)
  const classOf = (history: History): number => {
    if (isUnbounded(history)) return classNames.length - 1
    const found = classes.findIndex((top) => (history.cost.usd ?? 0) < top)
    return found < 0 ? classes.length : found
  }
  const counts = classNames.map(() => 0)
  for (const history of granted) counts[classOf(history)]! += 1
  const series = [
    { name: 'bounded', style: 's1' },
    { name: 'no bound', style: 's3' },
  ]
  const last = classNames.length - 1
  const stacks = classNames.map((label, n) => ({
    label,
    parts: n === last ? [0, counts[n] ?? 0] : [counts[n] ?? 0, 0],
  }))
  const title = 'What was granted, by what it could have cost'
  return figure(
    { title, note: 'The upper bound of each receipt, or what an operator declared: not what was spent.' },
    columns({ id: 'by-cost', title, description: 'One column for each class of cost.', series, stacks }),
    [],
    stacks.map((stack) => [stack.label, totalOf(stack)]),
    granted.length,
  )
}

const totalOf = (stack: Stack | undefined): number =>
  (stack?.parts ?? []).reduce((sum, part) => sum + part, 0)

function figure(
  { title, note }: { readonly title: string; readonly note: string },
  chart: Markup,
  series: readonly Series[],
  rows: readonly (readonly [name: string, count: number])[],
  whole: number,
): Markup {
  const body = rows.map(
    ([name, count]) =>
      markup`<tr><th scope="row">${name}</th><td class="n">${countText(count)}</td><td class="n">${percentText(count, whole)}</td></tr>`,
  )
  return markup`<figure><figcaption><strong>${title}</strong>${series.length > 0 ? legend(series) : []}</figcaption>${chart}<table class="small"><thead><tr><th scope="col">what</th><th scope="col" class="n">asks</th><th scope="col" class="n">share</th></tr></thead><tbody>${body}</tbody></table><p class="aside">${note}</p></figure>`
}
