import { createPublicKey } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { isObject, member } from './strict-json.js'
import type { Algorithm } from './issuer.js'

/** A public key of an issuer that may verify signatures. */
export interface SigningKey {
  readonly kid?: string
  /** What it may verify: all that its kind allows, or the one that the JWK's own `alg` names. */
  readonly algorithms: readonly Algorithm[]
  /** SPKI, the form that fast-jwt takes. */
  readonly pem: string
}

const mostKeys = 50
const rsa: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const curves: ReadonlyMap<unknown, readonly Algorithm[]> = new Map([
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
  ['Ed25519', ['EdDSA']],
])

/**
 * The keys of a JWK set (RFC 7517) that may verify signatures. Keys for other uses, of other kinds, symmetric,
 * too weak, or published together with their private part are left out. A string is why the set as a whole is
 * refused: two keys under one `kid` would leave it to chance which of them verifies.
 */
export function readKeys(document: Readonly<Record<string, unknown>>): readonly SigningKey[] | string {
  const list = member(document, 'keys')
  if (!Array.isArray(list)) return 'The key set has no list of keys.'
  if (list.length > mostKeys) return `The key set has more than ${mostKeys} keys.`
  const keys = list.map(readKey).filter((key) => key !== undefined)
  if (keys.length === 0) return 'The key set has no key that can verify signatures.'
  const pems = new Map<string, string>()
  for (const { kid, pem } of keys) {
    if (kid === undefined) continue
    if ((pems.get(kid) ?? pem) !== pem) return 'The key set has two different keys with the same kid.'
    pems.set(kid, pem)
  }
  return keys
}

function readKey(jwk: unknown): SigningKey | undefined {
  if (!isObject(jwk)) return undefined
  const { kty, use, key_ops: operations, alg, kid, d, crv, n, e, x, y } = jwk
  if (use !== undefined && use !== 'sig') return undefined
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return undefined
  if (kid !== undefined && typeof kid !== 'string') return undefined
  if (d !== undefined) return undefined
  const kind = kty === 'RSA' ? rsa : (curves.get(crv) ?? [])
  const algorithms = alg === undefined ? kind : kind.filter((each) => each === alg)
  if (algorithms.length === 0) return undefined
  const members = { kty, ...(kty === 'RSA' ? { n, e } : { crv, x, ...(kty === 'EC' && { y }) }) }
  const key = importKey(members as JsonWebKey)
  if (!key || !isStrong(key)) return undefined
  const pem = key.export({ type: 'spki', format: 'pem' }).toString()
  return { ...(kid !== undefined && { kid }), algorithms, pem }
}

function importKey(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ format: 'jwk', key: jwk })
  } catch {
    return undefined
  }
}

/**
 * RSA of 2,048 bits or more (RFC 7518 section 3.3), not so large that a check is a burden, and with an exponent
 * that makes a signature mean something. The curves have been chosen by name already.
 */
function isStrong(key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'rsa') return ['ec', 'ed25519'].includes(String(key.asymmetricKeyType))
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  return modulusLength >= 2_048 && modulusLength <= 16_384 && publicExponent > 2n
}
