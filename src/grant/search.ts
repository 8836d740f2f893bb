import type { Entry, Event } from '../audit/event.js'
import { Fault } from '../fault.js'
import type { Caller } from '../identity/caller.js'
import { withAftermath } from './aftermath.js'
import type { Broker, Call } from './broker.js'
import { onRecord } from './commit.js'
import type { Grant, Snapshot } from './grant.js'
import { current } from './states.js'
import type { EventQuery, GrantQuery } from './store.js'
import { asOf, isApprover, isAuditor, isOperator, mightApprove, seen } from './visible.js'

interface Page<T, C> {
  readonly items: readonly T[]
  /** Where the next page goes on; absent on the last. */
  readonly next?: C
}

/** One grant with its votes and issuances, in its state as of now. Refuses with `not_found`. */
export async function read(broker: Broker, call: Call, id: string): Promise<Snapshot> {
  const now = broker.clock()
  const snapshot = await onRecord(broker, call, 'read', id, () => seen(broker, call.caller, id, now))
  return withAftermath(broker, asOf(snapshot, now))
}

/** Rows looked at in one go, and at most for one page, where each must be sifted by today's rules. */
const batch = 200
const most = 2_000

/**
 * Grants that the caller may see, newest first. Auditors and operators see all; others their own, those
 * they voted on, and open ones of which they are an approver. There is a `next` where another grant that they
 * may see comes after; and for an approver where too many that they may not see came first to look further now.
 */
export async function search(
  broker: Broker,
  { caller }: Call,
  query: Omit<GrantQuery, 'now' | 'visibleTo'>,
): Promise<Page<Grant, string>> {
  const now = broker.clock()
  const all = isAuditor(broker, caller) || isOperator(broker, caller)
  const sifted = !all && mightApprove(broker, caller)
  const visible = all ? {} : { visibleTo: { subject: caller.subject, open: sifted } }
  const items: Grant[] = []
  let { before } = query
  for (let rows = 0; rows < most; rows += batch) {
    const limit = sifted ? batch : query.limit + 1
    const page = { ...query, ...(before !== undefined && { before }), limit, now }
    const found = await broker.store.search({ ...page, ...visible })
    const own = sifted ? await ownAmong(broker, caller, page) : undefined
    for (const grant of found) {
      before = grant.id
      if (own && !own.has(grant.id) && !isApprover(broker, grant, caller, now)) continue
      const last = items.at(-1)
      if (items.length === query.limit && last) return { items, next: last.id }
      items.push(current(grant, now))
    }
    if (found.length < limit) return { items }
  }
  return { items, ...(before !== undefined && { next: before }) }
}

/** The ids, of the same page, that are the caller's whatever the rules say: asked by or for them, or voted on. */
async function ownAmong(broker: Broker, { subject }: Caller, page: GrantQuery): Promise<ReadonlySet<string>> {
  const own = await broker.store.search({ ...page, visibleTo: { subject, open: false } })
  return new Set(own.map(({ id }) => id))
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
