import type { Instant } from '../../time.js'
import type { History } from '../history.js'
import type { Narrower } from './narrower.js'

/** A grant, as findings name it. */
export interface Named {
  readonly grant: string
  readonly by: string
  readonly role: string
}

export const nameOf = ({ id, asker, role }: History): Named => ({ grant: id, by: asker.subject, role })

/** A session of a role of the catalogue that no issuance on the record is of: somebody went round Stint. */
export interface Bypass {
  readonly role: string
  readonly arn: string
  /** `AssumeRole`, `AssumeRoleWithSAML`, ...; undefined where only calls of the session are in the trail. */
  readonly road: string | undefined
  /** Who assumed it: an ARN, an identity provider's user, an account, a service. */
  readonly caller: string | undefined
  readonly session: string | undefined
  readonly sourceIdentity: string | undefined
  readonly accessKeyId: string | undefined
  readonly account: string | undefined
  readonly address: string | undefined
  readonly at: Instant
  readonly event: string | undefined
  readonly calls: number
  /** Outside of the time from the record's first event to its last: it may be told of in another part of the record. */
  readonly outsideRecord: boolean
}

/** What was tried and refused. */
export interface Refused extends Named {
  readonly action: string
  readonly resource: string
  readonly code: string
  readonly region: string
  /** Whether the grant is for that region. */
  readonly isRegionGranted: boolean
  readonly count: number
  readonly first: Instant
}

/** What worked in a region that the grant is not for. */
export interface Outside extends Named {
  readonly region: string
  readonly action: string
  readonly count: number
  readonly first: Instant
}

/** What a grant's sessions did after its end. */
export interface Late extends Named {
  readonly state: string
  readonly endedAt: Instant
  /** Calls that worked, what they did, and the last of them. */
  readonly worked: number
  readonly actions: readonly string[]
  readonly last: Instant
  readonly refused: number
  readonly deniedAt: Instant | undefined
  /**
   * What should have stopped it and did not: `window`, the session policy's own end; `deny`, what was written in AWS;
   * `withheld`, credentials that nobody was given. Undefined where nothing was to: credentials live to their own end.
   */
  readonly broken: 'window' | 'deny' | 'withheld' | undefined
}

/** An issuance of which the record does not know whether STS gave a session. */
export interface Resolved extends Named {
  readonly issuance: string
  readonly state: string
  readonly startedAt: Instant
  /** `uncovered`: the trail does not cover the account and the time. */
  readonly verdict: 'session' | 'none' | 'uncovered'
  readonly calls: number
}

/** A grant whose sessions called nothing. */
export interface Unused extends Named {
  readonly activeAt: Instant
  readonly issuances: number
}

/** Per role of the catalogue: what was granted and not used. */
export interface RoleUse {
  readonly role: string
  readonly arns: readonly string[]
  readonly grants: number
  /** The time that was looked at; `enough` is whether the trail covers as much as was asked for. */
  readonly from: Instant
  readonly to: Instant
  readonly enough: boolean
  readonly unusedRegions: readonly string[]
  /** Events of which nobody knows which action they needed. */
  readonly unmapped: readonly string[]
  /** Absent where there is not enough to propose anything by. */
  readonly narrower: Narrower | undefined
}

/** Everything that a comparison found. Lists are whole: what is too long is cut by who shows it. */
export interface Findings {
  readonly bypasses: readonly Bypass[]
  readonly refused: readonly Refused[]
  readonly outside: readonly Outside[]
  readonly late: readonly Late[]
  readonly resolved: readonly Resolved[]
  readonly unused: {
    /** Issued, and the trail shows no call. */
    readonly never: readonly Unused[]
    /** Active, and nobody was given credentials. */
    readonly uncollected: readonly Unused[]
    /** No call is shown, and what was granted would not show. */
    readonly unshown: readonly Unused[]
    /** No call is shown, in a time that the trail does not cover. */
    readonly uncovered: number
  }
  /** Issuances that are done in a time that the trail covers, those whose assumption is in it, and the others. */
  readonly complete: {
    readonly issued: number
    readonly found: number
    readonly missing: readonly (Named & { readonly issuance: string; readonly at: Instant })[]
  }
  readonly roles: readonly RoleUse[]
  /** More sessions than could be kept: some are told of in no finding. */
  readonly isFull: boolean
}

/** Whether something was found that the record does not explain, or that should not have worked. */
export const isOdd = ({ bypasses, outside, late, complete, isFull }: Findings): boolean =>
  bypasses.length > 0 ||
  outside.length > 0 ||
  late.some(({ broken }) => broken !== undefined) ||
  complete.missing.length > 0 ||
  isFull
