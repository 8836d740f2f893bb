import type { Beginning } from '../audit/beginning.js'
import type { Entry } from '../audit/event.js'
import { Fault } from '../fault.js'
import { arnFault } from '../iam/arn.js'
import { accessTo } from '../iam/resource-access.js'
import type { AccessLevel } from '../iam/services.js'
import type { Caller } from '../identity/caller.js'
import { withAftermath } from './aftermath.js'
import type { Broker, Call } from './broker.js'
import { onRecord } from './commit.js'
import { looked } from './events.js'
import type { Grant, Snapshot } from './grant.js'
import { current } from './states.js'
import { beginningOf, droppedTo } from './retention.js'
import type { EventQuery, GrantQuery } from './store.js'
import type { Instant } from '../time.js'
import { asOf, isApprover, isAuditor, isOperator, isReviewer, mightApprove, seen } from './visible.js'

/** What is asked for: what the store finds, and of that the grants that could do something to a resource. */
export interface Search extends Omit<GrantQuery, 'now' | 'visibleTo'> {
  /** An ARN, or a pattern of ARNs. */
  readonly resource?: string
  /** What could be done to it; anything, if left out. */
  readonly access?: AccessLevel
}

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

/** Could this grant, while its window was open, do that to the resource? */
function reaching({ resource, access }: Search): (grant: Grant) => boolean {
  if (resource === undefined) return () => true
  const wrong = resource === '*' ? 'Name the resource by its ARN.' : arnFault(resource)
  if (wrong !== undefined) throw new Fault('invalid_request', wrong)
  const could = accessTo(resource, access)
  if (!could)
    throw new Fault(
      'invalid_request',
      `AWS documents no such action on ${resource}. Is it the ARN of a resource?`,
    )
  return ({ activeAt, scope }) => activeAt !== undefined && scope !== undefined && could(scope.statements)
}

/** Rows looked at in one go, and at most for one page, where each must be sifted by today's rules. */
const batch = 200
const most = 2_000

/**
 * Grants that the caller may see, newest first. Auditors and operators see all; others their own, those
 * they voted on, open ones of which they are an approver, and those that they are to review. There is a `next` where another grant comes after;
 * and, where each must be looked at (for an approver, or for a resource), where too many came first that are not
 * among them to look further now. That somebody looked at what others had is on the log.
 */
export async function search(broker: Broker, call: Call, asked: Search): Promise<Page<Grant, string>> {
  const { caller } = call
  const { resource, access: _, ...query } = asked
  const now = broker.clock()
  const reaches = reaching(asked)
  const all = isAuditor(broker, caller) || isOperator(broker, caller)
  if (all && query.subject !== caller.subject) {
    const { limit: _, ...grants } = asked
    await broker.store.commit({ events: [looked(call, now, { grants })] })
  }
  const judged = !all && mightApprove(broker, caller)
  const sifted = judged || resource !== undefined
  const visible = all ? {} : { visibleTo: { subject: caller.subject, open: judged } }
  const items: Grant[] = []
  let { before } = query
  for (let rows = 0; rows < most; rows += batch) {
    const limit = sifted ? batch : query.limit + 1
    const page = { ...query, ...(before !== undefined && { before }), limit, now }
    const found = await broker.store.search({ ...page, ...visible })
    const own = judged ? await ownAmong(broker, caller, page) : undefined
    for (const grant of found) {
      before = grant.id
      if (!reaches(grant)) continue
      if (own && !own.has(grant.id) && !concerns(broker, grant, caller, now)) continue
      const last = items.at(-1)
      if (items.length === query.limit && last) return { items, next: last.id }
      items.push(current(grant, now))
    }
    if (found.length < limit) return { items }
  }
  return { items, ...(before !== undefined && { next: before }) }
}

const concerns = (broker: Broker, grant: Grant, caller: Caller, now: Instant): boolean =>
  isApprover(broker, grant, caller, now) || isReviewer(broker, grant, caller, now)

/** The ids, of the same page, that are the caller's whatever the rules say: asked by or for them, or voted on. */
async function ownAmong(broker: Broker, { subject }: Caller, page: GrantQuery): Promise<ReadonlySet<string>> {
  const own = await broker.store.search({ ...page, visibleTo: { subject, open: false } })
  return new Set(own.map(({ id }) => id))
}

/**
 * Events of the audit log, oldest first. For auditors and operators; that they looked is on the log itself. With a
 * `beginning` where all events are wanted, and the first ones were dropped.
 */
export async function readEvents(
  broker: Broker,
  call: Call,
  query: EventQuery,
): Promise<Page<Entry, number> & { readonly beginning?: Beginning }> {
  return onRecord(broker, call, 'audit.read', undefined, async () => {
    if (!isAuditor(broker, call.caller) && !isOperator(broker, call.caller))
      throw new Fault('forbidden', 'The audit log is for auditors and operators.')
    const { limit, ...filters } = query
    await broker.store.commit({ events: [looked(call, broker.clock(), { filters })] })
    const dropped = await droppedTo(broker.store)
    const after = Math.max(query.after ?? 0, dropped)
    const entries = await broker.store.events({ ...query, after, limit: limit + 1 })
    const items = entries.slice(0, limit)
    const last = items.at(-1)
    const whole = Object.keys(filters).every((filter) => filter === 'after') && (query.after ?? 0) < dropped
    const beginning = whole ? await beginningOf(broker.store) : undefined
    return {
      items,
      ...(entries.length > limit && last && { next: last.seq }),
      ...(beginning && { beginning }),
    }
  })
}
