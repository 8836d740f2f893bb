import { Fault } from '../fault.js'
import { member } from './strict-json.js'

/** The refusal of a token. `why` names claims and configured values; it never repeats what the token says. */
export const refused = (why: string): Fault => new Fault('unauthenticated', `The token is refused: ${why}.`)

/** The claim's value; throws `unauthenticated` when it is absent or null. */
export function required(payload: Readonly<Record<string, unknown>>, claim: string): unknown {
  const value = member(payload, claim)
  if (value === undefined || value === null) throw refused(`it has no ${claim} claim`)
  return value
}
