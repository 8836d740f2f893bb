import type { Entry, Event } from '../audit/event.js'
import { Fault } from '../fault.js'
import type { Caller } from '../identity/caller.js'
import type { Broker, Call } from './broker.js'
import { onRecord } from './commit.js'
import type { Grant, Snapshot } from './grant.js'
import { current } from './states.js'
import type { EventQuery, GrantQuery } from './store.js'
import { asOf, isAuditor, isOperator, isTheirs, mayVoteOn, seen } from './visible.js'

export interface Page<T, C> {
  readonly items: readonly T[]
  /** Where the next page goes on; absent on the last. */
  readonly next?: C
}

/** One grant with its votes and issuances, in its state as of now. Refuses with `not_found`. */
export async function read(broker: Broker, call: Call, id: string): Promise<Snapshot> {
  const now = broker.clock()
  const snapshot = await onRecord(broker, call, 'read', id, () => seen(broker, call.caller, id, now))
  return asOf(snapshot, now)
}

/** Rows read for one page at most, so that a search among grants that are not the caller's stays bounded. */
const most = 2_000

/**
 * Grants that the caller may see, newest first. Auditors and operators see all; others their own, those
 * they voted on, and open ones on which they may vote.
 */
export async function search(
  broker: Broker,
  { caller }: Call,
  query: Omit<GrantQuery, 'now' | 'visibleTo'>,
): Promise<Page<Grant, string>> {
  const now = broker.clock()
  const all = isAuditor(broker, caller) || isOperator(broker, caller)
  const items: Grant[] = []
  let before = query.before
  for (let rows = 0; rows < most;) {
    const limit = query.limit - items.length + 1
    const found = await broker.store.search({
      ...query,
      ...(before !== undefined && { before }),
      ...(!all && { visibleTo: caller.subject }),
      limit,
      now,
    })
    for (const grant of found) {
      if (items.length === query.limit) return { items, ...(before !== undefined && { next: before }) }
      before = grant.id
      if (all || (await shows(broker, caller, grant, now))) items.push(current(grant, now))
    }
    rows += found.length
    if (found.length < limit) return { items }
  }
  return { items, ...(before !== undefined && { next: before }) }
}

/** Sifts what the store cannot: whether a vote of the caller's could count is a matter of today's rules. */
async function shows(broker: Broker, caller: Caller, grant: Grant, now: number): Promise<boolean> {
  if (isTheirs(grant, caller) || mayVoteOn(broker, grant, caller, now)) return true
  const snapshot = await broker.store.snapshot(grant.id)
  return snapshot?.votes.some(({ voter }) => voter.subject === caller.subject) ?? false
}

/** Events of the audit log, oldest first. For auditors and operators; that they looked is on the log itself. */
export async function readEvents(
  broker: Broker,
  call: Call,
  query: EventQuery,
): Promise<Page<Entry, number>> {
  return onRecord(broker, call, 'audit.read', undefined, async () => {
    if (!isAuditor(broker, call.caller) && !isOperator(broker, call.caller))
      throw new Fault('forbidden', 'The audit log is for auditors and operators.')
    const { limit, ...filters } = query
    const read: Event = {
      kind: 'audit.read',
      at: broker.clock(),
      by: call.caller.subject,
      request: call.request,
      data: { filters, address: call.caller.address },
    }
    await broker.store.commit({ events: [read] })
    const entries = await broker.store.events({ ...query, limit: limit + 1 })
    const items = entries.slice(0, limit)
    const last = items.at(-1)
    return { items, ...(entries.length > limit && last && { next: last.seq }) }
  })
}
