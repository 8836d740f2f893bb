import type { PolicyDocument } from '../iam/document.js'
import type { Conditions, Statement } from '../iam/statement.js'

/** A Deny: of these actions, or of all but those. */
export interface Denial {
  readonly actions?: readonly string[]
  readonly notActions?: readonly string[]
  readonly resources: readonly string[]
  readonly conditions?: Conditions
}

/** What is priced: what may be done, and what is taken away from that again. */
export interface Policy {
  readonly allow: readonly Statement[]
  readonly deny: readonly Denial[]
}

/**
 * A document as it is priced. Nothing lowers the bound that is not proved to: an Allow of all but some actions or
 * resources counts as one of all, and a Deny that spares some resources does not count.
 */
export function policyOf({ statements }: Pick<PolicyDocument, 'statements'>): Policy {
  const allow: Statement[] = []
  const deny: Denial[] = []
  for (const { effect, actions, resources, conditions } of statements) {
    const conditional = conditions && { conditions }
    if (effect === 'Allow')
      allow.push({
        actions: actions.negated ? ['*'] : actions.patterns,
        resources: resources.negated ? ['*'] : resources.patterns,
        ...conditional,
      })
    else if (!resources.negated) {
      const { negated, patterns } = actions
      deny.push({
        ...(negated ? { notActions: patterns } : { actions: patterns }),
        resources: resources.patterns,
        ...conditional,
      })
    }
  }
  return { allow, deny }
}
