import { actionOf } from '../../iam/actions.js'
import { serviceOf } from '../../iam/services.js'

/** Where an event's source is not the service's prefix in policies (service authorization reference). */
const prefixes: Readonly<Record<string, string>> = {
  monitoring: 'cloudwatch',
  email: 'ses',
  tagging: 'tag',
  appstream2: 'appstream',
  rdsdata: 'rds-data',
  rdsdataapi: 'rds-data',
  'models.lex': 'lex',
  'runtime.lex': 'lex',
  'models-v2-lex': 'lex',
  'runtime-v2-lex': 'lex',
  'mturk-requester': 'mechanicalturk',
  'streams.dynamodb': 'dynamodb',
}

/**
 * Events whose name is not that of the action that allows them (Amazon S3 user guide, "Required permissions for Amazon
 * S3 API operations"; KMS, DynamoDB, Lambda, SQS and SNS developer guides on permissions). Where it hangs on the
 * request which of several was needed, all are named: what may have been used is used.
 */
const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  s3: {
    CompleteMultipartUpload: 'PutObject',
    CopyObject:
      'PutObject GetObject GetObjectVersion PutObjectAcl PutObjectTagging GetObjectTagging GetObjectVersionTagging',
    CreateMultipartUpload: 'PutObject PutObjectAcl PutObjectTagging',
    DeleteBucketAnalyticsConfiguration: 'PutAnalyticsConfiguration',
    DeleteBucketCors: 'PutBucketCORS',
    DeleteBucketEncryption: 'PutEncryptionConfiguration',
    DeleteBucketIntelligentTieringConfiguration: 'PutIntelligentTieringConfiguration',
    DeleteBucketInventoryConfiguration: 'PutInventoryConfiguration',
    DeleteBucketLifecycle: 'PutLifecycleConfiguration',
    DeleteBucketMetricsConfiguration: 'PutMetricsConfiguration',
    DeleteBucketOwnershipControls: 'PutBucketOwnershipControls',
    DeleteBucketPublicAccessBlock: 'PutBucketPublicAccessBlock',
    DeleteBucketReplication: 'PutReplicationConfiguration',
    DeleteBucketTagging: 'PutBucketTagging',
    DeleteAccountPublicAccessBlock: 'PutAccountPublicAccessBlock',
    DeleteObject: 'DeleteObject DeleteObjectVersion BypassGovernanceRetention',
    DeleteObjects: 'DeleteObject DeleteObjectVersion BypassGovernanceRetention',
    DeleteObjectTagging: 'DeleteObjectTagging DeleteObjectVersionTagging',
    GetBucketAccelerateConfiguration: 'GetAccelerateConfiguration',
    GetBucketAnalyticsConfiguration: 'GetAnalyticsConfiguration',
    GetBucketCors: 'GetBucketCORS',
    GetBucketEncryption: 'GetEncryptionConfiguration',
    GetBucketIntelligentTieringConfiguration: 'GetIntelligentTieringConfiguration',
    GetBucketInventoryConfiguration: 'GetInventoryConfiguration',
    GetBucketLifecycle: 'GetLifecycleConfiguration',
    GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
    GetBucketMetricsConfiguration: 'GetMetricsConfiguration',
    GetBucketNotificationConfiguration: 'GetBucketNotification',
    GetBucketObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
    GetBucketReplication: 'GetReplicationConfiguration',
    GetObject: 'GetObject GetObjectVersion',
    GetObjectAcl: 'GetObjectAcl GetObjectVersionAcl',
    GetObjectAttributes: 'GetObjectAttributes GetObject GetObjectVersionAttributes GetObjectVersion',
    GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
    GetObjectTagging: 'GetObjectTagging GetObjectVersionTagging',
    HeadBucket: 'ListBucket',
    HeadObject: 'GetObject GetObjectVersion',
    ListBucketAnalyticsConfigurations: 'GetAnalyticsConfiguration',
    ListBucketInventoryConfigurations: 'GetInventoryConfiguration',
    ListBucketMetricsConfigurations: 'GetMetricsConfiguration',
    ListBuckets: 'ListAllMyBuckets',
    ListMultipartUploads: 'ListBucketMultipartUploads',
    ListObjectVersions: 'ListBucketVersions',
    ListObjects: 'ListBucket',
    ListObjectsV2: 'ListBucket',
    ListParts: 'ListMultipartUploadParts',
    PostObject: 'PutObject PutObjectAcl PutObjectTagging',
    PutBucketAccelerateConfiguration: 'PutAccelerateConfiguration',
    PutBucketAnalyticsConfiguration: 'PutAnalyticsConfiguration',
    PutBucketCors: 'PutBucketCORS',
    PutBucketEncryption: 'PutEncryptionConfiguration',
    PutBucketIntelligentTieringConfiguration: 'PutIntelligentTieringConfiguration',
    PutBucketInventoryConfiguration: 'PutInventoryConfiguration',
    PutBucketLifecycle: 'PutLifecycleConfiguration',
    PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
    PutBucketMetricsConfiguration: 'PutMetricsConfiguration',
    PutBucketNotificationConfiguration: 'PutBucketNotification',
    PutBucketReplication: 'PutReplicationConfiguration',
    PutObject: 'PutObject PutObjectAcl PutObjectTagging PutObjectRetention PutObjectLegalHold',
    PutObjectAcl: 'PutObjectAcl PutObjectVersionAcl',
    PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
    PutObjectTagging: 'PutObjectTagging PutObjectVersionTagging',
    SelectObjectContent: 'GetObject',
    UploadPart: 'PutObject',
    UploadPartCopy: 'PutObject GetObject GetObjectVersion',
  },
  dynamodb: {
    BatchExecuteStatement: 'PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete',
    ExecuteStatement: 'PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete',
    ExecuteTransaction: 'PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete',
    TransactGetItems: 'GetItem',
    TransactWriteItems: 'PutItem UpdateItem DeleteItem ConditionCheckItem',
  },
  kms: { ReEncrypt: 'ReEncryptFrom ReEncryptTo' },
  lambda: {
    Invoke: 'InvokeFunction',
    InvokeWithResponseStream: 'InvokeFunction',
    GetLayerVersionByArn: 'GetLayerVersion',
  },
  sqs: {
    ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
    DeleteMessageBatch: 'DeleteMessage',
    SendMessageBatch: 'SendMessage',
  },
  sns: { PublishBatch: 'Publish' },
}

