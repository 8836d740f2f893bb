import type { Issuer } from '../identity/issuer.js'
import type { SlackEntry } from './file.js'

/** What the other parts of the file may refer to. */
export interface Known {
  readonly issuers: readonly Issuer[]
  /** As written, sound or not, so that one fault is not reported again by everything that refers to it. */
  readonly networks: readonly string[]
  readonly accounts: readonly string[]
  readonly roles: readonly string[]
  readonly schedules: readonly string[]
  /** Absent: nothing is told in Slack. */
  readonly slack?: SlackEntry
}

/** `office, vpn`, or `none` for a list of nothing. */
export const listed = (names: readonly string[]): string => names.join(', ') || 'none'
