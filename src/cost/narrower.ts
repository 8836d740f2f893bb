import { formatDuration, type Duration } from '../time.js'
import { chargesOf } from './charges.js'
import { estimate } from './estimate.js'
import type { Policy } from './policy.js'
import type { Account, Prices } from './prices.js'
import { reach } from './reach.js'
import type { Receipt } from './receipt.js'

/** What `estimate` takes. */
export type Priced = Parameters<typeof estimate>

/** What is asked of narrower policies: would a receipt need nobody to agree? */
interface Question {
  readonly policy: Policy
  readonly window: Duration
  readonly account: Account
  readonly prices: Prices
  readonly passes: (receipt: Receipt) => boolean
}

const minute = 60_000
const windows = [480, 240, 120, 60, 30, 15, 5].map((minutes) => minutes * minute)

/** More actions than that to leave out are another ask. */
const mostLeftOut = 5

/**
 * What would bring a receipt under the threshold, each by itself and the least of its kind: a shorter window, fewer
 * regions, a family of instance types, some actions less; else one region and a shorter window. Sentences; none where
 * nothing of the sort would.
 */
export function narrower(
  receipt: Receipt,
  [policy, window, account, prices]: Priced,
  passes: (receipt: Receipt) => boolean,
): readonly string[] {
  const question: Question = { policy, window, account, prices, passes }
  const inTheWay = [...receipt.unbounded, ...receipt.commitments, ...receipt.unpriced].map(
    ({ action }) => action,
  )
  if (inTheWay.length > 0 || receipt.unpricedCount > 0) return without([...new Set(inTheWay)], question)
  const alone = [...shorter(question), ...fewer(question), ...smaller(question)]
  if (alone.length > 0) return alone
  const [least] = byCost(question)
  if (least === undefined) return []
  const there = { ...question, account: { ...question.account, regions: [least] } }
  return shorter(there).map((sentence) => sentence.replace('.', ` in ${least} alone.`))
}

const would = (question: Question, change: Partial<Question>): boolean =>
  question.passes(priced({ ...question, ...change }))

const priced = ({ policy, window, account, prices }: Question): Receipt =>
  estimate(policy, window, account, prices)

function without(actions: readonly string[], question: Question): readonly string[] {
  if (actions.length > mostLeftOut || actions.some((action) => action.includes('*'))) return []
  const { allow, deny } = question.policy
  const rest = { allow, deny: [...deny, { actions, resources: ['*'] }] }
  return would(question, { policy: rest }) ? [`Ask without ${actions.join(', ')}.`] : []
}

function shorter(question: Question): readonly string[] {
  const window = windows.find((window) => window < question.window && would(question, { window }))
  return window === undefined ? [] : [`Ask for ${formatDuration(window)}.`]
}

/** The regions in which it costs anything, the cheapest first: elsewhere it does nothing. */
function byCost(question: Question): readonly string[] {
  const { account } = question
  const usd = new Map(
    account.regions.map((region) => [
      region,
      priced({ ...question, account: { ...account, regions: [region] } }).usd,
    ]),
  )
  return account.regions
    .filter((region) => (usd.get(region) ?? 0) > 0)
    .toSorted((a, b) => (usd.get(a) ?? 0) - (usd.get(b) ?? 0))
}

function fewer(question: Question): readonly string[] {
  const { account } = question
  const cheapest = byCost(question)
  for (let count = cheapest.length - 1; count > 0; count--) {
    const regions = cheapest.slice(0, count)
    if (would(question, { account: { ...account, regions } })) return [`Ask for ${regions.join(', ')} alone.`]
  }
  return []
}

/** The dearest family of instance types that passes, found by halves: a dearer one never passes where it does not. */
function smaller(question: Question): readonly string[] {
  const { policy, account, prices } = question
  const charges = chargesOf(reach(policy, account.regions, prices), account, prices)
  const offers = charges.flatMap(({ driver: { by }, offers }) =>
    typeof by === 'object' && by.key === instanceType ? offers : [],
  )
  const dearest = new Map<string, number>()
  for (const { type = '', usd, pool } of offers) {
    const family = `${type.split('.')[0] ?? ''}.*`
    if (pool.endsWith('.standard')) dearest.set(family, Math.max(dearest.get(family) ?? 0, usd))
  }
  const families = [...dearest].toSorted(([, a], [, b]) => b - a).map(([family]) => family)
  const fits = (family: string): boolean => would(question, { policy: only(question.policy, family) })
  let [low, high] = [0, families.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (fits(families[middle] ?? '')) high = middle
    else low = middle + 1
  }
  const family = families[low]
  return family === undefined ? [] : [`Allow only instances of ${family} (a condition on ${instanceType}).`]
}

const instanceType = 'ec2:InstanceType'

const only = ({ allow, deny }: Policy, family: string): Policy => ({
  allow,
  deny: [
    ...deny,
    {
      actions: ['*'],
      resources: ['arn:*:ec2:*:*:instance/*'],
      conditions: { StringNotLike: { [instanceType]: [family] } },
    },
  ],
})
