import type { CostView } from '../approval/expression.js'
import type { ApprovalRule } from '../approval/rule.js'
import type { Role } from '../catalog/catalog.js'
import { concerns, holdsOn } from '../cost/concerns.js'
import { estimate } from '../cost/estimate.js'
import { narrower, type Priced } from '../cost/narrower.js'
import { boundOf, type Receipt } from '../cost/receipt.js'
import { sentence } from '../cost/text.js'
import type { Check, Cost, Scope } from './decision.js'
import type { Question } from './question.js'

/** What a scope could cost under today's prices, all of its window at once. */
export function costOf({ catalog, now, agreed }: Question, role: Role, scope: Scope): Cost {
  const priced = pricedOf(catalog, scope)
  const receipt = priced && attempt(() => estimate(...priced))
  const declared = role.cost && holdsOn(role.cost, now) ? role.cost : undefined
  const why = (one: Receipt | undefined) => concerns(one, catalog.threshold, declared, now)
  const concerned = why(receipt)
  const under =
    priced && receipt && !agreed && concerned.length > 0
      ? attempt(() => narrower(receipt, priced, (one) => why(one).length === 0))
      : undefined
  return {
    ...(receipt && { receipt }),
    ...(declared && { declared }),
    concerns: concerned,
    ...(under && under.length > 0 && { under }),
  }
}

/** What is priced of a scope; undefined where nothing is known of the account. */
function pricedOf({ accounts, prices }: Question['catalog'], scope: Scope): Priced | undefined {
  const account = accounts.get(scope.account)
  const policy = { allow: scope.statements, deny: [] }
  return account && [policy, scope.window, { ...account, regions: scope.regions }, prices]
}

/** Undefined where it fails, whatever it fails on: no answer is never a low one. */
function attempt<T>(compute: () => T): T | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}

/** What expressions see of it. */
export const viewOfCost = ({ receipt, declared, concerns }: Cost): CostView => {
  const usd = declared?.usd ?? (receipt ? boundOf(receipt) : Infinity)
  return {
    usd,
    unbounded: usd === Infinity,
    unpriced: declared || !receipt ? [] : receipt.unpriced.map(({ action }) => action),
    concerns,
  }
}

/** What it could cost, in a sentence for a person. */
export const sentenceOfCost = ({ receipt, declared }: Cost): string =>
  receipt ? sentence(receipt, declared) : 'What it could cost could not be computed.'

/**
 * Fails only where somebody must agree and no rule that applies looks at what it costs: then nobody has been asked
 * who answers for that.
 */
export function costAgreed(cost: Cost, rules: readonly ApprovalRule[]): Check {
  const detail = sentenceOfCost(cost)
  if (cost.concerns.length === 0 || rules.some(({ when }) => when.reads.includes('cost')))
    return { check: 'cost', ok: true, detail }
  return {
    check: 'cost',
    ok: false,
    detail: `${cost.concerns.join(' ')} Nobody is named who agrees to that.`,
    remedy: 'Ask for less, for shorter or in fewer regions; or the operator names who agrees under cost.by.',
  }
}
