import { requirementsFor } from '../approval/requirements.js'
import type { ApprovalRule } from '../approval/rule.js'
import { glassMayBreak } from './break-glass.js'
import * as checks from './checks.js'
import { costAgreed, costOf, viewOfCost } from './cost.js'
import type { Check, Decision, Scope } from './decision.js'
import { viewOf, matterOf, type Matter, type Question } from './question.js'
import { scopeOf } from './scope.js'

/** A decision with what is needed to count votes on it. */
export interface Judgement {
  readonly decision: Decision
  readonly matter: Matter
  /** The approval rules that must be met; the decision shows them as requirements. */
  readonly rules: readonly ApprovalRule[]
  /** Those that apply and need not be, since the glass is broken. */
  readonly passedOver: readonly ApprovalRule[]
}

/**
 * Puts identity, network, catalogue, scope, cost and approval rules together into one value. Pure: the same
 * question has the same answer, so that it can be asked again at every step of a grant's life.
 *
 * Every check is made, passed or not, as far as it can be; only to someone who may not ask for the role
 * at all is the rest of it not shown.
 */
export function judge(question: Question): Judgement {
  const found = matterOf(question)
  const asked = checksOf(found)
  const cost = asked.scope && found.role && costOf(question, found.role, asked.scope)
  const matter = cost ? { ...found, cost: viewOfCost(cost) } : found
  const { requirements, failures } = requirementsFor(
    question.catalog.approvals,
    viewOf(matter, question.asker),
  )
  const applying = requirements.map(({ rule }) => rule)
  const broken = question.ask.breakGlass === true
  const rules = broken ? [] : applying
  const all = asked.stop
    ? asked.checks
    : [
        ...asked.checks,
        ...(cost ? [costAgreed(cost, applying)] : []),
        checks.rulesEvaluated(failures),
        ...(broken ? [] : [checks.approversExist(matter, rules)]),
      ]
  const denied = all.some(({ ok }) => !ok)
  return {
    matter,
    rules,
    passedOver: broken ? applying : [],
    decision: {
      outcome: denied ? 'deny' : rules.length > 0 ? 'approve' : 'allow',
      checks: all,
      requirements: asked.stop || broken ? [] : requirements.map(({ view }) => view),
      ...(broken && !asked.stop && { passedOver: requirements.map(({ view }) => view) }),
      ...(asked.scope && { scope: asked.scope }),
      ...(cost && { cost }),
      config: question.catalog.hash,
      at: question.now,
    },
  }
}

interface Checked {
  readonly checks: readonly Check[]
  readonly scope?: Scope
  /** Set when the asker has no business with this role: nothing further is checked or shown. */
  readonly stop?: true
}

function checksOf(matter: Matter): Checked {
  const exists = checks.roleExists(matter)
  const { role, target } = matter
  if (!role) return { checks: [exists], stop: true }

  const entry = [exists, checks.notDenied(matter), checks.whoMayAsk(matter, role)]
  if (entry.some(({ ok }) => !ok)) return { checks: entry, stop: true }

  const account = checks.accountKnown(matter, role)
  const scoped = target ? scopeOf(matter, role, target) : { checks: [] }
  return {
    checks: [
      ...entry,
      ...(matter.ask.breakGlass ? [glassMayBreak(matter, role)] : []),
      account,
      ...(matter.blocks ? [checks.notRevoked(matter, matter.blocks)] : []),
      checks.networkAllowed(matter, role),
      checks.signedIn(matter, role),
      checks.reasonGiven(matter, role),
      checks.ticketGiven(matter, role),
      checks.windowAllowed(matter, role),
      ...(target ? [checks.regionsAllowed(matter)] : []),
      ...scoped.checks,
    ],
    ...(scoped.scope && { scope: scoped.scope }),
  }
}
