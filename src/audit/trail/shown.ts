import { actionOf } from '../../iam/actions.js'
import { matches } from '../../iam/pattern.js'
import type { Action } from '../../iam/services.js'
import type { Coverage } from './coverage.js'

/**
 * Actions on data, which a trail records only where it is told to (CloudTrail user guide, "Logging data events", and the
 * services' own pages on CloudTrail); `*` for services that have little else, or record nothing of what is done with them.
 */
const onData: Readonly<Record<string, string>> = {
  aoss: 'APIAccessAll DashboardsAccessAll',
  appconfig: 'GetLatestConfiguration StartConfigurationSession GetConfiguration',
  appsync: 'GraphQL EventPublish EventSubscribe EventConnect',
  aps: '*',
  athena: 'GetQueryResultsStream',
  bedrock: 'Invoke* Retrieve* Rerank ApplyGuardrail Converse* CallWithBearerToken Get*Flow* StartFlow*',
  'bedrock-agentcore': '*',
  cassandra: '*',
  'cloudfront-keyvaluestore': '*',
  'cloudtrail-data': '*',
  cloudwatch: 'GetMetric* ListMetrics PutMetricData GetInsightRuleReport',
  codewhisperer: '*',
  'cognito-identity': '*',
  'cognito-sync': '*',
  dataexchange: 'SendApiAsset',
  dax: '*',
  deadline: '*',
  dynamodb:
    'BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem GetRecords GetShardIterator PartiQL* PutItem Query ReadDataForReplication Scan SearchVectors UpdateItem WriteDataForReplication',
  ebs: '*',
  'ec2-instance-connect': 'OpenTunnel',
  ec2messages: '*',
  es: 'ESHttp* ESCrossClusterGet',
  'execute-api': '*',
  firehose: 'PutRecord*',
  'geo-maps': '*',
  'geo-places': '*',
  'geo-routes': '*',
  geo: '*',
  glue: 'Get* BatchGet* SearchTables',
  greengrass: '*',
  iot: 'Connect Publish Subscribe Receive RetainPublish *ThingShadow ListNamedShadowsForThing GetRetainedMessage ListRetainedMessages',
  iotjobsdata: '*',
  iotsitewise: '*',
  iottwinmaker: '*',
  iotwireless: '*',
  'kafka-cluster': '*',
  'kendra-ranking': '*',
  kinesis: 'PutRecord* Get* SubscribeToShard ListShards DescribeStream* InjectApiError',
  kinesisvideo: '*',
  lambda: 'Invoke* ConnectMicrovm GetDurableExecution* SendDurableExecution* CheckpointDurableExecution',
  logs: '*',
  managedblockchain: '*',
  'medical-imaging': '*',
  mobiletargeting: '*',
  'neptune-db': '*',
  'neptune-graph': '*',
  'payment-cryptography': '*',
  'pca-connector-ad': '*',
  qapps: '*',
  qbusiness: '*',
  'rds-data': '*',
  'rds-db': '*',
  'redshift-data': '*',
  's3-object-lambda': '*',
  's3-outposts': '*',
  s3express: '*',
  s3tables: '*',
  s3vectors: '*',
  sagemaker: 'Invoke* *Record BatchGetRecord BatchGetMetrics BatchPutMetrics',
  sdb: '*',
  servicediscovery: 'DiscoverInstances*',
  sns: 'Publish',
  'social-messaging': '*',
  sqs: 'SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility',
  ssmmessages: '*',
  states: 'InvokeHTTPEndpoint RevealSecrets StartSyncExecution SendTask* GetActivityTask',
  swf: '*',
  timestream: '*',
  verifiedpermissions: '*',
  workmailmessageflow: '*',
  xray: '*',
}

/**
 * What of S3 is recorded without asking (Amazon S3 user guide, "Amazon S3 CloudTrail events", bucket-level and account-level
 * actions), as policies name it. All else of it may be about objects.
 */
const ofBuckets =
  'CreateBucket DeleteBucket DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration GetAccountPublicAccessBlock GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration GetBucketPolicy GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration ListAllMyBuckets PutAccountPublicAccessBlock PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration PutLifecycleConfiguration PutReplicationConfiguration'.split(
    ' ',
  )

/** Services whose guides say that every call that manages something is recorded; of others the trail has to show that. */
const always = new Set(
  'acm autoscaling cloudformation cloudfront cloudtrail config dynamodb ec2 ecr ecs eks elasticfilesystem elasticloadbalancing iam kms lambda organizations rds redshift route53 s3 secretsmanager sns sqs ssm sts'.split(
    ' ',
  ),
)

/** Left out of a trail by a setting of their own (CloudTrail user guide, "Logging management events"). */
const excludable = new Set(['kms', 'rds-data'])

const isOnData = ({ service, name }: Action): boolean =>
  service === 's3'
    ? !ofBuckets.includes(name.slice('s3:'.length))
    : (onData[service] ?? '').split(' ').some((pattern) => matches(`${service}:${pattern}`, name))

/**
 * Why a trail that covers a time does not show whether an action was used in it, in a few words; undefined where it does.
 * `recorded` are the services of which it is said that the trail records every data event.
 */
export function unshown(name: string, coverage: Coverage, recorded: ReadonlySet<string>): string | undefined {
  const action = actionOf(name)
  if (!action) return 'AWS documents no such action'
  const { service, levels } = action
  if (/:Pass[A-Z]/.test(action.name)) return 'passing something has no event of its own'
  if (levels.includes('Tagging')) return 'tags that are set as something is made have no event of their own'
  if (isOnData(action))
    return recorded.has(service) ? undefined : 'data events, which trails record only where told to'
  if (service === 'apigateway') return 'its events do not name the HTTP method that policies name'
  if (excludable.has(service) && !coverage.services.has(service))
    return `the trail has no event of ${service}`
  if (!always.has(service) && !coverage.services.has(service))
    return `the trail has no event of ${service}, of anybody`
  const reads = levels.every((level) => level === 'Read' || level === 'List')
  if (reads && coverage.reads === 0) return 'the trail has no reading events'
  if (!reads && coverage.writes === 0) return 'the trail has no writing events'
  return undefined
}
