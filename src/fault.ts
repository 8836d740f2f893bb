/**
 * Every way in which Stint says no: one closed set of codes, with the HTTP status and the exit code
 * of each. No other file chooses a status for a refusal.
 */
export const faults = {
  invalid_request: { status: 400, exit: 2 },
  unauthenticated: { status: 401, exit: 4 },
  denied: { status: 403, exit: 3 },
  forbidden: { status: 403, exit: 3 },
  not_found: { status: 404, exit: 2 },
  method_not_allowed: { status: 405, exit: 2 },
  not_acceptable: { status: 406, exit: 2 },
  conflict: { status: 409, exit: 6 },
  contended: { status: 409, exit: 6 },
  in_flight: { status: 409, exit: 6 },
  body_too_large: { status: 413, exit: 2 },
  unsupported_media_type: { status: 415, exit: 2 },
  key_reused: { status: 422, exit: 2 },
  rate_limited: { status: 429, exit: 7 },
  internal: { status: 500, exit: 1 },
  sts_denied: { status: 502, exit: 8 },
  sts_rejected: { status: 502, exit: 8 },
  sts_policy_too_large: { status: 502, exit: 8 },
  sts_region_disabled: { status: 502, exit: 8 },
  sts_broker_credentials: { status: 502, exit: 8 },
  sts_throttled: { status: 503, exit: 8 },
  sts_unreachable: { status: 502, exit: 8 },
  store_unavailable: { status: 503, exit: 8 },
  keys_unavailable: { status: 503, exit: 8 },
  /** The store is older than its operator says it must be. */
  record_behind: { status: 503, exit: 8 },
  /** Replicas have loaded different rules. */
  rules_unsettled: { status: 503, exit: 7 },
  overloaded: { status: 503, exit: 7 },
  shutting_down: { status: 503, exit: 7 },
  invalid_config: { status: 500, exit: 9 },
} as const

export type FaultCode = keyof typeof faults

/** Exit codes of the command line for what is no fault of the broker's, beside those of its faults. */
export const exits = {
  /** Somebody must agree first, and has not yet. */
  pending: 5,
  /** The broker, or who signs in, cannot be reached or does not answer as itself. */
  unreachable: 10,
  /** The trail of AWS shows what the record does not explain, or could not be read whole. */
  odd: 11,
} as const

interface FaultExtra {
  /** Merged into the problem as members of their own (`checks`, `decision`, `errors`, `grant`). */
  readonly members?: Readonly<Record<string, unknown>>
  /** Seconds after which a retry may help; becomes `Retry-After`. */
  readonly retryAfter?: number
  /** For the log alone; never shown to a caller. */
  readonly cause?: unknown
}

/**
 * A refusal that a person is meant to read. `detail` is one or two sentences that say what failed and
 * what would make it pass; it must hold nothing internal and nothing secret.
 */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly detail: string
  readonly members: Readonly<Record<string, unknown>>
  readonly retryAfter: number | undefined

  constructor(code: FaultCode, detail: string, extra: FaultExtra = {}) {
    super(detail, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.code = code
    this.detail = detail
    this.members = extra.members ?? {}
    this.retryAfter = extra.retryAfter
  }

  get status(): number {
    return faults[this.code].status
  }
}
