import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'
import { Fault } from '../fault.js'
import type { Shared } from '../grant/store.js'
import type { Instant } from '../time.js'
import { addressOf, callerOf, type Step } from './authenticate.js'
import type { WaitLimits } from './waits.js'

/** What is counted apart: asking for and collecting, voting and closing, searching, and all that only reads. */
export type Bucket = 'asks' | 'votes' | 'searches' | 'reads'

export interface HttpLimits {
  /**
   * Requests a minute: by one caller in each bucket; from one address those that name nobody, and as many again
   * whose token does not hold.
   */
  readonly perMinute: Readonly<Record<Bucket | 'address', number>>
  /** Long polls held at a time. */
  readonly waits: WaitLimits
}

export const defaultLimits: HttpLimits = {
  perMinute: { address: 1_200, asks: 60, votes: 60, searches: 120, reads: 600 },
  waits: { caller: 8, total: 500 },
}

/** Each counts a request, and refuses with `rate_limited` once it is one too many. */
interface Limiters {
  /** What needs no token, and paths and methods that there are not. */
  readonly anybody: Step
  /** Tokens that do not hold. */
  readonly failed: Step
  readonly caller: Readonly<Record<Bucket, Step>>
}

/** How many callers or addresses are remembered in each bucket. */
const remembered = 50_000

const minute = 60_000

/**
 * Two limiters per address and one per caller and bucket, each with its own counts. Asks and votes, which lead
 * to grants and credentials, are counted over all replicas where there are some; what only reads, and what
 * comes without a token, burdens one replica and is counted there.
 */
export async function registerLimits(
  app: FastifyInstance,
  { perMinute }: HttpLimits,
  shared: Pick<Shared, 'clock' | 'tally'> | undefined,
): Promise<Limiters> {
  await app.register(rateLimit, { global: false })

  function limiter(max: number, what: string, keyGenerator: (request: FastifyRequest) => string): Step {
    const options = { max, timeWindow: minute, cache: remembered, keyGenerator }
    const count = app.createRateLimit(options)
    return async (request) => {
      const counted = await count(request)
      if (counted.isAllowed || !counted.isExceeded) return
      throw tooMany(max, what, counted.ttlInSeconds)
    }
  }
  function overall(bucket: Bucket, { clock, tally }: Pick<Shared, 'clock' | 'tally'>): Step {
    // Who is over the limit is refused here until then, and does not keep the store busy for everybody.
    const over = new Map<string, Instant>()
    return async (request) => {
      const { subject } = callerOf(request)
      const refusedUntil = over.get(subject) ?? 0
      if (refusedUntil <= clock()) {
        over.delete(subject)
        const { count, until } = await tally(`${bucket} ${subject}`, minute)
        if (count <= perMinute[bucket]) return
        if (over.size >= remembered) over.clear()
        over.set(subject, until)
      }
      const seconds = Math.ceil(((over.get(subject) ?? 0) - clock()) / 1_000)
      throw tooMany(perMinute[bucket], `${bucket} by one caller`, seconds)
    }
  }
  const byCaller = (bucket: Bucket) =>
    limiter(perMinute[bucket], `${bucket} by one caller`, (request) => callerOf(request).subject)
  const byAddress = (what: string) =>
    limiter(perMinute.address, `${what} from one address`, (request) => block(addressOf(request)))
  return {
    anybody: byAddress('requests without a token'),
    failed: byAddress('failed authentications'),
    caller: {
      asks: shared ? overall('asks', shared) : byCaller('asks'),
      votes: shared ? overall('votes', shared) : byCaller('votes'),
      searches: byCaller('searches'),
      reads: byCaller('reads'),
    },
  }
}

function tooMany(max: number, what: string, seconds: number): Fault {
  const retryAfter = Math.max(1, seconds)
  return new Fault(
    'rate_limited',
    `At most ${max} ${what} are taken a minute. Try again in ${retryAfter} seconds.`,
    { retryAfter },
  )
}

/** An IPv6 host has a whole /64 to choose addresses from (RFC 7421), so that is what is counted. */
function block(address: string): string {
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv6' ? (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':') : address
}
