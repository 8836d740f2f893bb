import { Fault } from '../fault.js'
import type { Clock, Duration, Instant } from '../time.js'
import { fetchJson, FetchFailure, isLoopbackHttp, isSafeUrl } from './fetch-json.js'
import type { Fetch } from './fetch-json.js'
import type { Issuer } from './issuer.js'
import { readKeys } from './jwk.js'
import type { SigningKey } from './jwk.js'
import { member } from './strict-json.js'

/** How long fetched keys are used before they are asked for again. */
const freshFor: Duration = 10 * 60_000
/** How long a key among them is used without waiting for the issuer's answer. */
const unawaitedFor: Duration = 3_600_000
/** How long they still serve when the issuer cannot be asked; after that a withdrawn key could be among them. */
const usableFor: Duration = 24 * 3_600_000
/** The least time between two attempts, whatever came of the first: unknown `kid`s cost nothing to invent. */
const cooldown: Duration = 30_000
/** For one attempt, discovery and keys together. */
const defaultTimeout: Duration = 5_000

export interface KeySetState {
  /** Whether there are keys that may be used now. */
  readonly ready: boolean
  readonly fetchedAt?: Instant
  readonly keys: number
  /** Why the last attempt failed, for the operator. */
  readonly failure?: string
}

/** The signing keys of one issuer, fetched when needed and kept in memory. */
export interface KeySet {
  /**
   * The PEM of the key that a token's header names. Throws `unauthenticated` when the issuer has no such key,
   * `keys_unavailable` when there are no keys to look among.
   *
   * An issuer that hangs must not hold everybody up, so between ten minutes and an hour after the last fetch a
   * known key is given at once, while the issuer is asked. The price: a key that was withdrawn in that time is
   * honoured once more, until the answer is in. Later than that the answer is waited for, and a withdrawn key is
   * honoured only where none comes, for a day at most.
   */
  key(kid: string | undefined, algorithm: string): Promise<string>
  state(): KeySetState
  /** Asks the issuer now, whatever the cooldown. Never throws: `state()` tells what came of it. */
  refresh(): Promise<void>
}

interface KeySetOptions {
  readonly issuer: Issuer
  readonly fetch: Fetch
  readonly clock: Clock
  readonly timeout?: Duration
  /** Told why an attempt failed, for the operator: until the next one callers may be refused for it. */
  readonly failed?: (why: string) => void
}

export function createKeySet(options: KeySetOptions): KeySet {
  const { issuer, fetch, clock, timeout = defaultTimeout, failed } = options
  let keys: readonly SigningKey[] = []
  let fetchedAt: Instant | undefined
  let attemptedAt: Instant | undefined
  let failure: string | undefined
  let flight: Promise<void> | undefined

  async function attempt(): Promise<void> {
    attemptedAt = clock()
    try {
      keys = await fetchKeys(issuer, fetch, AbortSignal.timeout(timeout))
      fetchedAt = attemptedAt
      failure = undefined
    } catch (error) {
      failure = error instanceof FetchFailure ? error.message : 'The keys could not be read.'
      failed?.(failure)
    }
  }

  const refresh = (): Promise<void> => {
    flight ??= attempt().finally(() => (flight = undefined))
    return flight
  }
  /** Joins the attempt under way; starts one unless the last was just now. */
  const refreshAtMostOften = async (): Promise<void> => {
    if (flight || attemptedAt === undefined || clock() - attemptedAt >= cooldown) await refresh()
  }
  const isWithin = (span: Duration): boolean => fetchedAt !== undefined && clock() - fetchedAt < span

  return {
    async key(kid, algorithm) {
      const attempt = isWithin(freshFor) ? undefined : refreshAtMostOften()
      if (!isWithin(unawaitedFor)) await attempt
      const known = isWithin(usableFor) ? choose(keys, kid, algorithm) : undefined
      if (known) return known.pem
      await (attempt ?? refreshAtMostOften())
      const found = isWithin(usableFor) ? choose(keys, kid, algorithm) : undefined
      if (found) return found.pem
      // After a failed attempt nobody knows whether the issuer has the key by now.
      if (failure !== undefined || !isWithin(usableFor))
        throw unavailable(issuer, (attemptedAt ?? 0) + cooldown - clock(), failure)
      throw new Fault('unauthenticated', noSuchKey(issuer, kid))
    },
    state: () => ({
      ready: isWithin(usableFor),
      keys: keys.length,
      ...(fetchedAt !== undefined && { fetchedAt }),
      ...(failure !== undefined && { failure }),
    }),
    refresh,
  }
}

/** The key of that `kid`; without a `kid`, the only one that fits: two would be a guess. */
function choose(
  keys: readonly SigningKey[],
  kid: string | undefined,
  algorithm: string,
): SigningKey | undefined {
  const fitting = keys.filter((key) => key.algorithms.some((each) => each === algorithm))
  if (kid !== undefined) return fitting.find((key) => key.kid === kid)
  return fitting.length === 1 ? fitting[0] : undefined
}

const noSuchKey = ({ issuer }: Issuer, kid: string | undefined): string =>
  kid === undefined
    ? `The token names no key (kid), and ${issuer} does not have exactly one that fits its algorithm.`
    : `The issuer ${issuer} publishes no key of the token's kid that fits its algorithm.`

const unavailable = ({ issuer }: Issuer, wait: Duration, cause: string | undefined): Fault =>
  new Fault('keys_unavailable', `The signing keys of ${issuer} cannot be had at the moment; try again.`, {
    retryAfter: Math.max(1, Math.ceil(wait / 1_000)),
    cause,
  })

/** By OpenID Connect Discovery 1.0 section 4, unless the configuration says where the keys are. */
async function fetchKeys(issuer: Issuer, fetch: Fetch, signal: AbortSignal): Promise<readonly SigningKey[]> {
  const url = issuer.jwks ?? (await discover(issuer.issuer, fetch, signal))
  const keys = readKeys(await fetchJson(fetch, url, signal))
  if (typeof keys === 'string') throw new FetchFailure(`${url}: ${keys}`)
  return keys
}

async function discover(issuer: string, fetch: Fetch, signal: AbortSignal): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = await fetchJson(fetch, url, signal)
  if (member(document, 'issuer') !== issuer)
    throw new FetchFailure(`${url} is the document of another issuer than ${issuer}.`)
  const jwks = member(document, 'jwks_uri')
  if (typeof jwks !== 'string' || !isSafeUrl(jwks)) throw new FetchFailure(`${url} has no jwks_uri by HTTPS.`)
  // An issuer out there has no business pointing into this machine.
  if (isLoopbackHttp(jwks) && !isLoopbackHttp(issuer))
    throw new FetchFailure(`${url} has a jwks_uri on this machine.`)
  return new URL(jwks).href
}
