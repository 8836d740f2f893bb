import type { Event, EventKind } from '../audit/event.js'
import type { Role, Target } from '../catalog/catalog.js'
import { Fault, type FaultCode } from '../fault.js'
import { sessionName, sourceIdentity } from '../iam/names.js'
import { compile, compileBounds } from '../iam/session-policy.js'
import type { Broker } from './broker.js'
import { self } from './events.js'
import type { Minted, Order } from './mint.js'

/** What STS said to one role, assumed from one region as Stint assumes it. */
export interface Checked {
  readonly role: string
  readonly account: string
  readonly arn: string
  readonly region: string
  readonly sessionName: string
  readonly said:
    | { readonly ok: true; readonly packedPolicySize?: number }
    | {
        readonly ok: false
        readonly fault: Fault
        /** What can be at fault, the likeliest first; empty where nothing that was written is. */
        readonly suspects: readonly string[]
      }
}

const ownPolicy = 'the policy of the identity that Stint runs under'

/**
 * AWS names the action or the parameter that it refused, and never the document. An organisation's control
 * policies refuse in the same words as an account's own.
 */
const suspects: Partial<Record<FaultCode, readonly string[]>> = {
  sts_denied: [
    'the trust policy of the IAM role',
    ownPolicy,
    'a service or resource control policy of the organisation',
  ],
  sts_rejected: ["the role's entry in the configuration", 'MaxSessionDuration of the IAM role'],
  sts_policy_too_large: ["the role's ceiling in the configuration"],
  sts_region_disabled: ['the STS endpoints under Account settings of IAM, in the account of the broker'],
  sts_broker_credentials: ["Stint's own credentials"],
}

/** Tags count for the packed size too: as long as those of a session mostly are. */
const tags = { 'stint:grant': '0'.repeat(26), 'stint:ticket': 'CHECK-12345678' }

/**
 * Proves against AWS that a role can be assumed: once, with the broker's own settings, the whole ceiling (or
 * the managed policy that holds it) and its bounds, and the longest lifetime of the role. The session can do
 * nothing, since the end in its time bound, a Deny of everything, lies in 1970; its policy is just as long as
 * a real one. The credentials are dropped here. That it was done is on the record before STS is called, and
 * what came of it after.
 * Rejects with `store_unavailable` when that cannot be written; nothing was called then.
 */
export async function checkRole(
  broker: Pick<Broker, 'store' | 'mint' | 'clock' | 'newId'>,
  role: Role,
  target: Target,
  region: string,
): Promise<Checked> {
  const { account, arn } = target
  const order = await orderFor(broker, role, target, region)
  const about = { role: role.name, account, arn, region, sessionName: order.sessionName }
  const record = (kind: EventKind, data: Event['data']) =>
    broker.store.commit({ events: [{ kind, at: broker.clock(), by: self, data: { ...about, ...data } }] })

  const { sourceIdentity: source, durationSeconds, policy, policyArns } = order
  await record('check.started', {
    sourceIdentity: source,
    durationSeconds,
    policy: JSON.parse(policy) as unknown,
    ...(policyArns && { policyArns }),
    ...(order.tags && { tags: order.tags }),
  })
  const minted = await broker.mint.assume(order)
  await record('check.done', outcome(minted))
  return {
    ...about,
    said: minted.ok
      ? { ok: true, ...sizeOf(minted) }
      : { ok: false, fault: minted.fault, suspects: suspectsOf(minted.fault.code, order) },
  }
}

/** STS does not say that it was the managed policy, nor how it calls one that is not there. */
function suspectsOf(code: FaultCode, { policyArns }: Order): readonly string[] {
  const usual = suspects[code] ?? []
  const may = code === 'sts_denied' || code === 'sts_rejected' || code === 'sts_policy_too_large'
  return policyArns && may ? [...usual, `the managed policy ${policyArns.join()}`] : usual
}

async function orderFor(
  broker: Pick<Broker, 'mint' | 'clock' | 'newId'>,
  role: Role,
  { arn, ceiling, managed, regions }: Target,
  region: string,
): Promise<Order> {
  const { egress, externalId } = role
  const bounds = { notAfter: 0, regions, ...(egress && { egress }) }
  const inline = compile(ceiling, bounds)
  const policyArns = !inline.ok && managed ? [managed.arn] : undefined
  const policy = policyArns ? compileBounds(ceiling, bounds) : inline
  // The configuration was compiled with a bound that is just as long.
  if (!policy.ok) throw new Fault('sts_policy_too_large', policy.detail)
  const { person, workload } = role.limits
  const lifetime = Math.min(
    Math.max(person.lifetime, workload.lifetime),
    (await broker.mint.longest()) ?? Infinity,
  )
  return {
    roleArn: arn,
    sessionName: sessionName(self, broker.newId(broker.clock())),
    sourceIdentity: sourceIdentity(self),
    durationSeconds: Math.max(900, Math.ceil(lifetime / 1000)),
    policy: policy.json,
    ...(policyArns && { policyArns }),
    region,
    ...(externalId !== undefined && { externalId }),
    ...(role.tags && { tags }),
  }
}

const sizeOf = ({ packedPolicySize }: Minted & { ok: true }) =>
  packedPolicySize === undefined ? {} : { packedPolicySize }

/** Recorded to join CloudTrail on, like an issuance; access key ids are no secrets. */
function outcome(minted: Minted): Event['data'] {
  const { attempts, requestId } = minted
  const called = { attempts, ...(requestId !== undefined && { stsRequestId: requestId }) }
  if (!minted.ok) return { ok: false, fault: minted.fault.code, certain: minted.certain, ...called }
  return {
    ok: true,
    accessKeyId: minted.credentials.accessKeyId,
    assumedRoleId: minted.assumedRoleId,
    ...sizeOf(minted),
    ...called,
  }
}
