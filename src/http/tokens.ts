import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Fault } from '../fault.js'
import type { Identity } from '../identity/caller.js'
import { toIdentity, type Lifetime } from '../identity/claims.js'
import type { Fetch } from '../identity/fetch-json.js'
import { checkHeader } from '../identity/header.js'
import type { Issuer } from '../identity/issuer.js'
import { createKeySet } from '../identity/keys.js'
import type { KeySet, KeySetState } from '../identity/keys.js'
import { readToken } from '../identity/token.js'
import type { Unverified } from '../identity/token.js'
import type { Clock } from '../time.js'
import { linesOf } from './headers.js'

interface TokenOptions {
  /** Fixed for the life of the process: @fastify/jwt takes its namespaces at boot and gives none back. */
  readonly issuers: readonly Issuer[]
  readonly fetch: Fetch
  readonly clock: Clock
}

export interface Tokens {
  /**
   * Whom the request's bearer token names, until when. Throws `unauthenticated` with the reason, or
   * `keys_unavailable` while the issuer's keys cannot be had.
   */
  authenticate(request: FastifyRequest): Promise<Identity & Lifetime>
  /** For readiness: each issuer's keys as last seen. */
  keyStates(): readonly (KeySetState & { readonly issuer: string })[]
  /** Fetches the keys of all issuers, so that the first caller need not wait. Never throws. */
  refreshKeys(): Promise<void>
}

interface Verifier {
  readonly issuer: Issuer
  readonly keys: KeySet
  readonly verify: (request: FastifyRequest) => Promise<unknown>
}

const longestToken = 16 * 1_024
/** Verified signatures remembered for each key of each issuer. */
const rememberedTokens = 256

/** Registers the verifiers of all issuers on the app; to be called before any route is added. */
export function registerTokens(app: FastifyInstance, { issuers, fetch, clock }: TokenOptions): Tokens {
  const verifiers = new Map<string, Verifier>()
  for (const [index, issuer] of issuers.entries()) {
    if (verifiers.has(issuer.issuer))
      throw new Fault('invalid_config', `The issuer ${issuer.issuer} is configured twice.`)
    const failed = (why: string) => app.log.warn({ issuer: issuer.issuer, why }, 'keys not fetched')
    const keys = createKeySet({ issuer, fetch, clock, failed })
    verifiers.set(issuer.issuer, {
      issuer,
      keys,
      verify: registerVerifier(app, `issuer${index}`, issuer, keys),
    })
  }

  return {
    async authenticate(request) {
      const token = readToken(bearer(request))
      if (!token) throw refused('it is not a JWT of three parts, with each member of its JSON once')
      const verifier = choose(verifiers, token)
      // Before any key is looked for, so that the answer names what is really wrong.
      checkHeader(verifier.issuer, token.header)
      await verifier.verify(request).catch((error: unknown) => {
        throw explain(error)
      })
      // What was verified is this very text, and it has only one reading.
      return toIdentity(verifier.issuer, token.header, token.payload, clock())
    },
    keyStates: () =>
      [...verifiers.values()].map(({ issuer, keys }) => ({ issuer: issuer.issuer, ...keys.state() })),
    async refreshKeys() {
      await Promise.all([...verifiers.values()].map(({ keys }) => keys.refresh()))
    },
  }
}

/**
 * One namespace of @fastify/jwt. Its verifier answers for the signature, the algorithm and the issuer; times,
 * audience and the rest are judged by `toIdentity` on every request. So remembering a verified token is safe: the
 * memory belongs to one key, the key is looked up anew each time, and nothing remembered depends on the clock.
 */
function registerVerifier(
  app: FastifyInstance,
  namespace: string,
  issuer: Issuer,
  keys: KeySet,
): Verifier['verify'] {
  const jwtVerify = `${namespace}JwtVerify`
  app.register(jwt, {
    namespace,
    jwtVerify,
    decoratorName: 'verifiedToken',
    decode: { complete: true },
    secret: (_request: FastifyRequest, token: unknown) => keyOf(token, keys),
    // Given whole, since these replace the defaults of @fastify/jwt and are not merged into them.
    verify: {
      extractToken: bearer,
      algorithms: [...issuer.algorithms],
      allowedIss: issuer.issuer,
      complete: true,
      ignoreExpiration: true,
      ignoreNotBefore: true,
      cache: rememberedTokens,
      errorCacheTTL: -1,
    },
  })
  return (request) => (request as unknown as Record<string, () => Promise<unknown>>)[jwtVerify]!()
}

const keyOf = (token: unknown, keys: KeySet): Promise<string> => {
  const { header } = token as Unverified
  return keys.key(typeof header['kid'] === 'string' ? header['kid'] : undefined, String(header['alg']))
}

/** The token's own `iss` does no more than pick one of the configured issuers; the verifier then holds it to that. */
function choose(verifiers: ReadonlyMap<string, Verifier>, { payload }: Unverified): Verifier {
  const iss = payload['iss']
  if (typeof iss !== 'string') throw refused('it has no iss claim that is a string')
  const verifier = verifiers.get(iss)
  if (!verifier) throw refused(`no issuer "${plain(iss, 100)}" is configured here`)
  return verifier
}

/** The one bearer token of the Authorization header (RFC 6750 section 2.1); tokens anywhere else do not count. */
function bearer(request: FastifyRequest): string {
  const lines = linesOf(request, 'authorization')
  if (lines === 0) throw new Fault('unauthenticated', 'Send a token: Authorization: Bearer <token>.')
  if (lines > 1) throw new Fault('unauthenticated', 'Send one Authorization header, not several.')
  const [, token] = /^bearer +([^\s,]+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (token === undefined)
    throw new Fault('unauthenticated', 'The Authorization header must read: Bearer <token>.')
  if (token.length > longestToken) throw refused(`it is longer than ${longestToken} characters`)
  return token
}

/** By the codes of @fastify/jwt and fast-jwt. Whatever else goes wrong in verifying is a refusal too. */
function explain(error: unknown): Fault {
  if (error instanceof Fault) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return refused(reasons[code] ?? 'it could not be verified', error)
}

const wrongSignature = 'its signature does not verify with the key of its issuer'
const reasons: Readonly<Record<string, string>> = {
  FST_JWT_AUTHORIZATION_TOKEN_INVALID: wrongSignature,
  FAST_JWT_VERIFY_ERROR: wrongSignature,
  FAST_JWT_INVALID_SIGNATURE: wrongSignature,
  FAST_JWT_MISSING_SIGNATURE: 'it is not signed',
  FAST_JWT_INVALID_ALGORITHM: 'its signature algorithm is not accepted',
}

const refused = (why: string, cause?: unknown): Fault =>
  new Fault('unauthenticated', `The token is refused: ${why}.`, cause === undefined ? {} : { cause })

/**
 * The `WWW-Authenticate` of a 401 (RFC 6750 section 3). A request without credentials learns only which are wanted,
 * without an error code.
 */
export function challenge(request: FastifyRequest, fault: Fault): string {
  const realm = 'Bearer realm="stint"'
  if (request.headers.authorization === undefined) return realm
  return `${realm}, error="invalid_token", error_description="${plain(fault.detail, 400)}"`
}

/** The characters that RFC 6750 allows in `error_description`, which also fit between quotes; others become `?`. */
const plain = (text: string, most: number): string =>
  text
    .slice(0, most)
    .replaceAll('"', "'")
    .replace(/[^\x20-\x7e]|\\/g, '?')
