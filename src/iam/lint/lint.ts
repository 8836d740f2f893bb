import { deadStatements } from './dead.js'
import { escalation } from './escalation.js'
import { outlives } from './outlives.js'
import { resources } from './resources.js'
import { roles } from './roles.js'
import type { Finding, Rule, Unit } from './rule.js'
import { trust } from './trust.js'
import { unknown } from './unknown.js'
import { wide } from './wide.js'

/** Every rule there is, by what it is about. */
export const rules: readonly Rule[] = [
  ...wide,
  ...escalation,
  ...roles,
  ...outlives,
  ...trust,
  ...unknown,
  ...resources,
  ...deadStatements,
]

/**
 * Everything that is remarkable about a unit, in the order of the rules. Of a statement that allows everything
 * nothing else is said.
 */
export function lint(unit: Unit): readonly Finding[] {
  const findings = rules.flatMap(({ code, level, check }) =>
    [...check(unit)].map((hit) => ({ code, level, ...hit })),
  )
  const whole = findings.filter(({ code }) => code === 'full-admin').map(({ at }) => at)
  return findings.filter(
    ({ code, at }) => code === 'full-admin' || !whole.some((all) => at === all || at.startsWith(`${all}/`)),
  )
}
