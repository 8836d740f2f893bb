import type { CostView } from '../approval/expression.js'
import type { ApprovalRule } from '../approval/rule.js'
import type { Role } from '../catalog/catalog.js'
import { concerns, holdsOn } from '../cost/concerns.js'
import { narrower, type Priced } from '../cost/narrower.js'
import { remembered } from '../cost/remembered.js'
import { boundOf, type Receipt } from '../cost/receipt.js'
import { sentence } from '../cost/text.js'
import { centsOf } from './cents.js'
import type { Check, Cost, Scope } from './decision.js'
import type { Question } from './question.js'
import { count } from './spending.js'

/** What a scope could cost under today's prices, all of its window at once, and beside what was granted before. */
export function costOf(question: Question, role: Role, scope: Scope): Cost {
  const { catalog, now, agreed } = question
  const priced = pricedOf(catalog, scope)
  const receipt = priced && attempt(() => remembered(...priced))
  const declared = role.cost && holdsOn(role.cost, now) ? role.cost : undefined
  const beside = (one: Receipt | undefined) =>
    countOf(question, scope, centsOf({ ...(one && { receipt: one }), ...(declared && { declared }) }))
  const why = (one: Receipt | undefined): readonly string[] => {
    const { concerns: more = [], refusals = [] } = beside(one) ?? {}
    return [...concerns(one, catalog.threshold, declared, now), ...more, ...refusals]
  }
  const counted = beside(receipt)
  const refusals = counted?.refusals ?? []
  const all = why(receipt)
  const under =
    priced && receipt && !agreed && all.length > 0
      ? attempt(() => narrower(receipt, priced, (one) => why(one).length === 0))
      : undefined
  return {
    ...(receipt && { receipt }),
    ...(declared && { declared }),
    concerns: all.filter((one) => !refusals.includes(one)),
    ...(counted && { recent: counted.recent }),
    ...(refusals.length > 0 && { refusals }),
    ...(under && under.length > 0 && { under }),
  }
}

function countOf({ catalog, asker, totals, activeAt, now }: Question, scope: Scope, cents: number) {
  if (!totals) return undefined
  const { role, account } = scope
  const until = activeAt === undefined ? {} : { until: activeAt }
  return count(catalog, { asker, role, account, at: activeAt ?? now, ...until }, totals, cents)
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
export const viewOfCost = ({ receipt, declared, recent, concerns }: Cost): CostView => {
  const usd = declared?.usd ?? (receipt ? boundOf(receipt) : Infinity)
  const withThis = (before = 0) => ({ usd: before + usd })
  return {
    usd,
    recent: {
      person: withThis(recent?.person),
      role: withThis(recent?.role),
      account: withThis(recent?.account),
      all: withThis(recent?.all),
    },
    unbounded: usd === Infinity,
    unpriced: declared || !receipt ? [] : receipt.unpriced.map(({ action }) => action),
    concerns,
  }
}

/** What it could cost, in a sentence for a person. */
export const sentenceOfCost = ({ receipt, declared }: Cost): string =>
  receipt ? sentence(receipt, declared) : 'What it could cost could not be computed.'

/**
 * Fails where a limit refuses it, and where somebody must agree and no rule that applies looks at what it costs:
 * then nobody has been asked who answers for that.
 */
export function costAgreed(cost: Cost, rules: readonly ApprovalRule[]): Check {
  const detail = sentenceOfCost(cost)
  if (cost.refusals)
    return {
      check: 'cost',
      ok: false,
      detail: cost.refusals.join(' '),
      remedy: 'Ask for less, or when there is room again.',
    }
  if (cost.concerns.length === 0 || rules.some(({ when }) => when.reads.includes('cost')))
    return { check: 'cost', ok: true, detail }
  return {
    check: 'cost',
    ok: false,
    detail: `${cost.concerns.join(' ')} Nobody is named who agrees to that.`,
    remedy: 'Ask for less, for shorter or in fewer regions; or the operator names who agrees under cost.by.',
  }
}
