import { Fault } from '../fault.js'
import { isPrintable } from '../identity/printable.js'
import type { Instant } from '../time.js'
import type { Leaver } from './leavers.js'

/** Of what Okta says, what ends somebody's access (Okta, "Event Types"). Deleting comes after deactivating. */
const ends: Readonly<Record<string, string>> = {
  'user.lifecycle.deactivate': 'Deactivated in Okta.',
  'user.lifecycle.suspend': 'Suspended in Okta.',
}

interface Hook {
  readonly data?: { readonly events?: unknown }
}
interface Event {
  readonly eventType?: unknown
  readonly published?: unknown
  readonly target?: unknown
}
interface Target {
  readonly type?: unknown
  readonly id?: unknown
  readonly alternateId?: unknown
}

/**
 * The users that an event hook of Okta says are out, by login and by id: which of them tokens name is the issuer's to
 * choose. Other events are none of ours. Throws `invalid_request` for what is no event hook.
 */
export function leaversIn(body: unknown, now: Instant): readonly Leaver[] {
  const events = list<Event>((body as Hook).data?.events)
  if (!events) throw new Fault('invalid_request', 'This is no event hook of Okta: it has no data.events.')
  return events.flatMap(({ eventType, published, target }) => {
    const reason =
      typeof eventType === 'string' && Object.hasOwn(ends, eventType) ? ends[eventType] : undefined
    if (reason === undefined) return []
    const users = (list<Target>(target) ?? []).filter(({ type }) => type === 'User')
    const at = typeof published === 'string' ? Date.parse(published) : NaN
    return users.map(({ id, alternateId }) => ({
      names: [alternateId, id].filter((name) => typeof name === 'string' && isPrintable(name)) as string[],
      reason,
      saidAt: Number.isNaN(at) ? now : Math.min(at, now),
    }))
  })
}

const list = <T extends object>(value: unknown): readonly T[] | undefined =>
  Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null)
    ? (value as readonly T[])
    : undefined
