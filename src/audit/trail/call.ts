import type { Instant } from '../../time.js'
import { factsIn, factsOf, listIn, textIn, type Facts } from '../told.js'

/** Who made a call, as CloudTrail has it (CloudTrail user guide, "CloudTrail userIdentity element"). */
export interface Principal {
  /** `AssumedRole`, `IAMUser`, `AWSAccount`, `AWSService`, `WebIdentityUser`, ... */
  readonly type: string
  readonly arn: string | undefined
  /** Of a session `AROA…:name`, which is what STS calls the assumed-role id. */
  readonly id: string | undefined
  readonly account: string | undefined
  readonly accessKeyId: string | undefined
  readonly sourceIdentity: string | undefined
  /** ARN of the role that the session is of. */
  readonly role: string | undefined
  /** The service that called on the principal's behalf; it signs with keys of its own. */
  readonly invokedBy: string | undefined
  /** The console calls with keys of its own, too. */
  readonly console: boolean
}

/** A session of a role that an event of STS began. */
export interface Assumption {
  readonly roleArn: string
  readonly sessionName: string | undefined
  readonly sourceIdentity: string | undefined
  readonly accessKeyId: string | undefined
  readonly assumedRoleId: string | undefined
}

/** One event of CloudTrail, with what is compared with the record. All texts are somebody else's. */
export interface Call {
  readonly id: string | undefined
  readonly at: Instant
  /** `dynamodb.amazonaws.com`. */
  readonly source: string
  readonly name: string
  readonly region: string
  /** The account whose trail this is. */
  readonly account: string | undefined
  /** Made by someone, and so judged by policies; signing in, and what AWS does by itself, are not. */
  readonly isApi: boolean
  /** Data events are recorded only where a trail is told to. */
  readonly isData: boolean
  readonly readOnly: boolean | undefined
  readonly error: string | undefined
  readonly message: string | undefined
  readonly requestId: string | undefined
  readonly address: string | undefined
  readonly by: Principal
  /** ARNs of what was acted on, where the service says so. */
  readonly resources: readonly string[]
  readonly assumed: Assumption | undefined
}

/** What a finding shows of a text; nobody needs more, and an event may hold a megabyte. */
const longest = 512
const cut = (text: string | undefined): string | undefined =>
  text !== undefined && text.length > longest ? `${text.slice(0, longest)}…` : text

/**
 * Reads a record of CloudTrail, of any version of its form; undefined for what is none (CloudTrail user guide,
 * "CloudTrail record contents").
 */
export function readCall(value: unknown): Call | undefined {
  const event = factsOf(value)
  const [source, name, time] = [
    textIn(event, 'eventSource'),
    textIn(event, 'eventName'),
    textIn(event, 'eventTime'),
  ]
  const at = time === undefined ? NaN : Date.parse(time)
  if (source === undefined || name === undefined || !Number.isFinite(at)) return undefined
  return {
    id: cut(textIn(event, 'eventID')),
    at,
    source: source.slice(0, longest),
    name: name.slice(0, longest),
    region: (textIn(event, 'awsRegion') ?? '').slice(0, longest),
    account: cut(textIn(event, 'recipientAccountId')),
    isApi: textIn(event, 'eventType') !== undefined ? textIn(event, 'eventType') === 'AwsApiCall' : true,
    isData: textIn(event, 'eventCategory') === 'Data' || event['managementEvent'] === false,
    readOnly: typeof event['readOnly'] === 'boolean' ? event['readOnly'] : undefined,
    error: cut(textIn(event, 'errorCode')),
    message: textIn(event, 'errorMessage')?.slice(0, 4 * longest),
    requestId: cut(textIn(event, 'requestID')),
    address: cut(textIn(event, 'sourceIPAddress')),
    by: principalIn(factsIn(event, 'userIdentity'), event),
    resources: listIn(event, 'resources')
      .slice(0, 8)
      .flatMap((one) => cut(textIn(one, 'ARN')) ?? []),
    assumed: assumptionIn(source, name, event),
  }
}

function principalIn(identity: Facts, event: Facts): Principal {
  const context = factsIn(identity, 'sessionContext')
  const text = (name: string) => cut(textIn(identity, name))
  return {
    type: text('type') ?? '',
    arn: text('arn'),
    id: text('principalId'),
    account: text('accountId'),
    accessKeyId: text('accessKeyId'),
    sourceIdentity: cut(textIn(context, 'sourceIdentity')),
    role: cut(textIn(factsIn(context, 'sessionIssuer'), 'arn')),
    invokedBy: text('invokedBy'),
    console: String(event['sessionCredentialFromConsole']) === 'true',
  }
}

/** Every road into a role: by credentials, and by the token of an identity provider. `SwitchRole` is AssumeRole, too. */
const roads = new Set(['AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity'])

function assumptionIn(source: string, name: string, event: Facts): Assumption | undefined {
  if (source !== 'sts.amazonaws.com' || !roads.has(name)) return undefined
  const asked = factsIn(event, 'requestParameters')
  const answer = factsIn(event, 'responseElements')
  const user = factsIn(answer, 'assumedRoleUser')
  const roleArn = textIn(asked, 'roleArn')
  if (roleArn === undefined) return undefined
  return {
    roleArn,
    sessionName: cut(textIn(asked, 'roleSessionName')),
    sourceIdentity: cut(textIn(answer, 'sourceIdentity') ?? textIn(asked, 'sourceIdentity')),
    accessKeyId: cut(textIn(factsIn(answer, 'credentials'), 'accessKeyId')),
    assumedRoleId: cut(textIn(user, 'assumedRoleId')),
  }
}
