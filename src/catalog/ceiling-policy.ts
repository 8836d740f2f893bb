import { createHash } from 'node:crypto'
import type { Statement } from '../iam/statement.js'

/** An IAM policy document, as its JSON is. */
export interface PolicyJson {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Readonly<Record<string, unknown>>[]
}

/** A managed policy in the role's own account whose document is the ceiling. */
export interface Managed {
  readonly arn: string
  /** Of the ceiling that the document was made of: `ceilingHash`. */
  readonly sha256: string
}

export const policyJson = (Statement: PolicyJson['Statement']): PolicyJson => ({
  Version: '2012-10-17',
  Statement,
})

/** The policy that allows what a ceiling does, statement by statement: a role's own, and a managed one. */
export const ceilingPolicy = (ceiling: readonly Statement[]): PolicyJson => policyJson(ceiling.map(allow))

/**
 * SHA-256 of that document as minified JSON, hex. It is made of the ceiling as the configuration has it, with
 * `{account}` unfilled, so that a role has one in all of its accounts. Order counts: any edit shows.
 */
export const ceilingHash = (template: readonly Statement[]): string =>
  createHash('sha256')
    .update(JSON.stringify(ceilingPolicy(template)), 'utf8')
    .digest('hex')

const allow = ({ actions, resources, conditions = {} }: Statement) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
  ...(Object.keys(conditions).length > 0 && { Condition: conditions }),
})
