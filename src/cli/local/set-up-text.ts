import type { PolicyJson } from '../../catalog/ceiling-policy.js'
import type { SetUp } from '../../catalog/set-up.js'

/** What can be printed: the side of the account, or the policy of the broker's own principal. */
export interface Printed {
  /** The role's name in the catalogue. */
  readonly name: string
  readonly setUp: SetUp
}

/** The name of both inline policies. */
const ceilingName = 'stint-ceiling'
const brokerName = 'stint-broker'
const revokerName = 'stint-revoke'

/** The broker's principal: which kind of identity it is, and its name. */
export interface Principal {
  readonly kind: 'role' | 'user'
  readonly name: string
}

export const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** What IAM's own API takes, under the names that it has there. */
export const roleJson = ({ setUp }: Printed, broker: PolicyJson): string =>
  pretty({
    account: setUp.account,
    role: { RoleName: setUp.name, Path: setUp.path, MaxSessionDuration: setUp.maxSessionDuration },
    trustPolicy: setUp.trust,
    permissionPolicy: setUp.permissions,
    ...(setUp.managed && {
      managedPolicy: {
        PolicyName: setUp.managed.name,
        Path: setUp.managed.path,
        PolicyDocument: setUp.permissions,
      },
      managedSha256: setUp.managed.sha256,
    }),
    ...(setUp.revoking && { revoking: revokingJson(setUp.revoking) }),
    brokerPolicy: broker,
  })

const revokingJson = ({ boundary, revoker, policy }: NonNullable<SetUp['revoking']>) => ({
  ...(boundary && {
    permissionsBoundary: boundary.arn,
    boundaryPolicy: { PolicyName: boundary.name, Path: boundary.path, PolicyDocument: boundary.document },
  }),
  ...(revoker && {
    revoker: { RoleName: revoker.name, Path: revoker.path },
    revokerTrustPolicy: revoker.trust,
  }),
  revokerPolicy: policy,
})

export const brokerJson = (broker: PolicyJson): string => pretty(broker)

/** A template for the account that the role is in. */
export const roleCloudFormation = ({ name, setUp }: Printed): string =>
  pretty({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `The IAM role behind ${name} in Stint's catalogue`,
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: setUp.name,
          Path: setUp.path,
          MaxSessionDuration: setUp.maxSessionDuration,
          AssumeRolePolicyDocument: setUp.trust,
          Policies: [{ PolicyName: ceilingName, PolicyDocument: setUp.permissions }],
          ...(setUp.revoking?.boundary && { PermissionsBoundary: { Ref: 'Boundary' } }),
        },
      },
      ...(setUp.revoking && revokingResources(name, setUp.revoking)),
      ...(setUp.managed && {
        ManagedPolicy: {
          Type: 'AWS::IAM::ManagedPolicy',
          Properties: {
            ManagedPolicyName: setUp.managed.name,
            Path: setUp.managed.path,
            PolicyDocument: setUp.permissions,
          },
        },
      }),
    },
    Outputs: {
      RoleArn: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } },
      // Not the policy's description: to change that, CloudFormation and Terraform replace the policy.
      ...(setUp.managed && { ManagedSha256: { Value: setUp.managed.sha256 } }),
    },
  })

/** The boundary, and what the revoker may do on this role; the revoker itself is there once for all roles of an account. */
const revokingResources = (
  name: string,
  { boundary, revoker, policy }: NonNullable<SetUp['revoking']>,
): Readonly<Record<string, unknown>> => ({
  ...(boundary && {
    Boundary: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: {
        ManagedPolicyName: boundary.name,
        Path: boundary.path,
        PolicyDocument: boundary.document,
      },
    },
  }),
  ...(revoker && {
    RevokerPolicy: {
      Type: 'AWS::IAM::RolePolicy',
      Properties: { RoleName: revoker.name, PolicyName: `${revokerName}-${name}`, PolicyDocument: policy },
    },
  }),
})

/** A template for the account that the broker is in. */
export const brokerCloudFormation = (broker: PolicyJson, { kind, name }: Principal): string =>
  pretty({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: "What Stint's own principal may do",
    Resources: {
      BrokerPolicy: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          ManagedPolicyName: brokerName,
          PolicyDocument: broker,
          ...(kind === 'role' ? { Roles: [name] } : { Users: [name] }),
        },
      },
    },
  })

/** Terraform for the account that the role is in. */
export function roleTerraform({ name, setUp }: Printed): string {
  const label = `stint_${name.replaceAll('-', '_')}`
  return `resource "aws_iam_role" "${label}" {
  name                 = ${hcl(setUp.name)}
  path                 = ${hcl(setUp.path)}
  max_session_duration = ${setUp.maxSessionDuration}
  assume_role_policy = jsonencode(${hcl(setUp.trust)})${boundaryOf(label, setUp)}
}

resource "aws_iam_role_policy" "${label}" {
  name = ${hcl(ceilingName)}
  role = aws_iam_role.${label}.id
  policy = jsonencode(${hcl(setUp.permissions)})
}
${setUp.managed ? managedTerraform(label, setUp.managed, setUp.permissions) : ''}${setUp.revoking ? revokingTerraform(name, label, setUp.revoking) : ''}`
}

const managedTerraform = (
  label: string,
  { name, path, sha256 }: NonNullable<SetUp['managed']>,
  document: PolicyJson,
): string => `
# sha256 of the ceiling: ${sha256}
resource "aws_iam_policy" "${label}" {
  name   = ${hcl(name)}
  path   = ${hcl(path)}
  policy = jsonencode(${hcl(document)})
}
`

const boundaryOf = (label: string, { revoking }: SetUp): string =>
  revoking?.boundary ? `\n  permissions_boundary = aws_iam_policy.${label}_boundary.arn` : ''

const revokingTerraform = (
  name: string,
  label: string,
  { boundary, revoker, policy }: NonNullable<SetUp['revoking']>,
): string =>
  `${
    boundary
      ? `
resource "aws_iam_policy" "${label}_boundary" {
  name   = ${hcl(boundary.name)}
  path   = ${hcl(boundary.path)}
  policy = jsonencode(${hcl(boundary.document)})
}
`
      : ''
  }${
    revoker
      ? `
resource "aws_iam_role_policy" "${label}_revoke" {
  name = ${hcl(`${revokerName}-${name}`)}
  role = ${hcl(revoker.name)}
  policy = jsonencode(${hcl(policy)})
}
`
      : ''
  }`

/** Terraform for the account that the broker is in. */
export const brokerTerraform = (broker: PolicyJson, { kind, name }: Principal): string =>
  `resource "aws_iam_${kind}_policy" "stint_broker" {
  name = ${hcl(brokerName)}
  ${kind} = ${hcl(name)}
  policy = jsonencode(${hcl(broker)})
}
`

/**
 * JSON is an expression of Terraform's language too, but for the mark that begins a template in a string; with
 * a space before each colon it is formatted as `terraform fmt` does.
 */
export const hcl = (value: unknown): string =>
  JSON.stringify(value, null, 2)
    .replace(/^(\s*"(?:[^"\\]|\\.)*"):/gm, '$1 :')
    .replaceAll('${', () => '$${')
    .replaceAll('\n', '\n  ')
