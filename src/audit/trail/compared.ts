import type { Statement } from '../../iam/statement.js'
import type { Duration, Instant } from '../../time.js'
import type { History } from '../history.js'
import type { Checks } from './checks.js'
import type { Denials } from './denied.js'

/** The record, as far as it is compared. */
export interface Recorded {
  readonly histories: readonly History[]
  readonly denials: Denials
  readonly checks: Checks
  /** Times of the first event that was read and of the last. */
  readonly from: Instant | undefined
  readonly to: Instant | undefined
}

/** The catalogue, as far as it is compared. */
export interface Guarded {
  /** Names of the entries by ARN of their IAM roles: those of the record, and of the configuration where it is known. */
  readonly roles: ReadonlyMap<string, string>
  /** The statements that a role's entry allows, account ids as `{account}`. */
  readonly ceilings: ReadonlyMap<string, readonly Statement[]>
}

export interface Options {
  /** What was not used in so long is proposed to go. */
  readonly unusedFor: Duration
  /** Services of which the trail records every data event, by their prefix in policies. */
  readonly recorded: ReadonlySet<string>
}
