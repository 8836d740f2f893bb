import { holds } from '../decision/votes.js'
import type { Judgement } from '../decision/judge.js'
import { sentenceOf, type Scope } from '../decision/decision.js'
import { Fault } from '../fault.js'
import { compile, compileBounds } from '../iam/session-policy.js'
import { sessionName, sourceIdentity, tagValue } from '../iam/names.js'
import type { Duration, Instant } from '../time.js'
import type { Broker } from './broker.js'
import type { Grant, Issuance, Snapshot } from './grant.js'
import type { Order } from './mint.js'

/** One issuance about to be made: its record as `started`, and what STS is to be asked. */
export interface Prepared {
  readonly row: Issuance
  readonly order: Order
  /** When the credentials stop working, by the session policy's own Deny. */
  readonly notAfter: Instant
}

/** STS gives no session shorter than this; what is shorter is cut off by the session policy's time bound. */
const shortestSession = 900

/** Refuses unless the decision holds now, with the votes that were cast. */
export function mustHold(judgement: Judgement, { votes }: Pick<Snapshot, 'votes'>): Scope {
  const { decision } = judgement
  if (
    decision.scope &&
    holds(
      judgement,
      votes.filter(({ answer }) => answer === 'yes'),
    )
  )
    return decision.scope
  const failed = decision.checks.filter(({ ok }) => !ok)
  throw new Fault(
    'denied',
    failed.length > 0
      ? sentenceOf(failed)
      : 'The rules ask for more approval now than this grant was given. Ask again.',
    { members: { checks: decision.checks, decision } },
  )
}

/**
 * Works out the AssumeRole for an active grant: pinned role and statements, today's lifetime where that is
 * shorter, and explicit Denies past the earlier of the credential's own end and the window's.
 * `longest` is the mint's own cap.
 */
export function prepare(
  broker: Broker,
  grant: Grant,
  scope: Scope,
  longest: Duration | undefined,
  now: Instant,
): Prepared {
  const role = broker.catalog().roles.get(scope.role)
  const lifetime = shortest(
    scope.lifetime,
    role?.limits[grant.asker.kind].lifetime,
    longest,
    (grant.endsAt ?? now) - now,
  )
  // IAM compares whole seconds: what is answered must not promise the rest of one.
  const notAfter = Math.floor((now + lifetime) / 1000) * 1000
  if (notAfter <= now) throw nothingLeft()
  const { regions, egress, managed } = scope
  const policy = (managed ? compileBounds : compile)(scope.statements, {
    notAfter,
    regions,
    ...(egress && { egress }),
  })
  if (!policy.ok) throw new Fault('sts_policy_too_large', policy.detail)

  const id = broker.newId(now)
  const name = sessionName(grant.asker.subject, id)
  return {
    row: { id, grant: grant.id, state: 'started', sessionName: name, startedAt: now },
    notAfter,
    order: {
      roleArn: scope.arn,
      sessionName: name,
      sourceIdentity: sourceIdentity(grant.asker.subject),
      durationSeconds: Math.max(shortestSession, Math.ceil(lifetime / 1000)),
      policy: policy.json,
      ...(managed && { policyArns: [managed.arn] }),
      // The first region of the work: a far region's outage then stops nobody who does not work there.
      region: regions[0] ?? '',
      ...(role?.externalId !== undefined && { externalId: role.externalId }),
      ...(role?.tags && { tags: tagsOf(grant) }),
    },
  }
}

function shortest(...durations: readonly (Duration | undefined)[]): Duration {
  return Math.min(...durations.filter((duration) => duration !== undefined))
}

const nothingLeft = () => new Fault('conflict', 'Nothing is left of the window. Ask again for a new one.')

const tagsOf = (grant: Grant): Readonly<Record<string, string>> => ({
  'stint:grant': grant.id,
  ...(grant.ask.ticket !== undefined && { 'stint:ticket': tagValue(grant.ask.ticket) }),
})
