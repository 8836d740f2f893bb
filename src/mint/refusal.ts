import { Fault, type FaultCode } from '../fault.js'
import { requestIdOf } from './answer.js'
import { sentence } from './sentence.js'

export interface Refusal {
  readonly fault: Fault
  /** False when a session may exist all the same. */
  readonly certain: boolean
  /** Whether the same call may fare better. */
  readonly again: boolean
  readonly requestId?: string
}

/** Seconds. STS's quota is one of requests a second, so a short while is enough. */
const retryAfter = 5

/**
 * What STS calls its errors, without the `Exception` that the SDK adds to some of them
 * (`PackedPolicyTooLarge` on the wire is `PackedPolicyTooLargeException` in its classes).
 * A refusal that is not in here is `sts_rejected`.
 */
const codes: ReadonlyMap<string, FaultCode> = new Map<string, FaultCode>(
  Object.entries({
    AccessDenied: 'sts_denied',
    MalformedPolicyDocument: 'sts_rejected',
    ValidationError: 'sts_rejected',
    PackedPolicyTooLarge: 'sts_policy_too_large',
    RegionDisabled: 'sts_region_disabled',
    ExpiredToken: 'sts_broker_credentials',
    IncompleteSignature: 'sts_broker_credentials',
    InvalidAccessKeyId: 'sts_broker_credentials',
    InvalidClientTokenId: 'sts_broker_credentials',
    InvalidSignature: 'sts_broker_credentials',
    MissingAuthenticationToken: 'sts_broker_credentials',
    OptInRequired: 'sts_broker_credentials',
    RequestExpired: 'sts_broker_credentials',
    SignatureDoesNotMatch: 'sts_broker_credentials',
    UnrecognizedClient: 'sts_broker_credentials',
    BandwidthLimitExceeded: 'sts_throttled',
    RequestLimitExceeded: 'sts_throttled',
    RequestThrottled: 'sts_throttled',
    SlowDown: 'sts_throttled',
    Throttled: 'sts_throttled',
    Throttling: 'sts_throttled',
    TooManyRequests: 'sts_throttled',
  }),
)

/** The parts of an error that are looked at, whatever was thrown. */
function read(error: unknown) {
  const of = (value: unknown): Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  const { name, message, code, syscall, $fault, $metadata } = of(error)
  const { httpStatusCode, requestId, clockSkewCorrected } = of($metadata)
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return {
    // Letters alone: the name may come from whatever answered, and it is logged.
    name: /^[A-Za-z]{1,60}$/.test(text(name)) ? text(name).replace(/Exception$/, '') : '',
    message: text(message),
    code: /^[A-Z][A-Z0-9_]{1,60}$/.test(text(code)) ? text(code) : '',
    status: typeof httpStatusCode === 'number' ? httpStatusCode : 0,
    requestId: requestIdOf(requestId),
    skewMended: clockSkewCorrected === true,
    // Only an error that was read from an answer has one; a code of the system's only the others.
    refused: $fault !== undefined,
    // A connection was never made: every such error of Node and of the handler, as they are told apart.
    unconnected:
      syscall === 'connect' ||
      syscall === 'getaddrinfo' ||
      error instanceof AggregateError ||
      text(message).includes('did not establish a connection'),
  }
}

type Facts = ReturnType<typeof read>

/** Names that the SDK's protocol makes up where the answer had no code in it. */
const madeUp = new Set(['', 'Unknown', 'NotFound'])

function codeOf(facts: Facts, sent: boolean): FaultCode {
  if (!sent) return 'sts_broker_credentials'
  if (!facts.refused || facts.status >= 500) return 'sts_unreachable'
  if (facts.status === 429) return 'sts_throttled'
  if (madeUp.has(facts.name) || facts.status < 400) return 'sts_unreachable'
  if (facts.name === 'ValidationError' && /at 'policy'.*length less/.test(facts.message))
    return 'sts_policy_too_large'
  return codes.get(facts.name) ?? 'sts_rejected'
}

/** For the log: what was thrown, in words that cannot hold a secret, an ARN or a line break. */
function summary({ name, code, status, requestId, refused }: Facts): string {
  const parts = [name || 'unnamed', refused ? '' : code, status ? `HTTP ${status}` : '', requestId ?? '']
  return parts.filter(Boolean).join(' ')
}

/**
 * What an error of AssumeRole comes to. Goes by `name`: `instanceof` fails on the SDK's own classes
 * (aws-actions/configure-aws-credentials#1898). The raw error is never kept: the SDK hangs the response on
 * it, and AWS's message names the broker.
 * `sent` says whether the request left at all; `region` is where it was to go.
 */
export function refusal(error: unknown, { sent, region }: { sent: boolean; region: string }): Refusal {
  const facts = read(error)
  const code = codeOf(facts, sent)
  const unanswered = code === 'sts_unreachable'
  const transport = facts.code !== '' || facts.name === 'TimeoutError' || facts.name === 'AbortError'
  return {
    fault: new Fault(code, sentence(code, { ...facts, region }), {
      cause: summary(facts),
      ...(code === 'sts_throttled' ? { retryAfter } : {}),
    }),
    certain: !unanswered || facts.unconnected,
    again:
      code === 'sts_throttled' ||
      (unanswered && (facts.status >= 500 || (transport && !facts.refused))) ||
      // The SDK has just learnt AWS's time from this answer and signs the next call by it.
      (code === 'sts_broker_credentials' && sent && facts.skewMended),
    ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }),
  }
}
