import type { Instant } from '../time.js'

/** Persons vote; workloads (CI jobs) never do. */
export type CallerKind = 'person' | 'workload'

export type ClaimValue = string | number | boolean | readonly string[]

/**
 * What a verified token said of someone, in Stint's words. This much is recorded with an ask and with a
 * vote, and judged again later.
 */
export interface Identity {
  /**
   * The canonical subject, the only form in which two people are ever compared: `<directory>#<subject>`.
   * The directory is the issuer's URL unless the configuration names one that several issuers share.
   */
  readonly subject: string
  /** The issuer's URL, exactly as configured. */
  readonly issuer: string
  readonly kind: CallerKind
  readonly groups: readonly string[]
  /** The schedules on which they were on call at that moment; absent where none were looked at. */
  readonly onCall?: readonly string[]
  /** The canonical subject of the person behind a workload's run. */
  readonly actor?: string
  /** Only the claims that the configuration names: no more of a token is kept than is judged. */
  readonly claims: Readonly<Record<string, ClaimValue>>
  /** When and how strongly the person signed in, where the token says so. */
  readonly authTime?: Instant
  readonly acr?: string
  readonly amr?: readonly string[]
}

/** A road by which someone is known without a live token, and who they are there. */
export interface Via {
  readonly road: 'slack'
  /** `team/user`, as Slack signed it. */
  readonly user: string
}

/** Someone at a known address. The address is normalised text; names of networks are derived from it. */
export interface Located extends Identity {
  /** Empty where the road shows none: it then lies in no network. */
  readonly address: string
  /** Where no live token came: a click in Slack shows no address and is no sign-in. */
  readonly via?: Via
}

/** Someone, here and now, by a live token; or by one that Stint remembers, where `via` says so. */
export interface Caller extends Located {
  /** When the token was issued: what it says was true then. */
  readonly issuedAt: Instant
  /** When the token ends. */
  readonly expiresAt: Instant
}

/** The directory of a canonical subject. */
export const directoryOf = (subject: string): string => subject.slice(0, Math.max(0, subject.indexOf('#')))

/** The people that an identity stands for: nobody among them may approve its asks. */
export const peopleOf = (who: Identity): readonly string[] =>
  who.actor === undefined ? [who.subject] : [who.subject, who.actor]
