import { parseArn } from '../iam/arn.js'
import type { Revoking } from './catalog.js'
import { policyJson, type PolicyJson } from './ceiling-policy.js'

/** The role in each account that revokes, where that is another principal than the one that mints. */
export interface Revoker {
  /** ARN with `{account}`. */
  readonly arn: string
  readonly externalId?: string
}

const read = ['iam:ListRolePolicies', 'iam:GetRolePolicy']
const write = ['iam:PutRolePolicy', 'iam:DeleteRolePolicy']
const attach = ['iam:AttachRolePolicy', 'iam:DetachRolePolicy']

/** AWS's own policy that denies everything. */
export const denyAll = (arn: string) => `arn:${parseArn(arn)?.partition ?? 'aws'}:iam::aws:policy/AWSDenyAll`

/**
 * What it takes to deny on one IAM role. Nothing holds PutRolePolicy to a policy's name or content, so whoever has it
 * could widen the role; with a `boundary` it is allowed only while the role has that permissions boundary, beyond
 * which no policy of the role's reaches. Attaching is held to AWS's deny-all policy (`iam:PermissionsBoundary`,
 * `iam:PolicyARN`: Service Authorization Reference, IAM).
 */
export function onlyOn({ arn, how }: { arn: string; how: Revoking }, boundary?: string): PolicyJson {
  if (how === 'attach')
    return policyJson([
      {
        Effect: 'Allow',
        Action: attach,
        Resource: arn,
        Condition: { ArnEquals: { 'iam:PolicyARN': denyAll(arn) } },
      },
    ])
  if (boundary === undefined)
    return policyJson([{ Effect: 'Allow', Action: [...read, ...write], Resource: arn }])
  return policyJson([
    { Effect: 'Allow', Action: read, Resource: arn },
    {
      Effect: 'Allow',
      Action: write,
      Resource: arn,
      Condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
    },
  ])
}
