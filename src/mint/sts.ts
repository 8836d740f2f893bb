import type { Mint, Minted, Order } from '../grant/mint.js'
import type { Clock, Duration } from '../time.js'
import { attempt } from './attempt.js'
import { createClients, type ClientOptions } from './clients.js'
import type { Refusal } from './refusal.js'
import { within } from './within.js'

export interface StsOptions extends ClientOptions {
  readonly clock: Clock
  readonly sleep: (ms: Duration) => Promise<void>
  /** From 0 up to but not including 1. */
  readonly random: () => number
  /** For all attempts together; ten seconds when left out. */
  readonly deadline?: Duration
}

const mostAttempts = 4
const longestAttempt: Duration = 5_000

/** AWS gives a session made by a session no more than this (IAM user guide, role chaining). */
const chainedSession: Duration = 3_600_000

/** Full jitter: anything up to 300 ms, 600 ms, 1.2 s. */
const pauseAfter = (attempts: number, random: () => number): Duration =>
  Math.floor(random() * 300 * 2 ** (attempts - 1))

/** Whether a refusal says something of STS as a whole, rather than of the one role that was asked for. */
const troubled = new Set(['sts_unreachable', 'sts_throttled', 'sts_broker_credentials'])

/**
 * The port to AWS, on STS's regional endpoints. One order is at most four calls within the deadline, with
 * backoff, and only throttling, 5xx and transport are tried again. STS has no idempotency: a call whose
 * answer was lost may have made a session, so `attempts` counts every call that was sent, and `certain` is
 * false if any of them may have made one that nobody holds.
 */
export function createSts(options: StsOptions): Mint & { close(): void } {
  const { clock, sleep, random, deadline = 10_000 } = options
  const clients = createClients(options)
  let seen: ReturnType<Mint['lastSeen']>

  function failed({ fault, requestId }: Refusal, attempts: number, certain: boolean): Minted {
    const ok = !troubled.has(fault.code)
    seen = { at: clock(), ok, detail: ok ? `STS answers, last with ${fault.code}` : fault.detail }
    return { ok: false, fault, certain, attempts, ...(requestId === undefined ? {} : { requestId }) }
  }

  async function assume(order: Order): Promise<Minted> {
    const endsAt = clock() + deadline
    let certain = true
    for (let attempts = 1; ; attempts += 1) {
      const limit = Math.max(1, Math.min(longestAttempt, endsAt - clock()))
      const tried = await attempt(clients.send, order, limit, clock)
      if ('answer' in tried) {
        seen = { at: clock(), ok: true, detail: 'STS answers' }
        return { ok: true, attempts, ...tried.answer }
      }
      certain &&= tried.refusal.certain
      const pause = pauseAfter(attempts, random)
      if (!tried.refusal.again || attempts === mostAttempts || clock() + pause >= endsAt) {
        return failed(tried.refusal, tried.sent ? attempts : attempts - 1, certain)
      }
      await sleep(pause)
    }
  }

  return {
    assume,
    longest: () =>
      within(longestAttempt, clients.own).then(
        ({ sessionToken }) => (sessionToken ? chainedSession : undefined),
        () => undefined,
      ),
    lastSeen: () => seen,
    close: clients.close,
  }
}
