import { iso, type Instant } from '../time.js'
import type { Block } from '../decision/block.js'
import type { Broker } from './broker.js'
import type { Denial, DenyEntry } from './denial.js'
import { sessionsEnd } from './denials.js'
import type { Snapshot } from './grant.js'
import { reachOf } from './reach.js'

/** What becomes of sessions that are out when nothing more is issued. */
export interface Aftermath {
  /** When the last of them ends by itself. */
  readonly until: Instant
  /** `written`: AWS denies them, within minutes; `due`: it is to, and has not taken it yet; `none`: it does not. */
  readonly aws: 'written' | 'due' | 'none'
  readonly writtenAt?: Instant
  /** Why AWS has not taken it. */
  readonly fault?: string
  readonly detail: string
}

/** The aftermath in one IAM role. */
export interface RoleAftermath extends Aftermath {
  readonly arn: string
  readonly role: string
}

/** The same snapshot, with what becomes of its sessions where it is closed and some may live. */
export async function withAftermath(broker: Broker, snapshot: Snapshot): Promise<Snapshot> {
  const { grant } = snapshot
  const until = sessionsEnd(snapshot)
  const closed = grant.state === 'revoked' || grant.state === 'ended'
  if (!closed || !grant.scope || until === undefined || until <= broker.clock()) return snapshot
  const [denial] = await broker.store.denials({ arns: [grant.scope.arn] })
  const theirs = ({ whose, before }: DenyEntry): boolean =>
    whose === 'everybody'
      ? snapshot.issuances.every(({ startedAt }) => startedAt < before)
      : 'grant' in whose
        ? whose.grant === grant.id
        : whose.subject === grant.asker.subject
  return { ...snapshot, aftermath: told(denial, denial?.entries.filter(theirs), until) }
}

/** What becomes of the sessions that a block finds, role by role. */
export async function aftermathOf(broker: Broker, block: Block): Promise<readonly RoleAftermath[]> {
  const reach = await reachOf(broker, block)
  const found = await broker.store.denials({ arns: [...reach.keys()] })
  const denials = new Map(found.map((denial) => [denial.arn, denial]))
  return [...reach].flatMap(([arn, { role, until }]) => {
    const denial = denials.get(arn)
    const entries = denial?.entries.filter((entry) => entry.block === block.id)
    const ends = Math.max(until, ...(entries ?? []).map((entry) => entry.until))
    return ends > broker.clock() ? [{ arn, role, ...told(denial, entries, ends) }] : []
  })
}

function told(denial: Denial | undefined, entries: readonly DenyEntry[] = [], until: Instant): Aftermath {
  if (entries.length === 0)
    return {
      until,
      aws: 'none',
      detail: `Nothing fresh is issued. Nothing is denied in AWS: what is out works until ${iso(until)} at most.`,
    }
  const times = entries.map(({ writtenAt }) => writtenAt)
  const done = times.filter((at) => at !== undefined)
  if (done.length > 0) {
    const writtenAt = Math.min(...done)
    return {
      until,
      aws: 'written',
      writtenAt,
      detail: `The deny was written at ${iso(writtenAt)}; AWS applies it within minutes.`,
    }
  }
  const fault = denial?.failed?.fault
  return {
    until,
    aws: 'due',
    ...(fault !== undefined && { fault }),
    detail: `AWS has not taken the deny yet${fault ? ` (${fault})` : ''}; it is tried again. Until then what is out works, until ${iso(until)} at most.`,
  }
}
