import type { Block } from '../decision/block.js'
import { parseArn } from '../iam/arn.js'
import type { Duration, Instant } from '../time.js'
import type { Broker } from './broker.js'
import type { DenyEntry } from './denial.js'
import { mayLive } from './deny-policy.js'
import type { Snapshot } from './grant.js'
import type { Change } from './store.js'

/** The longest that any session lives (IAM, MaxSessionDuration): what is older has ended by itself. */
const longestSession: Duration = 12 * 3_600_000

/** By how much AWS's clock, which says when a session was issued, may be before Stint's. */
const skew: Duration = 60_000

/** When the last session of a grant ends: what STS never answered lives no longer than its window. */
export function sessionsEnd({ grant, issuances }: Snapshot): Instant | undefined {
  const ends = issuances.filter(mayLive).map(({ expiresAt }) => expiresAt ?? grant.endsAt ?? 0)
  return ends.length > 0 ? Math.max(...ends) : undefined
}

/** The role's own entry decides whether, and how, Stint may deny in AWS; without a way to IAM it may not. */
const howOf = (broker: Broker, role: string) => broker.deny && broker.catalog().roles.get(role)?.revoke

/**
 * What AWS is to deny of a grant that is closed now: its sessions by name. Nothing where none lives, and
 * nothing by AWS's deny-all policy, which would stop everybody in the role for the sake of one.
 */
export async function denyGrant(
  broker: Broker,
  snapshot: Snapshot,
  now: Instant,
): Promise<Pick<Change, 'denials'>> {
  const { scope, id } = snapshot.grant
  const until = sessionsEnd(snapshot)
  if (!scope || until === undefined || until <= now || howOf(broker, scope.role) !== 'inline') return {}
  const entry = { whose: { grant: id }, before: now + skew, until }
  return added(broker, new Map([[scope.arn, { role: scope.role, entry }]]), now)
}

/** What AWS is to deny for a block: in each IAM role that it reaches, what was issued before it. */
export async function denyBlock(
  broker: Broker,
  block: Block,
  roles: ReadonlyMap<string, string>,
): Promise<Pick<Change, 'denials'>> {
  const whose = block.of === 'subject' ? { subject: block.name } : 'everybody'
  const entry = { whose, block: block.id, before: block.at + skew, until: block.at + longestSession } as const
  const wanted = [...roles].filter(([, role]) => howOf(broker, role) !== undefined)
  return added(broker, new Map(wanted.map(([arn, role]) => [arn, { role, entry }])), block.at)
}

/** Attached, the deny-all policy stops new sessions too: once a block is lifted, its entries have had their time. */
export async function allowAgain(
  broker: Broker,
  block: Block,
  roles: ReadonlyMap<string, string>,
  now: Instant,
): Promise<Pick<Change, 'denials'>> {
  const found = await broker.store.denials({ arns: [...roles.keys()] })
  const attached = found.filter(
    ({ how, entries }) => how === 'attach' && entries.some((entry) => entry.block === block.id),
  )
  return {
    denials: attached.map((denial) => ({
      ...denial,
      version: denial.version + 1,
      dueAt: now,
      entries: denial.entries.map((entry) => (entry.block === block.id ? { ...entry, until: now } : entry)),
    })),
  }
}

async function added(
  broker: Broker,
  wanted: ReadonlyMap<string, { readonly role: string; readonly entry: DenyEntry }>,
  now: Instant,
): Promise<Pick<Change, 'denials'>> {
  if (wanted.size === 0) return {}
  const found = new Map(
    (await broker.store.denials({ arns: [...wanted.keys()] })).map((one) => [one.arn, one]),
  )
  return {
    denials: [...wanted].map(([arn, { role, entry }]) => {
      const before = found.get(arn)
      const entries = before?.entries ?? []
      // What is written one way is taken back that way, before it is done another.
      const how = (entries.length > 0 ? before?.how : undefined) ?? howOf(broker, role) ?? 'inline'
      return {
        ...before,
        arn,
        how,
        version: (before?.version ?? 0) + 1,
        entries: [...entries, entry],
        dueAt: now,
      }
    }),
  }
}

/** The account that an IAM role lies in. */
export const accountIn = (arn: string): string => parseArn(arn)?.account ?? ''
