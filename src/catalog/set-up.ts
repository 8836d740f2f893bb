import { parseArn } from '../iam/arn.js'
import type { Statement } from '../iam/statement.js'
import type { Role, Target } from './catalog.js'

/** An IAM policy document, as its JSON is. */
export interface PolicyJson {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Readonly<Record<string, unknown>>[]
}

/** What an account needs for one role of the catalogue. */
export interface SetUp {
  readonly account: string
  readonly arn: string
  readonly name: string
  /** `/`, or with further names between slashes. */
  readonly path: string
  /** Seconds: IAM takes an hour to twelve (IAM API, CreateRole). */
  readonly maxSessionDuration: number
  readonly trust: PolicyJson
  readonly permissions: PolicyJson
}

/** The IAM role that a catalogue's role wants in one account, trusting the principal `broker` and nobody else. */
export function setUp(role: Role, target: Target, broker: string): SetUp {
  const { resource = '' } = parseArn(target.arn) ?? {}
  const path = resource.slice('role'.length, resource.lastIndexOf('/') + 1)
  const { person, workload } = role.limits
  const seconds = Math.ceil(Math.max(person.lifetime, workload.lifetime) / 1000)
  return {
    account: target.account,
    arn: target.arn,
    name: resource.slice(resource.lastIndexOf('/') + 1),
    path,
    maxSessionDuration: Math.min(43_200, Math.max(3_600, seconds)),
    trust: trust(role, broker),
    permissions: policy(target.ceiling.map(allow)),
  }
}

/**
 * The broker's own policy: to assume each role of the catalogue as Stint does, and nothing else. It is one
 * policy for all of them, for a broker has one.
 */
export function brokerPolicy(roles: Iterable<Role>): PolicyJson {
  const all = [...roles]
  const arns = (some: readonly Role[]): readonly string[] => [
    ...new Set(some.flatMap(({ targets }) => [...targets.values()].map(({ arn }) => arn))),
  ]
  const tagged = arns(all.filter(({ tags }) => tags))
  return policy([
    { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'], Resource: arns(all) },
    ...(tagged.length > 0 ? [{ Effect: 'Allow', Action: 'sts:TagSession', Resource: tagged }] : []),
  ])
}

const policy = (Statement: PolicyJson['Statement']): PolicyJson => ({ Version: '2012-10-17', Statement })

/**
 * `sts:ExternalId` is a key of AssumeRole alone (Service Authorization Reference, AWS STS), so what comes
 * with it stands in a statement of its own; without AssumeRole that gives nobody anything.
 */
function trust({ externalId, tags }: Role, broker: string): PolicyJson {
  const Principal = { AWS: broker }
  const also = ['sts:SetSourceIdentity', ...(tags ? ['sts:TagSession'] : [])]
  if (externalId === undefined)
    return policy([{ Effect: 'Allow', Principal, Action: ['sts:AssumeRole', ...also] }])
  return policy([
    {
      Effect: 'Allow',
      Principal,
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    },
    { Effect: 'Allow', Principal, Action: also },
  ])
}

const allow = ({ actions, resources, conditions = {} }: Statement) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
  ...(Object.keys(conditions).length > 0 && { Condition: conditions }),
})
