import type { SetUp } from '../../catalog/set-up.js'
import { hcl, pretty } from './set-up-text.js'

/** The role that revokes in an account: it may nothing until the template of a role adds what it may do on that one. */
type RevokerRole = NonNullable<NonNullable<SetUp['revoking']>['revoker']>

export const revokerJson = ({ name, path, trust }: RevokerRole): string =>
  pretty({ role: { RoleName: name, Path: path }, trustPolicy: trust })

export const revokerCloudFormation = ({ name, path, trust }: RevokerRole, account: string): string =>
  pretty({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `The IAM role that revokes for Stint in account ${account}`,
    Resources: {
      Revoker: {
        Type: 'AWS::IAM::Role',
        Properties: { RoleName: name, Path: path, AssumeRolePolicyDocument: trust },
      },
    },
    Outputs: { RevokerArn: { Value: { 'Fn::GetAtt': ['Revoker', 'Arn'] } } },
  })

export const revokerTerraform = ({ name, path, trust }: RevokerRole): string =>
  `resource "aws_iam_role" "stint_revoker" {
  name = ${hcl(name)}
  path = ${hcl(path)}
  assume_role_policy = jsonencode(${hcl(trust)})
}
`
