/** Condition block of a statement: operator, then key, then the accepted values. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/**
 * An IAM Allow in the only form that ceilings and asks may have: what may be done to what, and under
 * which conditions. `NotAction`, `NotResource` and `Principal` have no place in it.
 */
export interface Statement {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions?: Conditions
}

/** What narrows a ceiling. A field that is absent leaves the ceiling's own. */
export interface Narrowing {
  readonly actions?: readonly string[]
  readonly resources?: readonly string[]
}

/** The explicit Denies that every session carries. */
export interface Bounds {
  /** Milliseconds; nothing works past it. */
  readonly notAfter: number
  /** Nothing works outside these regions. */
  readonly regions: readonly string[]
  /** Nothing works from addresses outside these ranges, save what AWS does on the session's behalf. */
  readonly egress?: readonly string[]
}
