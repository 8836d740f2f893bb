import type { EventKind } from '../src/audit/event.js'
import type { GrantState } from '../src/grant/grant.js'
import type { Reading } from './record.js'

/** What somebody was told by an answer that reached them, and so must find on the record for ever. */
export interface Told {
  /** Id of the request, as the answer gives it. */
  readonly request: string
  /** For a person who reads of it: `POST /v1/grants 201`. */
  readonly what: string
  /** One of these was recorded on behalf of the request; none need be where this is empty. */
  readonly kinds: readonly EventKind[]
  /** The grant that the answer names, and a state that it was in then. */
  readonly grant?: string
  readonly state?: GrantState
  /** Of the credentials in the answer. */
  readonly accessKeyId?: string
  /** The reason that was asked with: of one ask, however often sent, comes one grant. */
  readonly reason?: string
}

/** What of it is not on the record, in a sentence; undefined where all is. */
export function missing(told: Told, record: Reading): string | undefined {
  const { request, what, kinds, grant, state, accessKeyId, reason } = told
  const lines = record.requests.get(request) ?? []
  const say = (wrong: string) => `${what} (request ${request}): ${wrong}`
  if (kinds.length > 0 && !lines.some(({ kind }) => kinds.includes(kind)))
    return say(`none of ${kinds.join(', ')} is on the record`)
  if (accessKeyId !== undefined) {
    const done = lines.some(
      ({ kind, data }) => kind === 'issuance.done' && data['accessKeyId'] === accessKeyId,
    )
    if (!done) return say(`its credentials ${accessKeyId} are not on the record as done`)
  }
  if (grant === undefined) return undefined
  const known = record.grants.get(grant)
  if (!known) return say(`its grant ${grant} is not on the record`)
  if (state !== undefined && !known.states.includes(state))
    return say(`grant ${grant} was said to be ${state}, and was ${known.states.join(', ')}`)
  if (reason !== undefined && known.reason !== reason)
    return say(`grant ${grant} is another ask's: ${known.reason} instead of ${reason}`)
  return undefined
}
