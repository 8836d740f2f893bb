import { createHash } from 'node:crypto'
import { sourceIdentity } from '../../src/iam/names.js'

export const account = '123456789012'
export const brokerAccount = '999999999999'
export const roleArn = (role: string): string => `arn:aws:iam::${account}:role/stint-${role}`

/** One record of CloudTrail, as its files have them. */
export type CloudTrailEvent = Readonly<Record<string, unknown>>
export type Caller = Readonly<Record<string, unknown>> & { readonly arn?: string }

const eventId = (...parts: readonly unknown[]): string => {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

/** As CloudTrail writes times: to the second. */
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

/** An API call as CloudTrail user guide, "CloudTrail record contents", has it, version 1.11 of its form. */
export function call(action: string, at: number, by: Caller, more: object = {}): CloudTrailEvent {
  const [service = '', name = ''] = action.split(':')
  return {
    eventVersion: '1.11',
    userIdentity: by,
    eventTime: time(at),
    eventSource: `${service}.amazonaws.com`,
    eventName: name,
    awsRegion: 'us-east-1',
    sourceIPAddress: '203.0.113.7',
    userAgent: 'aws-cli/2.19.1 md/awscrt#0.23.4 ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.12.7',
    requestParameters: null,
    responseElements: null,
    requestID: eventId('request', action, at, by),
    eventID: eventId(action, at, by, more),
    readOnly: /^(Describe|Get|List)/.test(name),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `${service}.us-east-1.amazonaws.com`,
    },
    ...more,
  }
}

interface Assumed {
  readonly stint: {
    readonly role: string
    readonly session: string
    readonly key: string
    readonly subject: string
    readonly at: number
  }
  readonly at: number
  readonly requestId: string
  readonly road?: 'AssumeRole' | 'AssumeRoleWithWebIdentity'
  /** Somebody else than Stint. */
  readonly by?: string
}

/**
 * A session of a role as both accounts' trails have it (IAM user guide, "Example AWS STS API events in CloudTrail log
 * file"): the role's account is not told who in the other one called. A provider's user has no account.
 */
export function assumeRole({
  stint,
  at,
  requestId,
  road = 'AssumeRole',
  by,
}: Assumed): readonly CloudTrailEvent[] {
  const { role, session, key, subject } = stint
  const shared = eventId('shared', key, at)
  const identity = by === undefined ? sourceIdentity(subject) : undefined
  const isUser = road === 'AssumeRole'
  const caller: Caller = !isUser
    ? {
        type: 'WebIdentityUser',
        principalId: 'token.actions.githubusercontent.com:sts.amazonaws.com:repo:acme/web',
        userName: 'repo:acme/web:ref:refs/heads/main',
        identityProvider: 'token.actions.githubusercontent.com',
      }
    : {
        type: 'AssumedRole',
        principalId: `AROABROKER:${by ?? 'stint'}`,
        arn: `arn:aws:sts::${brokerAccount}:assumed-role/${by ?? 'stint'}/i-0123`,
        accountId: brokerAccount,
        accessKeyId: `ASIA${by ?? 'BROKER'}`,
      }
  const event = call(`sts:${road}`, at, caller, {
    requestParameters: {
      roleArn: roleArn(role),
      roleSessionName: session,
      ...(identity !== undefined && { sourceIdentity: identity }),
      durationSeconds: 3600,
    },
    responseElements: {
      credentials: {
        accessKeyId: key,
        sessionToken: '<encoded session token blob>',
        expiration: 'Nov 23, 2026, 11:12:29 PM',
      },
      assumedRoleUser: {
        assumedRoleId: `AROA${role}:${session}`,
        arn: `arn:aws:sts::${account}:assumed-role/stint-${role}/${session}`,
      },
      ...(identity !== undefined && { sourceIdentity: identity }),
      packedPolicySize: 38,
    },
    resources: [{ accountId: account, type: 'AWS::IAM::Role', ARN: roleArn(role) }],
    requestID: requestId,
    readOnly: true,
    sharedEventID: shared,
  })
  if (!isUser) return [event]
  const told = { type: 'AWSAccount', principalId: caller['principalId'], accountId: brokerAccount }
  return [
    { ...event, recipientAccountId: brokerAccount, eventID: eventId('theirs', key, at) },
    { ...event, userIdentity: told, eventID: eventId('ours', key, at) },
  ]
}
