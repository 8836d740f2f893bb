import type { Ask, Decision, Scope } from '../decision/decision.js'
import type { Located } from '../identity/caller.js'
import type { Aftermath } from './aftermath.js'
import type { Instant } from '../time.js'

export const grantStates = ['denied', 'pending', 'active', 'lapsed', 'cancelled', 'revoked', 'ended'] as const
export type GrantState = (typeof grantStates)[number]

/** An ask that was decided, and what became of it. */
export interface Grant {
  /** A ULID: sorts by time, cannot be guessed. */
  readonly id: string
  /** Counts the transitions; what a change expects. */
  readonly version: number
  readonly state: GrantState
  /** Who asked, as their token and address said then. */
  readonly asker: Located
  readonly ask: Ask
  /** What was agreed, pinned. Absent on an ask that was denied before it was known. */
  readonly scope?: Scope
  /** The newest decision on it. */
  readonly decision: Decision
  readonly createdAt: Instant
  /** While pending: when it lapses. */
  readonly decideBy?: Instant
  readonly activeAt?: Instant
  /** When the window closes. */
  readonly endsAt?: Instant
  /** When it reached a state that it cannot leave. */
  readonly closedAt?: Instant
  /** Who closed it and why, where a person did. */
  readonly closedBy?: string
  readonly closedReason?: string
  /** Where the glass was broken: what came of its review, beside the state. */
  readonly review?: Review
  /** The Slack channels that show it, once shown for ever. */
  readonly shownIn?: readonly string[]
}

/** Somebody other than the asker must look at what was done, and sign it off. */
export interface Review {
  /** Who may, in words, as it was when the glass was broken. */
  readonly reviewers: string
  readonly signed?: { readonly by: string; readonly at: Instant; readonly text: string }
}

export const reviewStates = ['open', 'signed'] as const
export type ReviewState = (typeof reviewStates)[number]

export const reviewStateOf = ({ review }: Grant): ReviewState | undefined =>
  review && (review.signed ? 'signed' : 'open')

export interface Vote {
  readonly grant: string
  /** As the voter's token and address said then; judged again at the completing vote. */
  readonly voter: Located
  readonly answer: 'yes' | 'no'
  readonly reason?: string
  readonly at: Instant
}

export type IssuanceState = 'started' | 'done' | 'withheld' | 'failed' | 'unknown'

/** The record of one minting. Never holds the secret key or the session token. */
export interface Issuance {
  readonly id: string
  readonly grant: string
  readonly state: IssuanceState
  readonly sessionName: string
  readonly startedAt: Instant
  readonly finishedAt?: Instant
  readonly accessKeyId?: string
  readonly assumedRoleId?: string
  readonly expiresAt?: Instant
  /** Percent of STS's packed limit. */
  readonly packedPolicySize?: number
  /** How many times STS was called for it. */
  readonly attempts?: number
  readonly stsRequestId?: string
  /** The code of the fault that ended it. */
  readonly fault?: string
}

/** A grant with all that hangs on it, as of one moment. */
export interface Snapshot {
  readonly grant: Grant
  readonly votes: readonly Vote[]
  readonly issuances: readonly Issuance[]
  /** What becomes of its sessions, where it is closed and that was looked up. Never stored. */
  readonly aftermath?: Aftermath
}
