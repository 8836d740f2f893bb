import { grantsOf } from './grants.js'
import { some, type Hit, type Rule, type Unit } from './rule.js'

/**
 * Actions whose effect goes on when the session that did them is over, whatever its policy says, by what they
 * leave behind. The cost of a grant and the view of its approver may point at them too.
 */
const byEffect: Readonly<Record<string, readonly string[]>> = {
  'a policy of the resource that lets others in': [
    'backup:PutBackupVaultAccessPolicy',
    'codeartifact:PutDomainPermissionsPolicy',
    'codeartifact:PutRepositoryPermissionsPolicy',
    'dynamodb:PutResourcePolicy',
    'ecr:SetRepositoryPolicy',
    'elasticfilesystem:PutFileSystemPolicy',
    'es:UpdateDomainConfig',
    'events:PutPermission',
    'glacier:SetVaultAccessPolicy',
    'glue:PutResourcePolicy',
    'kinesis:PutResourcePolicy',
    'kms:PutKeyPolicy',
    'lambda:AddLayerVersionPermission',
    'lambda:AddPermission',
    'logs:PutResourcePolicy',
    's3:PutAccessPointPolicy',
    's3:PutBucketAcl',
    's3:PutBucketPolicy',
    's3:PutObjectAcl',
    'secretsmanager:PutResourcePolicy',
    'sns:AddPermission',
    'sns:SetTopicAttributes',
    'sqs:AddPermission',
    'sqs:SetQueueAttributes',
  ],
  'a share with another account': [
    'ec2:ModifyImageAttribute',
    'ec2:ModifySnapshotAttribute',
    'kms:CreateGrant',
    'ram:CreateResourceShare',
    'rds:ModifyDBClusterSnapshotAttribute',
    'rds:ModifyDBSnapshotAttribute',
    'redshift:AuthorizeSnapshotAccess',
    's3:PutReplicationConfiguration',
  ],
  'credentials of their own': [
    'codeartifact:GetAuthorizationToken',
    'ecr:GetAuthorizationToken',
    'ecr-public:GetAuthorizationToken',
    'iam:CreateAccessKey',
    'iam:CreateLoginProfile',
    'iam:CreateServiceSpecificCredential',
    'iam:UploadSSHPublicKey',
    'lightsail:GetRelationalDatabaseMasterUserPassword',
    'redshift:GetClusterCredentials',
    'sts:AssumeRole',
    'sts:GetFederationToken',
  ],
  'an open connection': [
    'ec2-instance-connect:SendSSHPublicKey',
    'ecs:ExecuteCommand',
    'eks:AccessKubernetesApi',
    'rds-db:connect',
    'ssm:StartSession',
  ],
  'a change in who may do what': [
    'iam:AttachRolePolicy',
    'iam:CreateRole',
    'iam:CreateUser',
    'iam:PutRolePolicy',
    'iam:UpdateAssumeRolePolicy',
  ],
}

/** Every such action with what it leaves behind. */
export const outlasting: ReadonlyMap<string, string> = new Map(
  Object.entries(byEffect).flatMap(([effect, actions]) => actions.map((action) => [action, effect])),
)

/** One hit for each statement and effect. */
function* check(unit: Unit): Generator<Hit> {
  if (unit.kind !== 'identity' && unit.kind !== 'session') return
  const found = new Map<string, { at: string; effect: string; actions: string[] }>()
  for (const [action, effect] of outlasting)
    for (const { statement } of grantsOf(unit.statements, action)) {
      const key = `${statement.at} ${effect}`
      const hit = found.get(key) ?? { at: statement.at, effect, actions: [] }
      hit.actions.push(action)
      found.set(key, hit)
    }
  for (const { at, effect, actions } of found.values())
    yield {
      at,
      detail: `${some(actions)} can leave ${effect} when the session is over, and ending the grant does not undo it.`,
    }
}

export const outlives: readonly Rule[] = [
  {
    code: 'outlives-session',
    level: 'warn',
    title: 'what is done goes on after the session: resource policies, shares, credentials, connections',
    check,
  },
]
