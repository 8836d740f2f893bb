import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  paginateListRolePolicies,
  PutRolePolicyCommand,
  type IAMClientConfig,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

/** Where AWS is, and with what its account is worked on; all of it AWS's own and the default chain's when left out. */
export interface Place {
  readonly region: string
  readonly credentials?: NonNullable<IAMClientConfig['credentials']>
  readonly iam?: string
  readonly sts?: string
}

/** The one role that is made, with the one policy that it has of its own. */
export interface SmokeRole {
  readonly name: string
  readonly arn: string
  readonly externalId: string
}

const clientOf = ({ region, credentials, iam }: Place) =>
  new IAMClient({ region, ...(credentials && { credentials }), ...(iam !== undefined && { endpoint: iam }) })

/** The account whose keys these are, as AWS says it. Rejects where there are none, or AWS refuses them. */
export async function accountOf({ region, credentials, sts }: Place): Promise<string> {
  const client = new STSClient({
    region,
    ...(credentials && { credentials }),
    ...(sts !== undefined && { endpoint: sts }),
  })
  try {
    return (await client.send(new GetCallerIdentityCommand({}))).Account ?? 'none'
  } finally {
    client.destroy()
  }
}

/** The tables that it may read: there are none of these names, and AWS says who may look before it says so. */
export const tables = 'stint-smoke-*'

/**
 * Makes the role, trusted by its own account as a role of the catalogue is by the broker, and tagged as what it is. It
 * may read tables that do not exist, in every region.
 */
export async function makeRole(place: Place, account: string, id: string): Promise<SmokeRole> {
  const iam = clientOf(place)
  const name = `stint-smoke-${id}`
  const externalId = `smoke-${id}`
  const Principal = { AWS: `arn:aws:iam::${account}:root` }
  try {
    await iam.send(
      new CreateRoleCommand({
        RoleName: name,
        Description: 'Made by `npm run smoke:aws` of Stint, which removes it when it ends.',
        Tags: [{ Key: 'stint-smoke', Value: id }],
        AssumeRolePolicyDocument: policy([
          {
            Effect: 'Allow',
            Principal,
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'sts:ExternalId': externalId } },
          },
          { Effect: 'Allow', Principal, Action: ['sts:SetSourceIdentity', 'sts:TagSession'] },
        ]),
      }),
    )
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: name,
        PolicyName: 'tables',
        PolicyDocument: policy([
          {
            Effect: 'Allow',
            Action: ['dynamodb:GetItem', 'dynamodb:Query'],
            Resource: `arn:aws:dynamodb:*:${account}:table/${tables}`,
          },
        ]),
      }),
    )
    return { name, arn: `arn:aws:iam::${account}:role/${name}`, externalId }
  } finally {
    iam.destroy()
  }
}

/** Removes the role of that name with every policy on it; what is not there is removed. Rejects when AWS refuses. */
export async function removeRole(place: Place, RoleName: string): Promise<void> {
  const iam = clientOf(place)
  try {
    for await (const { PolicyNames = [] } of paginateListRolePolicies({ client: iam }, { RoleName }))
      for (const PolicyName of PolicyNames)
        await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }))
    await iam.send(new DeleteRoleCommand({ RoleName }))
  } catch (error) {
    if (!(error instanceof Error && error.name.startsWith('NoSuchEntity'))) throw error
  } finally {
    iam.destroy()
  }
}

const policy = (Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })
