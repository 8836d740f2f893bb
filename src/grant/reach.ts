import { isOn, type Block } from '../decision/block.js'
import type { Duration, Instant } from '../time.js'
import type { Broker } from './broker.js'
import { pagesOf } from './pages.js'

/** Longer than any grant can wait for approval and then last: none that is older has a session. */
const longAgo: Duration = 30 * 24 * 3_600_000

/** The IAM roles in which a block finds sessions: by ARN, the catalogue's name and when the last of them ends. */
export interface Reach {
  readonly role: string
  readonly until: Instant
}

/**
 * Where sessions may live that a block is on: in the pinned roles of grants whose window would be open still, and of
 * a role, an account or everything in all that the catalogue has, since AWS may know sessions that Stint does not.
 */
export async function reachOf(broker: Broker, block: Block): Promise<ReadonlyMap<string, Reach>> {
  const reach = new Map<string, Reach>()
  const add = (arn: string, role: string, until: Instant): void =>
    void reach.set(arn, { role, until: Math.max(until, reach.get(arn)?.until ?? 0) })
  const now = broker.clock()
  if (block.of !== 'subject')
    for (const role of broker.catalog().roles.values())
      for (const { account, arn } of role.targets.values())
        if (role.revoke && isOn(block, { asker: nobody, role: role.name, account })) add(arn, role.name, 0)

  const query =
    block.of === 'subject'
      ? { subject: block.name, from: now - longAgo }
      : {
          states: ['active'] as const,
          ...(block.of === 'role' && { role: block.name }),
          ...(block.of === 'account' && { account: block.name }),
        }
  for await (const { asker, scope, activeAt, endsAt = 0 } of pagesOf(broker, query)) {
    // Sessions of a run that somebody stands behind are not known by that person's name: they are denied one by one.
    const theirs = block.of !== 'subject' || asker.subject === block.name
    if (scope && activeAt !== undefined && endsAt > now && theirs) add(scope.arn, scope.role, endsAt)
  }
  return reach
}

/** A block that is on somebody's name is never on a role. */
const nobody = { subject: '', issuer: '', kind: 'workload', groups: [], claims: {} } as const
