import type { Expression } from '../approval/expression.js'
import type { ApprovalRule } from '../approval/rule.js'
import type { Role } from '../catalog/catalog.js'
import { concerns, usualThreshold, type Threshold } from '../cost/concerns.js'
import type { Limit } from '../cost/limits.js'
import { estimate } from '../cost/estimate.js'
import type { Account, Prices } from '../cost/prices.js'
import { compileVotes } from './approvals.js'
import { day, readDuration } from './durations.js'
import { items, type Report } from './fault.js'
import type { CostEntry, CostLimitEntry as LimitEntry } from './file.js'
import type { Known } from './known.js'

/** Holds by construction, whatever the expressions of the file say. */
const concerned: Expression = {
  source: 'somebody must agree to what it could cost',
  reads: ['cost'],
  test: ({ cost }) => cost.concerns.length > 0,
}

interface Agreement {
  readonly threshold: Threshold
  /** The rules of the file, and the one that `cost` stands for. */
  readonly approvals: readonly ApprovalRule[]
  readonly limits: readonly Limit[]
  /** Whether a rule looks at what was granted before. */
  readonly recent: boolean
}

/**
 * Compiles `cost`. Without it the usual threshold holds all the same: a rule of the file that looks at what an ask costs
 * may be about another role, or about some callers only, and frees nobody else.
 */
export function compileCost(
  entry: CostEntry | undefined,
  rules: readonly ApprovalRule[],
  known: Known,
  report: Report,
): Agreement {
  if (!entry) return { threshold: usualThreshold, approvals: rules, limits: [], recent: looksBack(rules) }
  if (rules.some(({ name }) => name === 'cost'))
    report(['approvals'], 'must not have a rule named cost: that is what the section of this name stands for')
  const stale = readDuration(report, ['cost', 'stale'], entry.stale, staleness)
  return {
    threshold: { above: entry.above ?? usualThreshold.above, stale },
    limits: items(entry.limits).map(limitOf),
    recent: looksBack(rules),
    approvals: [...rules, { name: 'cost', when: concerned, ...compileVotes(entry, ['cost'], known, report) }],
  }
}

/** By the word alone, so that nothing is missed: to read a total too many costs little. */
const looksBack = (rules: readonly ApprovalRule[]): boolean =>
  rules.some(
    ({ when, by }) =>
      /\brecent\b/.test(when.source) || by.some((who) => /\brecent\b/.test(who.when?.source ?? '')),
  )

/** All of it stands there, or the schema has reported it. */
const limitOf = ({ per = 'all', usd = 0, every = 'day', then = 'refuse' }: LimitEntry): Limit => ({
  of: per,
  usd,
  every,
  then,
})

const staleness = { least: day, most: 3_650 * day, otherwise: usualThreshold.stale }

/**
 * Reports each role that could need somebody to agree to its cost where nobody is named who does. What an ask
 * narrows costs no more, so the whole ceiling over the longest window is all that there is to look at.
 */
export function checkAgreement(
  roles: ReadonlyMap<string, Role>,
  { threshold, approvals }: Pick<Agreement, 'threshold' | 'approvals'>,
  accounts: ReadonlyMap<string, Account>,
  prices: Prices,
  report: Report,
): void {
  if (approvals.some(({ when }) => when.reads.includes('cost'))) return
  for (const { name, targets, limits, cost } of roles.values()) {
    const window = Math.max(limits.person.window.max, limits.workload.window.max)
    for (const { account, ceiling } of targets.values()) {
      const profile = accounts.get(account)
      if (!profile || ceiling.length === 0) continue
      const receipt = estimate({ allow: ceiling, deny: [] }, window, profile, prices)
      // Prices age and declarations end while Stint runs; what needs agreement then is refused.
      const [first] = concerns(receipt, { ...threshold, stale: Infinity }, cost, 0)
      if (first === undefined) continue
      report(
        ['roles', name, 'ceiling'],
        `could need somebody to agree to what it costs in account ${account}, and nobody is named who does: say so under cost.by. ${first}`,
      )
      break
    }
  }
}
