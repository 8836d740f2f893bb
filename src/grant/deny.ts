import type { Revoking } from '../catalog/catalog.js'

/** What AWS is to deny on one IAM role from now on, in place of whatever Stint had it deny before. */
export interface DenyOrder {
  readonly arn: string
  readonly account: string
  readonly how: Revoking
  /** Policy documents, the one that denies least first; the first that fits is taken. None: deny nothing. */
  readonly documents: readonly string[]
  /** Tells this call from others in CloudTrail: a ULID. */
  readonly id: string
}

export type Denied =
  | {
      readonly ok: true
      /** The place in `documents` of the one that was taken; absent where there was no choice. */
      readonly taken?: number
      readonly requestId?: string
    }
  | {
      readonly ok: false
      readonly fault: DenyFault
      /** What is wrong and what mends it, for an operator. */
      readonly detail: string
    }

export type DenyFault =
  'iam_denied' | 'iam_throttled' | 'iam_unreachable' | 'iam_no_role' | 'iam_no_room' | 'iam_rejected'

/** The port to IAM, the mint's neighbour. */
export interface Deny {
  /** Never throws, and settles within `longestWrite`. Whole each time: repeating it does no harm. */
  write(order: DenyOrder): Promise<Denied>
}

/** Milliseconds. */
export const longestWrite = 15_000
