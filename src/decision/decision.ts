import type { Requirement } from '../approval/rule.js'
import type { Managed } from '../catalog/ceiling-policy.js'
import type { Declared, Receipt } from '../cost/receipt.js'
import type { Statement } from '../iam/statement.js'
import type { Recent } from './spending.js'
import type { Duration, Instant } from '../time.js'

/** What a caller wants, as it was sent. */
export interface Ask {
  readonly role: string
  /** Twelve digits; may be left out where the role has one account. */
  readonly account?: string
  readonly reason?: string
  readonly ticket?: string
  /** How long the work may go on; the role's default when left out. */
  readonly window?: Duration
  readonly actions?: readonly string[]
  readonly resources?: readonly string[]
  readonly regions?: readonly string[]
  /** In an emergency: at once, without those who would have to agree, and reviewed afterwards. */
  readonly breakGlass?: boolean
}

/** What the asker gets if the outcome stands: derived by Stint, pinned in the grant, never retargeted. */
export interface Scope {
  readonly role: string
  readonly account: string
  readonly accountName: string
  readonly arn: string
  readonly statements: readonly Statement[]
  /** Allows them in place of the inline session policy, which then only has the bounds. */
  readonly managed?: Managed
  readonly regions: readonly string[]
  readonly egress?: readonly string[]
  readonly window: Duration
  readonly lifetime: Duration
}

/** What the session could cost, and whether somebody must agree to that. */
export interface Cost {
  /** Absent when it could not be computed. */
  readonly receipt?: Receipt
  /** What stands over the receipt, for as long as it holds. */
  readonly declared?: Declared
  /** Why somebody must agree, in sentences; empty when nobody needs to. */
  readonly concerns: readonly string[]
  /** What was granted over the account's horizon before this, in USD, where it was counted. */
  readonly recent?: Recent
  /** What limits refuse it, in sentences that say when there is room again. */
  readonly refusals?: readonly string[]
  /** What would need nobody to agree, in sentences. Of a new ask only: what was agreed is not narrowed any more. */
  readonly under?: readonly string[]
}

/** Every check there is. */
export type CheckName =
  | 'role'
  | 'deny'
  | 'revoked'
  | 'who'
  | 'break_glass'
  | 'account'
  | 'network'
  | 'sign_in'
  | 'reason'
  | 'ticket'
  | 'window'
  | 'regions'
  | 'scope'
  | 'fits'
  | 'cost'
  | 'rules'
  | 'approvers'

/** One question that was asked of an ask, with its answer in a sentence for a person. */
export interface Check {
  readonly check: CheckName
  readonly ok: boolean
  readonly detail: string
  /** What would make it pass. */
  readonly remedy?: string
}

export type Outcome = 'allow' | 'approve' | 'deny'

/** The answer to an ask, as a value: refusal, dry run, approver's view and record all show this one. */
export interface Decision {
  readonly outcome: Outcome
  readonly checks: readonly Check[]
  readonly requirements: readonly Requirement[]
  /** Where the glass is broken: what would have been required. */
  readonly passedOver?: readonly Requirement[]
  /** Present unless the checks failed before it was known. */
  readonly scope?: Scope
  /** Present with the scope. */
  readonly cost?: Cost
  /** Hash of the configuration that it was made under. */
  readonly config: string
  readonly at: Instant
}

/** The failed checks in sentences, each with what would make it pass. */
export const sentenceOf = (checks: readonly Check[]): string =>
  checks
    .filter(({ ok }) => !ok)
    .map(({ detail, remedy }) => [detail, remedy ?? []].flat().join(' '))
    .join(' ')
