import type { Issuer } from './issuer.js'
import { refused } from './refused.js'
import { member } from './strict-json.js'

/**
 * Refuses, as `unauthenticated`, a header that no token of this issuer should have. It needs no key, so it comes
 * before one is looked for.
 */
export function checkHeader(issuer: Issuer, header: Readonly<Record<string, unknown>>): void {
  const alg = member(header, 'alg')
  if (!issuer.algorithms.some((each) => each === alg))
    throw refused(`its signature algorithm is not one of ${issuer.algorithms.join(', ')}`)
  // Each of these lets a token bring its own key, or change the rules by which it is read (RFC 8725 section 3.10).
  for (const name of ['crit', 'jku', 'jwk', 'x5u', 'x5c'])
    if (Object.hasOwn(header, name)) throw refused(`its header has ${name}, which is never accepted`)
  const kid = member(header, 'kid')
  if (kid !== undefined && !(typeof kid === 'string' && kid.length > 0 && kid.length <= 256))
    throw refused('the kid in its header is not a string of 1 to 256 characters')
  checkType(issuer, member(header, 'typ'))
}

/**
 * RFC 9068 marks access tokens with `at+jwt` just so that an ID token cannot pass for one; issuers that do not
 * are accepted only where the configuration says so. No typ is read as `JWT` (RFC 7519 section 5.1). An ID token
 * is never marked as an access token, whatever the configuration says.
 */
function checkType(issuer: Issuer, typ: unknown): void {
  if (typ !== undefined && typeof typ !== 'string') throw refused('the typ in its header is not a string')
  const type = (typ ?? 'jwt').toLowerCase().replace(/^application\//, '')
  const accepted = issuer.types.length > 0 ? issuer.types : [issuer.token === 'access' ? 'at+jwt' : 'jwt']
  if (issuer.token === 'id' && type === 'at+jwt')
    throw refused('it is an access token where an ID token is due')
  if (!accepted.includes(type))
    throw refused(
      `the typ in its header is not ${accepted.join(' or ')}, which marks the ${kinds[issuer.token]} due here`,
    )
}

const kinds = { access: 'access token', id: 'ID token' } as const
