import type { Instant } from '../../time.js'
import type { History } from '../history.js'
import type { Observed } from './observed.js'
import type { Period } from './review.js'

/** What rules look at: all grants up to the period's end, those that were asked for in it, and what else happened. */
export interface Matter {
  readonly period: Period
  readonly all: readonly History[]
  readonly grants: readonly History[]
  readonly observed: Observed
}

/** What a rule is about: somebody should look at it, or it is told so that it is known. */
export type Weight = 'look' | 'note'

/** One rule, and what it found: nothing, where there are no rows. */
export interface Finding {
  /** Stands with each grant in the table for spreadsheets; never renamed. */
  readonly id: string
  readonly weight: Weight
  readonly title: string
  /** What exactly was looked for, in a sentence for a person. */
  readonly rule: string
  readonly rows: readonly Row[]
}

/** One thing that was found; whatever does not apply is left out. */
export interface Row {
  readonly at?: Instant
  readonly who?: string
  /** Who else had a part in it: agreed, revoked. */
  readonly by?: readonly string[]
  readonly role?: string
  readonly grants?: readonly string[]
  readonly text: string
}

/** A row about one grant. */
export const about = (
  { id, askedAt, asker, role }: History,
  text: string,
  by: readonly string[] = [],
): Row => ({
  at: askedAt,
  who: asker.subject,
  role,
  grants: [id],
  text,
  ...(by.length > 0 && { by }),
})
