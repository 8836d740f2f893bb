import type { Issuer } from '../identity/issuer.js'

/** What the other parts of the file may refer to. */
export interface Known {
  readonly issuers: readonly Issuer[]
  /** As written, sound or not, so that one fault is not reported again by everything that refers to it. */
  readonly networks: readonly string[]
  readonly accounts: readonly string[]
  readonly roles: readonly string[]
}

/** `office, vpn`, or `none` for a list of nothing. */
export const listed = (names: readonly string[]): string => names.join(', ') || 'none'
