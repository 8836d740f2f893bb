import type { Expression } from './expression.js'

/**
 * A description of people. Every part that is present must match; a list matches when one of it does.
 * One with no part at all is a fault of the configuration, so it can never stand for everybody.
 */
export interface Who {
  readonly groups?: readonly string[]
  /** Canonical subjects. */
  readonly subjects?: readonly string[]
  /** Claim name to accepted values; an absent claim does not match, a list matches by any element. */
  readonly claims?: Readonly<Record<string, readonly (string | number | boolean)[]>>
  /** CEL. */
  readonly when?: Expression
}

/** Any of these descriptions. Never empty. */
export type Anyone = readonly Who[]
