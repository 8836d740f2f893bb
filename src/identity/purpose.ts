import type { Issuer } from './issuer.js'
import { refused, required } from './refused.js'
import { member } from './strict-json.js'

type Payload = Readonly<Record<string, unknown>>

/** Whether the token was made for Stint, for a client that may speak to it, and is of the kind due here. */
export function checkPurpose(issuer: Issuer, payload: Payload): void {
  checkMarks(issuer, payload)
  const audiences = checkAudience(issuer, payload)
  checkClients(issuer, payload, audiences)
}

/**
 * What only the other kind of token has; the header's typ alone does not tell with issuers that write `JWT` in both.
 * - In ID tokens only: `nonce`, `at_hash`, `c_hash` (OpenID Connect Core 1.0, sections 2 and 3.3.2.11), `s_hash` (FAPI).
 * - In access tokens only: `scope` (RFC 9068 section 2.2.3), `scp` (the same with Okta and Microsoft). Not
 *   `client_id`, since some issuers repeat it in ID tokens.
 */
const marks = { access: ['nonce', 'at_hash', 'c_hash', 's_hash'], id: ['scope', 'scp'] } as const

/**
 * Issuers that say in a claim which kind it is: Amazon Cognito in `token_use`, Keycloak in `typ`, where refresh and
 * logout tokens have words of their own.
 */
const otherKinds = {
  access: ['id', 'refresh', 'offline', 'logout'],
  id: ['access', 'bearer', 'refresh', 'offline', 'logout'],
} as const

function checkMarks({ token }: Issuer, payload: Payload): void {
  const due = token === 'access' ? 'an access token' : 'an ID token'
  for (const claim of marks[token])
    if (Object.hasOwn(payload, claim))
      throw refused(`it has ${claim}, so it is not ${due}, which is due here`)
  for (const claim of ['token_use', 'typ']) {
    const kind = member(payload, claim)
    if (typeof kind === 'string' && otherKinds[token].some((other) => other === kind.toLowerCase()))
      throw refused(`its ${claim} claim says that it is not ${due}, which is due here`)
  }
}

function checkAudience({ audience }: Issuer, payload: Payload): readonly string[] {
  const value = required(payload, 'aud')
  const audiences: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (!audiences.every((each): each is string => typeof each === 'string'))
    throw refused('its aud is neither a string nor a list of strings')
  if (!audiences.includes(audience)) throw refused(`it is for another audience: its aud is not ${audience}`)
  return audiences
}

/**
 * Where clients are configured, whichever of `azp` and `client_id` the token has must be among them, and it must
 * have one. An ID token for several audiences must say which of them it was issued to (OpenID Connect Core 1.0
 * section 3.1.3.7).
 */
function checkClients(
  { clients, token, audience }: Issuer,
  payload: Payload,
  audiences: readonly string[],
): void {
  const accepted =
    clients.length > 0 ? clients : token === 'id' && audiences.length > 1 ? [audience] : undefined
  if (!accepted) return
  const parties = ['azp', 'client_id'].filter((claim) => Object.hasOwn(payload, claim))
  if (parties.length === 0)
    throw refused('it has no azp or client_id claim that says which client it was issued to')
  for (const claim of parties)
    if (!accepted.some((client) => client === payload[claim]))
      throw refused(`it was issued to another client: its ${claim} is not ${accepted.join(' or ')}`)
}
