import type { Issuer } from './issuer.js'
import { refused, required } from './refused.js'
import { isPrintable } from './printable.js'
import { member } from './strict-json.js'

type Payload = Readonly<Record<string, unknown>>

/**
 * The canonical subject of whom the claim names: `<directory>#<value>`, the one form in which people are compared.
 * Other than e-mail addresses, values are kept as the issuer writes them.
 */
export function canonicalSubject(issuer: Issuer, payload: Payload, claim: string): string {
  const value = required(payload, claim)
  if (typeof value !== 'string' || !isPrintable(value))
    throw refused(`its ${claim} is not a string of 1 to 256 visible characters without a space at either end`)
  return `${issuer.directory}#${isEmail(claim) ? canonicalEmail(payload, claim, value) : value}`
}

/** `email` (OpenID Connect Core 1.0 section 5.1) and the custom claims named after it, such as `user_email`. */
const isEmail = (claim: string): boolean => claim === 'email' || claim.endsWith('_email')

/**
 * In lower case and NFC, as people write one address in several ways. Anyone can enter an address with some
 * issuers: `email` counts only when the issuer says that it was verified. Some send that as text.
 */
function canonicalEmail(payload: Payload, claim: string, value: string): string {
  if (claim === 'email') {
    const verified = member(payload, 'email_verified')
    if (verified !== true && verified !== 'true')
      throw refused('its email is not verified (email_verified is not true)')
  }
  const email = value.toLowerCase().normalize('NFC')
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw refused(`its ${claim} is not an e-mail address`)
  return email
}
