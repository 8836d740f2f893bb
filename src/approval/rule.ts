import type { Duration } from '../time.js'
import type { Expression } from './expression.js'
import type { Anyone } from './who.js'

/** `approvals[]` of the configuration: where `when` holds, this many votes by these people are needed. */
export interface ApprovalRule {
  readonly name: string
  readonly when: Expression
  readonly votes: number
  readonly by: Anyone
  /** How long the ask may wait for these votes. */
  readonly within: Duration
  /** Votes counted here count for no other requirement. */
  readonly distinct: boolean
  /** Whether a click in Slack counts; else somebody must come with a live token. */
  readonly slack: boolean
  /** The Slack channel that shows the ask; absent where Slack has no part in it. */
  readonly channel?: string
  /** How often approvers are reminded there, until the ask is decided; absent: never. */
  readonly remind?: Duration
}

/** A rule that applies to one ask, as it is shown and recorded; `by` in words. */
export interface Requirement {
  readonly rule: string
  readonly votes: number
  readonly by: string
  readonly within: Duration
  readonly distinct: boolean
  /** Said where a click in Slack does not count. */
  readonly slack?: false
}
