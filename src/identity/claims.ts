import { iso } from '../time.js'
import type { Instant } from '../time.js'
import type { Caller, ClaimValue, Identity } from './caller.js'
import { readGroups } from './groups.js'
import { checkHeader } from './header.js'
import type { Issuer } from './issuer.js'
import { checkPurpose } from './purpose.js'
import { isPrintable } from './printable.js'
import { refused, required } from './refused.js'
import { member } from './strict-json.js'
import { actorOf, canonicalSubject } from './subject.js'

type Payload = Readonly<Record<string, unknown>>

/** When the token was issued, and when it ends by its `exp` or the longest life that the configuration allows it. */
export type Lifetime = Pick<Caller, 'issuedAt' | 'expiresAt'>

/** How far the clocks of an issuer and of Stint may be apart. */
const tolerance = 30_000
/** The most that a kept claim may hold. */
const longestText = 1_024
const mostElements = 100

/**
 * What a token says of someone, in Stint's words. The signature has been verified by whoever calls; everything
 * else is checked here, against the clock of the request. Throws `unauthenticated` with a sentence that names the
 * claim at fault.
 */
export function toIdentity(
  issuer: Issuer,
  header: Payload,
  payload: Payload,
  now: Instant,
): Identity & Lifetime {
  checkHeader(issuer, header)
  if (member(payload, 'iss') !== issuer.issuer) throw refused(`its iss is not ${issuer.issuer}`)
  checkPurpose(issuer, payload)
  const lifetime = checkTimes(issuer, payload, now)
  checkRequired(issuer, payload)
  const { claims } = issuer
  return {
    subject: canonicalSubject(issuer, payload, claims.subject),
    issuer: issuer.issuer,
    kind: issuer.kind,
    groups: claims.groups === undefined ? [] : readGroups(payload, claims.groups),
    ...(claims.actor !== undefined && { actor: actorOf(issuer, payload, claims.actor) }),
    claims: keep(claims.keep, payload),
    ...signIn(payload, now),
    ...lifetime,
  }
}

function checkTimes(issuer: Issuer, payload: Payload, now: Instant): Lifetime {
  const expires = readTime('exp', required(payload, 'exp'))
  const issued = readTime('iat', required(payload, 'iat'))
  const notBefore = member(payload, 'nbf')
  const ends = Math.min(expires, issued + issuer.maxAge)
  if (now >= expires + tolerance) throw refused(`it expired at ${iso(expires)}; sign in again`)
  if (issued > now + tolerance) throw refused('its iat lies in the future')
  if (now >= ends + tolerance) throw refused(`it is older than its issuer's max age; sign in again`)
  if (notBefore !== undefined && readTime('nbf', notBefore) > now + tolerance)
    throw refused('it is not valid yet (nbf)')
  return { issuedAt: issued, expiresAt: ends }
}

/** A NumericDate (RFC 7519 section 2), seconds that may have a fraction, as an instant. */
function readTime(claim: string, seconds: unknown): Instant {
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= 8.64e12))
    throw refused(`its ${claim} is not a time in seconds`)
  return Math.floor(seconds * 1_000)
}

/** Bound claims: equal to one of the values in type and content; of a list, one element is enough. */
function checkRequired(issuer: Issuer, payload: Payload): void {
  for (const [claim, accepted] of Object.entries(issuer.require)) {
    const value = required(payload, claim)
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (!values.some((each) => accepted.some((one) => one === each)))
      throw refused(`its ${claim} is not ${accepted.map((one) => JSON.stringify(one)).join(' or ')}`)
  }
}

/** The claims that rules may ask for. One that is absent is left out: a rule that needs it then fails. */
function keep(names: readonly string[], payload: Payload): Readonly<Record<string, ClaimValue>> {
  const kept: [string, ClaimValue][] = []
  for (const name of names) {
    const value = member(payload, name)
    if (value === undefined) continue
    if (!isClaimValue(value))
      throw refused(
        `its ${name} is not a string, number, boolean or list of strings within ${longestText} characters and ` +
          `${mostElements} elements`,
      )
    kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= longestText

const isClaimValue = (value: unknown): value is ClaimValue =>
  isText(value) || Number.isFinite(value) || typeof value === 'boolean' || isTextList(value)

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= mostElements && value.every(isText)

/** When and how strongly the person signed in (OpenID Connect Core 1.0 section 2). */
function signIn(payload: Payload, now: Instant): Pick<Identity, 'authTime' | 'acr' | 'amr'> {
  const [time, acr, amr] = ['auth_time', 'acr', 'amr'].map((claim) => member(payload, claim))
  const authTime = time === undefined ? undefined : readTime('auth_time', time)
  // A sign-in in the future would count as recent for as long as one likes.
  if (authTime !== undefined && authTime > now + tolerance) throw refused('its auth_time lies in the future')
  if (acr !== undefined && !(typeof acr === 'string' && isPrintable(acr)))
    throw refused('its acr is not a string of visible characters')
  if (amr !== undefined && !isTextList(amr)) throw refused('its amr is not a list of strings')
  return {
    ...(authTime !== undefined && { authTime }),
    ...(acr !== undefined && { acr }),
    ...(amr !== undefined && { amr }),
  }
}
