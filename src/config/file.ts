import type { Scalar } from '../approval/who.js'

/**
 * What `stint.schema.json` lets through. Every field is optional here, the required ones too: what the
 * schema found wrong has been reported and cut out, so that the rest of the file can still be judged.
 */
export interface ConfigFile {
  readonly issuers?: Items<IssuerEntry>
  readonly networks?: Named<Items<string>>
  readonly trustedProxies?: Items<string>
  readonly accounts?: Named<AccountEntry>
  readonly people?: {
    readonly auditors?: AnyoneEntry
    readonly operators?: AnyoneEntry
    readonly offboarding?: AnyoneEntry
  }
  readonly roles?: Named<RoleEntry>
  readonly deny?: Items<DenyRow>
  readonly approvals?: Items<ApprovalRow>
  readonly exceptions?: Items<ExceptionRow>
  readonly cost?: CostEntry
  readonly voters?: { readonly from?: FromEntry; readonly signIn?: SignInEntry }
  readonly listen?: { readonly host?: string; readonly port?: number }
  readonly store?: { readonly path?: string }
  readonly leavers?: { readonly directory?: string }
  readonly revoking?: { readonly assume?: string; readonly externalId?: string }
  readonly sts?: { readonly region?: string; readonly endpoint?: string }
  readonly checkpoints?: CheckpointsEntry
  readonly feed?: FeedEntry
  readonly slack?: SlackEntry
  readonly onCall?: Named<OnCallEntry>
}

/** Where each event is sent on to. */
export interface FeedEntry {
  readonly format?: 'ndjson' | 'ocsf'
  readonly file?: string
  readonly stdout?: boolean
  readonly https?: string
}

/** How the record is signed, and where that is put. */
export interface CheckpointsEntry {
  readonly every?: string
  readonly events?: number
  readonly folder?: string
  readonly log?: boolean
  readonly bucket?: {
    readonly name?: string
    readonly region?: string
    readonly prefix?: string
    readonly retain?: string
    readonly endpoint?: string
  }
}

/** A list in which an item that was cut out has left its place empty, so that the others keep theirs. */
export type Items<Item> = readonly (Item | undefined)[]
export type Named<Item> = Readonly<Record<string, Item | undefined>>
/** `any`, or names of networks. */
export type FromEntry = string | Items<string>
export type ScalarsEntry = Scalar | Items<Scalar>

export interface WhoEntry {
  readonly onCall?: Items<string>
  readonly groups?: Items<string>
  readonly subjects?: Items<string>
  readonly claims?: Named<ScalarsEntry>
  readonly when?: string
}
export type AnyoneEntry = WhoEntry | Items<WhoEntry>

export interface IssuerEntry {
  readonly issuer?: string
  readonly directory?: string
  readonly kind?: 'person' | 'workload'
  readonly token?: 'access' | 'id'
  readonly types?: Items<string>
  readonly audience?: string
  readonly clients?: Items<string>
  readonly claims?: {
    readonly subject?: string
    readonly groups?: string
    readonly actor?: string
    readonly keep?: Items<string>
  }
  readonly actors?: string | Named<string>
  readonly require?: Named<ScalarsEntry>
  readonly algorithms?: Items<string>
  readonly jwks?: string
  readonly maxAge?: string
}

export interface AccountEntry {
  readonly name?: string
  readonly regions?: Items<string>
  readonly horizon?: string
  readonly quotas?: Named<number | Named<number>>
}

export interface WindowEntry {
  readonly default?: string
  readonly max?: string
}

export interface LimitsEntry {
  readonly window?: WindowEntry
  readonly lifetime?: string
}

export interface SignInEntry {
  readonly maxAge?: string
  readonly acr?: Items<string>
  readonly amr?: Items<string>
}

export interface StatementEntry {
  readonly actions?: Items<string>
  readonly resources?: Items<string>
  readonly conditions?: Named<Named<string | Items<string>>>
}

export interface RoleEntry {
  readonly description?: string
  readonly accounts?: Items<string>
  readonly arn?: string
  readonly who?: AnyoneEntry
  readonly from?: FromEntry
  readonly window?: WindowEntry
  readonly lifetime?: string
  readonly persons?: LimitsEntry
  readonly workloads?: LimitsEntry
  readonly reason?: { readonly min?: number; readonly max?: number }
  readonly ticket?: string
  readonly ceiling?: Items<StatementEntry>
  readonly managed?: { readonly arn?: string; readonly sha256?: string }
  readonly egress?: Items<string>
  readonly externalId?: string
  readonly revoke?: 'inline' | 'attach'
  readonly tags?: boolean
  readonly cost?: DeclaredEntry
  readonly signIn?: SignInEntry
  readonly breakGlass?: {
    readonly who?: AnyoneEntry
    readonly window?: string
    readonly reason?: number
    readonly reviewers?: AnyoneEntry
    readonly unreviewed?: number
    readonly channel?: string
  }
}

export interface ExceptionRow {
  readonly rule?: string
  readonly roles?: Items<string>
  readonly because?: string
  readonly until?: string
}

export interface SlackEntry {
  readonly channel?: string
  readonly feed?: string
  readonly ticketUrl?: string
  readonly workspaces?: Items<string>
  readonly people?: { readonly claim?: string; readonly email?: boolean }
  readonly remember?: string
}

export interface OnCallEntry {
  readonly file?: string
  readonly slackGroup?: string
}

/** Where a rule's asks are shown; `within` in milliseconds, as it was read. */
export interface ToldEntry {
  readonly channel?: string
  readonly remind?: string
  readonly within: number
}

/** Who agrees to what could cost a lot, and what that is. */
export interface CostEntry {
  readonly above?: number
  readonly stale?: string
  readonly votes?: number
  readonly by?: AnyoneEntry
  readonly within?: string
  readonly slack?: boolean
  readonly channel?: string
  readonly remind?: string
  readonly limits?: Items<CostLimitEntry>
}

export interface CostLimitEntry {
  readonly per?: 'person' | 'role' | 'account' | 'all'
  readonly usd?: number
  readonly every?: 'day' | 'month'
  readonly then?: 'refuse' | 'ask'
}

/** What an operator declares a role to cost. */
export interface DeclaredEntry {
  readonly usd?: number
  readonly because?: string
  readonly until?: string
}

export interface DenyRow {
  readonly name?: string
  readonly who?: AnyoneEntry
  readonly roles?: Items<string>
  readonly because?: string
}

export interface ApprovalRow {
  readonly name?: string
  readonly when?: string
  readonly votes?: number
  readonly by?: AnyoneEntry
  readonly within?: string
  readonly distinct?: boolean
  readonly slack?: boolean
  readonly channel?: string
  readonly remind?: string
}
