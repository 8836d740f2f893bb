import type { Statement } from '../iam/statement.js'
import type { Duration, Instant } from '../time.js'

/** The states of a grant, as the record tells them. */
export type HistoryState = 'denied' | 'pending' | 'active' | 'lapsed' | 'cancelled' | 'revoked' | 'ended'

/**
 * What the record says of one grant, from the ask to its end. Whatever the record does not say, or says in a form that
 * this version does not know, is undefined.
 */
export interface History {
  readonly id: string
  /** The newest that is recorded: whoever wants the one of a moment takes the clock into account. */
  readonly state: HistoryState
  readonly asker: Party
  /** Number of the event with the ask. */
  readonly seq: number
  readonly askedAt: Instant
  readonly role: string
  readonly reason: string | undefined
  readonly ticket: string | undefined
  /** What was agreed, or would have been; undefined where it was refused before that was known. */
  readonly scope: Agreed | undefined
  /** Of the first decision. */
  readonly outcome: string
  /** Checks that failed in the newest decision, by name. */
  readonly failed: readonly string[]
  /** Hash of the configuration of the newest decision. */
  readonly config: string | undefined
  readonly cost: Estimated
  /** The approval rules that applied, by name. */
  readonly rules: readonly string[]
  /** While pending: when it lapses. */
  readonly decideBy: Instant | undefined
  readonly activeAt: Instant | undefined
  /** When the window closes. */
  readonly endsAt: Instant | undefined
  readonly closedAt: Instant | undefined
  /** Who closed it and why, where a person did. */
  readonly closedBy: string | undefined
  readonly closedReason: string | undefined
  readonly votes: readonly Voted[]
  readonly issuances: readonly Issued[]
  /** Where the glass was broken. */
  readonly review: Reviewed | undefined
}

/** Whether somebody else has looked at what was done with broken glass. */
export interface Reviewed {
  readonly openedAt: Instant
  readonly signed:
    { readonly by: string; readonly at: Instant; readonly text: string | undefined } | undefined
}

/** Someone, as their token and address said then. */
export interface Party {
  /** Canonical. */
  readonly subject: string
  readonly kind: string | undefined
  /** The person behind a workload's run, canonical. */
  readonly actor: string | undefined
  readonly address: string | undefined
}

export interface Agreed {
  readonly account: string | undefined
  readonly accountName: string | undefined
  readonly arn: string | undefined
  readonly statements: readonly Statement[]
  readonly regions: readonly string[]
  readonly window: Duration | undefined
}

/** What the session could cost, as the newest decision had it. */
export interface Estimated {
  /** In USD, as declared where that holds; undefined where there is no bound, or no receipt. */
  readonly usd: number | undefined
  readonly declared: boolean
  /** No bound holds it, whatever was declared. */
  readonly unbounded: boolean
  /** Actions that nobody has priced. */
  readonly unpriced: number
}

export interface Voted {
  readonly by: string
  readonly answer: string
  readonly reason: string | undefined
  readonly at: Instant
  /** `slack` where it was a click there. */
  readonly road: string | undefined
}

/** One minting, with all that CloudTrail can be joined on. */
export interface Issued {
  readonly id: string
  readonly state: 'started' | 'done' | 'withheld' | 'failed' | 'unknown'
  readonly startedAt: Instant
  readonly finishedAt: Instant | undefined
  /** Why it ended so: the code of a fault. */
  readonly fault: string | undefined
  readonly roleArn: string | undefined
  readonly sessionName: string | undefined
  readonly sourceIdentity: string | undefined
  readonly accessKeyId: string | undefined
  readonly assumedRoleId: string | undefined
  /** The request id of AssumeRole. */
  readonly stsRequestId: string | undefined
  readonly expiresAt: Instant | undefined
  /** Where it was collected from. */
  readonly address: string | undefined
}
