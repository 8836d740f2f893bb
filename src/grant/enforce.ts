import type { Duration, Instant } from '../time.js'
import type { Broker } from './broker.js'
import { commit, tries } from './commit.js'
import type { Denial, DenyEntry } from './denial.js'
import { accountIn } from './denials.js'
import { longestWrite, type Denied } from './deny.js'
import { denyPolicies } from './deny-policy.js'
import { written } from './events.js'

/** How long one process has the turn to write a role's policy: longer than a write can take. */
const turn: Duration = 2 * longestWrite

/** What failed is tried again after so long, and then after twice as long each time. */
const pause = { first: 5_000, longest: 300_000 } as const

/** How many roles are written at once: IAM throttles an account early. */
export const atOnce = 10

/**
 * Makes AWS deny, on each of these IAM roles, what the store says: the whole policy from all that is to be
 * denied there now. One process at a time writes a role's; what comes meanwhile is written next. What AWS does not take
 * is recorded, and stays due.
 */
export async function enforce(broker: Broker, arns: readonly string[]): Promise<void> {
  const left = [...arns]
  const work = async () => {
    for (let arn = left.shift(); arn !== undefined; arn = left.shift()) await enforceOne(broker, arn)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** Writes what is due: new, failed before, or to be pruned since its sessions have ended. Says how many roles. */
export async function enforceDue(broker: Broker): Promise<number> {
  if (!broker.deny) return 0
  const due = await broker.store.denials({ due: broker.clock(), limit: 200 })
  await enforce(
    broker,
    due.map(({ arn }) => arn),
  )
  return due.length
}

async function enforceOne(broker: Broker, arn: string): Promise<void> {
  const { deny, clock, store, newId } = broker
  const now = clock()
  const [found] = await store.denials({ arns: [arn] })
  if (!deny || !found || (found.heldUntil ?? 0) > now) return
  const held = { ...found, version: found.version + 1, heldUntil: now + turn, dueAt: now + turn }
  if (!(await commit(broker, { denials: [held], events: [] })).ok) return

  const standing = found.entries.filter(({ until }) => until > now)
  const grants = standing.flatMap(({ whose }) =>
    typeof whose === 'object' && 'grant' in whose ? [whose.grant] : [],
  )
  const snapshots = await Promise.all([...new Set(grants)].map((id) => store.snapshot(id)))
  const sessions = new Map(snapshots.flatMap((one) => (one ? [[one.grant.id, one.issuances] as const] : [])))
  const documents = denyPolicies(standing, (grant) => sessions.get(grant) ?? [])
  const account = accountIn(arn)
  const denied = await deny.write({ arn, account, how: found.how, documents, id: newId(now) })
  await settleOne(broker, arn, { standing, denied, document: documents[taken(denied)] })
}

const taken = (denied: Denied): number => (denied.ok ? (denied.taken ?? 0) : 0)

interface Attempt {
  readonly standing: readonly DenyEntry[]
  readonly denied: Denied
  readonly document: string | undefined
}

/** Gives the turn back, and says what came of it; what was added meanwhile is due at once. */
async function settleOne(broker: Broker, arn: string, attempt: Attempt): Promise<void> {
  const { standing, denied, document } = attempt
  const told = new Set(standing.map(keyOf))
  for (let round = 0; round < tries; round++) {
    const [found] = await broker.store.denials({ arns: [arn] })
    if (!found) return
    const now = broker.clock()
    const { heldUntil: _, failed: before, dueAt: __, ...rest } = found
    const entries = denied.ok
      ? found.entries
          .filter((entry) => told.has(keyOf(entry)) || entry.until > now)
          .map((entry) => (told.has(keyOf(entry)) ? { writtenAt: now, ...entry } : entry))
      : found.entries
    const times = (before?.times ?? 0) + 1
    const after: Denial = {
      ...rest,
      version: found.version + 1,
      entries,
      ...(denied.ok ? {} : { failed: { times, at: now, fault: denied.fault } }),
      ...next(entries, denied, now, times),
    }
    const about = {
      how: found.how,
      entries: standing.map(({ writtenAt: ___, ...entry }) => entry),
      ...(found.how === 'inline' && document !== undefined && { policy: JSON.parse(document) as unknown }),
      ...(taken(denied) > 0 && {
        warning: 'no room for single sessions: all that were issued before are denied',
      }),
    }
    const outcome = await commit(broker, { denials: [after], events: [written(arn, denied, about, now)] })
    if (outcome.ok) return
  }
}

/** When somebody has to look again: at once for what is new, after a pause for what failed, at the first end else. */
function next(
  entries: readonly DenyEntry[],
  denied: Denied,
  now: Instant,
  times: number,
): Pick<Denial, 'dueAt'> {
  if (!denied.ok) return { dueAt: now + Math.min(pause.longest, pause.first * 2 ** Math.min(times - 1, 10)) }
  if (entries.some(({ writtenAt }) => writtenAt === undefined)) return { dueAt: now }
  return entries.length > 0 ? { dueAt: Math.min(...entries.map(({ until }) => until)) } : {}
}

const keyOf = ({ whose, block, before }: DenyEntry): string => JSON.stringify([whose, block, before])
