import type { ApprovalRule } from '../approval/rule.js'
import type { Anyone } from '../approval/who.js'
import type { Threshold } from '../cost/concerns.js'
import type { Limit } from '../cost/limits.js'
import type { Account, Prices } from '../cost/prices.js'
import type { Declared } from '../cost/receipt.js'
import type { Statement } from '../iam/statement.js'
import type { Networks } from '../identity/network.js'
import type { Duration } from '../time.js'
import type { BreakGlass } from './break-glass.js'
import type { Managed } from './ceiling-policy.js'

/** Limits of one kind of caller. */
export interface Limits {
  readonly window: { readonly default: Duration; readonly max: Duration }
  readonly lifetime: Duration
}

/** What a role comes to in one account: templates filled in, ready for use. */
export interface Target {
  readonly account: string
  readonly accountName: string
  readonly arn: string
  readonly ceiling: readonly Statement[]
  /** Holds all of the ceiling, for asks that narrow nothing and fit into no inline session policy. */
  readonly managed?: Managed
  /** The regions that the account has enabled. */
  readonly regions: readonly string[]
}

/** How Stint may deny in AWS on a role: in an inline policy of its own, or by attaching AWS's deny-all policy. */
export type Revoking = 'inline' | 'attach'

/** An entry of the catalogue: one IAM role and the rules for getting into it. Immutable. */
export interface Role {
  readonly name: string
  readonly description?: string
  readonly who: Anyone
  /** Names of networks; `any` only where the configuration says so in that word. */
  readonly from: 'any' | readonly string[]
  readonly limits: { readonly person: Limits; readonly workload: Limits }
  /** Bounds on the reason's length, in characters. */
  readonly reason: { readonly min: number; readonly max: number }
  /** A glob that the ticket must match; absent: no ticket is required. */
  readonly ticket?: string
  /** By account id; never empty. */
  readonly targets: ReadonlyMap<string, Target>
  /** Public CIDR ranges that AWS must see the session come from. */
  readonly egress?: readonly string[]
  readonly externalId?: string
  /** Absent: what is out lives to its own end, whatever is revoked. */
  readonly revoke?: Revoking
  /** Whether the session carries `stint:grant` and `stint:ticket` as session tags. */
  readonly tags: boolean
  /** What an operator says that it costs, whatever its receipts come to. */
  readonly cost?: Declared
  /** How recent and how strong the sign-in of askers must be. */
  readonly signIn?: SignIn
  /** Absent: nobody gets in without those who must agree. */
  readonly breakGlass?: BreakGlass
}

export interface SignIn {
  /** The most time since `auth_time`. */
  readonly maxAge?: Duration
  /** Accepted `acr` values. */
  readonly acr?: readonly string[]
  /** Authentication methods that must all be in `amr`. */
  readonly amr?: readonly string[]
}

/** Refuses people before any role is looked at. */
export interface DenyEntry {
  readonly name: string
  readonly who: Anyone
  /** Globs over role names. */
  readonly roles: readonly string[]
  /** Shown to the person refused. */
  readonly because: string
}

/** The part of the configuration that decides, and that a reload replaces as a whole. */
export interface Catalog {
  /** SHA-256 of the file's bytes, hex: which rules a decision was made under. */
  readonly hash: string
  readonly roles: ReadonlyMap<string, Role>
  /** By account id. */
  readonly accounts: ReadonlyMap<string, Account>
  /** What everything costs, and from which point on somebody must agree to it. */
  readonly prices: Prices
  readonly threshold: Threshold
  /** The most that may be granted to one person, under one role, in one account, or in all. */
  readonly limits: readonly Limit[]
  /** Whether a rule looks at what was granted before (`cost.recent`). */
  readonly recent: boolean
  readonly deny: readonly DenyEntry[]
  readonly approvals: readonly ApprovalRule[]
  readonly networks: Networks
  /** Present where what happens to grants is told in Slack; `feed` is the channel for what was allowed at once. */
  readonly slack?: { readonly feed?: string }
  /** Sign-in that voters need; absent: any live token. */
  readonly voterSignIn?: SignIn
  /** The networks that voters must be in; absent: as the role of the grant demands of its askers. */
  readonly voterFrom?: 'any' | readonly string[]
  /** The directories of persons: whoever is in one of them can be told from, or for, an approver. */
  readonly directories: ReadonlySet<string>
  /** URLs of the issuers of which the configuration says that nobody is behind their runs (`actors: none`). */
  readonly unattended: ReadonlySet<string>
  readonly auditors: Anyone | readonly []
  readonly operators: Anyone | readonly []
  /** Who may revoke persons, and lift nothing; workloads too. */
  readonly offboarding: Anyone | readonly []
}
