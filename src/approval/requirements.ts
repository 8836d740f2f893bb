import type { View } from './expression.js'
import type { ApprovalRule, Requirement } from './rule.js'
import { describe } from './who.js'

interface Requirements {
  /** The rules that apply, each with the form in which it is shown and recorded. */
  readonly requirements: readonly { readonly rule: ApprovalRule; readonly view: Requirement }[]
  /** Rules that could not be evaluated: an ask with any of these is denied. */
  readonly failures: readonly { readonly rule: string; readonly detail: string }[]
}

/** Which approval rules apply to an ask. A rule that throws is a failure, never a rule that does not apply. */
export function requirementsFor(rules: readonly ApprovalRule[], scope: View): Requirements {
  const requirements: { rule: ApprovalRule; view: Requirement }[] = []
  const failures: { rule: string; detail: string }[] = []
  for (const rule of rules) {
    try {
      if (rule.when.test(scope)) requirements.push({ rule, view: viewOf(rule) })
    } catch {
      failures.push({
        rule: rule.name,
        detail: `The expression of ${rule.name} failed on a value of this ask or token.`,
      })
    }
  }
  return { requirements, failures }
}

const viewOf = ({ name, votes, by, within, distinct, slack }: ApprovalRule): Requirement => ({
  rule: name,
  votes,
  by: describe(by),
  within,
  distinct,
  ...(!slack && { slack }),
})
