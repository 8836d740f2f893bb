import type { Issuer } from './issuer.js'
import { refused, required } from './refused.js'
import { isPrintable } from './printable.js'
import { member } from './strict-json.js'

type Payload = Readonly<Record<string, unknown>>

/**
 * The canonical subject of whom the claim names: `<directory>#<value>`, the one form in which people are compared.
 * Other than e-mail addresses, values are kept and compared exactly as the issuer writes them.
 */
export const canonicalSubject = (issuer: Issuer, payload: Payload, claim: string): string =>
  `${issuer.directory}#${readName(payload, claim, holdsEmail(claim))}`

/**
 * The person behind a run: in the directory of persons whose form of name it is then put into, or under the
 * subject that the configuration gives the name, or else in the workload's own directory, where no person is.
 */
export function actorOf({ actors, directory }: Issuer, payload: Payload, claim: string): string {
  if (typeof actors === 'object' && 'directory' in actors)
    return `${actors.directory}#${readName(payload, claim, actors.email)}`
  const name = readName(payload, claim, holdsEmail(claim))
  const known =
    typeof actors === 'object' && Object.hasOwn(actors.names, name) ? actors.names[name] : undefined
  return known ?? `${directory}#${name}`
}

/** `email` (OpenID Connect Core 1.0 section 5.1) and the custom claims named after it, such as `user_email`. */
export const holdsEmail = (claim: string): boolean => claim === 'email' || claim.endsWith('_email')

/** In lower case and NFC, as people write one address in several ways; undefined when it is no address. */
export function canonicalEmail(text: string): string | undefined {
  const email = text.toLowerCase().normalize('NFC')
  return /^[^\s@]+@[^\s@]+$/.test(email) ? email : undefined
}

/**
 * The name in a claim, in the form that its directory has. Anyone can enter an address with some issuers: `email`
 * counts only when the issuer says that it was verified. Some send that as text.
 */
function readName(payload: Payload, claim: string, email: boolean): string {
  const value = required(payload, claim)
  if (typeof value !== 'string' || !isPrintable(value))
    throw refused(`its ${claim} is not a string of 1 to 256 visible characters without a space at either end`)
  const verified =
    claim !== 'email' || [true, 'true'].some((yes) => yes === member(payload, 'email_verified'))
  if (!verified) throw refused('its email is not verified (email_verified is not true)')
  const name = email ? canonicalEmail(value) : value
  if (name === undefined) throw refused(`its ${claim} is not an e-mail address`)
  return name
}
