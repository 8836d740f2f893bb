import type { Identity } from '../identity/caller.js'
import type { Instant } from '../time.js'

/** A person as the newest of their verified tokens described them: what a click in Slack is judged by. */
export interface Person {
  readonly identity: Identity
  /** When that token was issued. */
  readonly at: Instant
  /** The id in Slack that it names, where a claim does. */
  readonly slack?: string
}

/** A user of Slack, and whom they have proved to be. */
export interface SlackUser {
  /** `team/user`, such as `T0123ABCD/U0456EFGH`. */
  readonly id: string
  /** Counts the changes; one is written over its predecessor alone. */
  readonly version: number
  /** Their handle when they asked for a code. */
  readonly name: string
  /** The canonical subject, once it was proved by a sign-in; no two users have the same. */
  readonly subject?: string
  /** SHA-256, hex, of the code that was handed out to prove it with, and until when that holds. */
  readonly code?: { readonly hash: string; readonly until: Instant }
}

/** Whom to look up: the one with this id, the one bound to this subject, or the one who was given this code. */
export type SlackUserQuery =
  { readonly id: string } | { readonly subject: string } | { readonly code: string }

/** The one with this subject, all whose tokens name this id in Slack, or those seen since then, the newest first. */
export type PersonQuery =
  | { readonly subject: string }
  | { readonly slack: string }
  | { readonly since: Instant; readonly limit: number }
