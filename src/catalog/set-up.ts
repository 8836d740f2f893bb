import { parseArn } from '../iam/arn.js'
import type { Revoking, Role, Target } from './catalog.js'
import { ceilingPolicy, policyJson, type PolicyJson } from './ceiling-policy.js'
import { onlyOn, type Revoker } from './revoking.js'

/** What an account needs for one role of the catalogue. */
export interface SetUp extends Named {
  readonly account: string
  readonly arn: string
  /** Seconds: IAM takes an hour to twelve (IAM API, CreateRole). */
  readonly maxSessionDuration: number
  readonly trust: PolicyJson
  readonly permissions: PolicyJson
  /** The managed policy that its entry names: the same document as its own, but sessions are given it. */
  readonly managed?: Named & { readonly sha256: string }
  readonly revoking?: RevokingSetUp
}

/** What an account needs besides, for Stint to deny in AWS on the role. */
interface RevokingSetUp {
  /** The managed policy to set as the role's permissions boundary; attaching AWS's deny-all needs none. */
  readonly boundary?: Named & { readonly arn: string; readonly document: PolicyJson }
  /** The principal that revokes: a role of the account, or the broker itself. */
  readonly revoker?: Named & { readonly trust: PolicyJson }
  /** What that principal may do. */
  readonly policy: PolicyJson
}

interface Named {
  readonly name: string
  /** `/`, or with further names between slashes. */
  readonly path: string
}

/** The IAM role that a catalogue's role wants in one account, trusting the principal `broker` and nobody else. */
export function setUp(role: Role, target: Target, broker: string, revoker?: Revoker): SetUp {
  const { managed } = target
  const { person, workload } = role.limits
  const seconds = Math.ceil(Math.max(person.lifetime, workload.lifetime) / 1000)
  return {
    account: target.account,
    arn: target.arn,
    ...named(target.arn),
    maxSessionDuration: Math.min(43_200, Math.max(3_600, seconds)),
    trust: trust(role, broker),
    permissions: ceilingPolicy(target.ceiling),
    ...(role.revoke && { revoking: revokingSetUp(role.revoke, target, broker, revoker) }),
    ...(managed && { managed: { ...named(managed.arn), sha256: managed.sha256 } }),
  }
}

function revokingSetUp(
  how: Revoking,
  { account, arn, ceiling }: Target,
  broker: string,
  revoker: Revoker | undefined,
): RevokingSetUp {
  const boundaryArn = `${arn.replace(':role/', ':policy/')}-boundary`
  const boundary = { ...named(boundaryArn), arn: boundaryArn, document: ceilingPolicy(ceiling) }
  const { externalId } = revoker ?? {}
  return {
    ...(how === 'inline' && { boundary }),
    ...(revoker && {
      revoker: {
        ...named(revoker.arn.replaceAll('{account}', account)),
        trust: trust({ ...(externalId !== undefined && { externalId }), tags: false }, broker),
      },
    }),
    policy: onlyOn({ arn, how }, how === 'inline' ? boundaryArn : undefined),
  }
}

/**
 * The broker's own policy: to assume each role of the catalogue as Stint does, and nothing else. It is one
 * policy for all of them, for a broker has one.
 */
export function brokerPolicy(roles: Iterable<Role>, revoker?: Revoker): PolicyJson {
  const all = [...roles]
  const revoked = all.filter(({ revoke }) => revoke).flatMap(({ targets }) => [...targets.keys()])
  const revokers = revoker ? new Set(revoked.map((id) => revoker.arn.replaceAll('{account}', id))) : []
  const arns = (some: readonly Role[]): readonly string[] => [
    ...new Set(some.flatMap(({ targets }) => [...targets.values()].map(({ arn }) => arn))),
  ]
  const tagged = arns(all.filter(({ tags }) => tags))
  return policyJson([
    {
      Effect: 'Allow',
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      Resource: [...arns(all), ...revokers],
    },
    ...(tagged.length > 0 ? [{ Effect: 'Allow', Action: 'sts:TagSession', Resource: tagged }] : []),
  ])
}

/** Name and path in the ARN of a role or a policy. */
function named(arn: string): Named {
  const { resource = '' } = parseArn(arn) ?? {}
  const last = resource.lastIndexOf('/') + 1
  return { name: resource.slice(last), path: resource.slice(resource.indexOf('/'), last) }
}

/**
 * `sts:ExternalId` is a key of AssumeRole alone (Service Authorization Reference, AWS STS), so what comes
 * with it stands in a statement of its own; without AssumeRole that gives nobody anything.
 */
function trust({ externalId, tags }: Pick<Role, 'externalId' | 'tags'>, broker: string): PolicyJson {
  const Principal = { AWS: broker }
  const also = ['sts:SetSourceIdentity', ...(tags ? ['sts:TagSession'] : [])]
  if (externalId === undefined)
    return policyJson([{ Effect: 'Allow', Principal, Action: ['sts:AssumeRole', ...also] }])
  return policyJson([
    {
      Effect: 'Allow',
      Principal,
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    },
    { Effect: 'Allow', Principal, Action: also },
  ])
}