/** Lambda and CloudFront write the version of their interface behind the name: `GetFunction20150331v2`. */
const version = /20\d\d_?\d\d_?\d\d(v\d+)?$/

/** The prefix that actions of an event's source have in policies; undefined for a source that AWS does not document. */
export function prefixOf(source: string): string | undefined {
  const name = source.replace(/\.amazonaws\.com(\.cn)?$/, '')
  return serviceOf((Object.hasOwn(prefixes, name) && prefixes[name]) || name)?.prefix
}

/**
 * The actions that may have been needed for an event, as policies name them, the likeliest first; none where it cannot
 * be told. AWS publishes no table of the two.
 */
export function actionsOf(source: string, event: string): readonly string[] {
  const prefix = prefixOf(source)
  // Of API Gateway's actions each is an HTTP method, which events do not name.
  if (prefix === undefined || prefix === 'apigateway') return []
  const name = event.replace(version, '')
  const table = renamed[prefix] ?? {}
  const names = (Object.hasOwn(table, name) ? (table[name] ?? name) : name).split(' ')
  return names.flatMap((one) => actionOf(`${prefix}:${one}`)?.name ?? [])
}

/** Every action of a service that some renamed event may have needed, by its name in policies. */
export const renamedOf = (prefix: string): ReadonlySet<string> =>
  new Set(
    Object.values(renamed[prefix] ?? {}).flatMap((names) =>
      names.split(' ').map((name) => `${prefix}:${name}`),
    ),
  )
