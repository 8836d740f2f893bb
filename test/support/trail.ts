import { emptyHead, link } from '../../src/audit/chain.js'
import type { Entry, Event } from '../../src/audit/event.js'
import { sessionName, sourceIdentity } from '../../src/iam/names.js'
import { account, assumeRole, call, roleArn, type CloudTrailEvent, type Caller } from './trail-events.js'
import { idle, shuffled, somebodyElse } from './trail-noise.js'
import { dice } from './dice.js'

export const minute = 60_000
export const hour = 60 * minute
const midnight = Date.UTC(2026, 10, 23)

/** What the two roles of the day allow; of each all but the last is used. */
export const ceilings: Readonly<Record<string, readonly string[]>> = {
  'orders-ops': [
    'rds:DescribeDBInstances',
    'rds:RebootDBInstance',
    'ec2:DescribeInstances',
    'rds:DeleteDBInstance',
  ],
  'queue-ops': ['sqs:GetQueueAttributes', 'sqs:PurgeQueue', 'sqs:ReceiveMessage', 'sqs:DeleteQueue'],
}

/** A grant of the day, with all that its record and its trail are made of. */
interface Stint {
  readonly id: string
  readonly subject: string
  readonly role: string
  readonly at: number
  readonly endsAt: number
  readonly session: string
  readonly key: string
}

/** What can be odd, or only look so, about a day; each is one thing, of one grant. */
export const oddities = [
  'assumed by hand',
  'assumed by a pipeline',
  'assumed under a name',
  'session from before',
  'tried more',
  'elsewhere',
  'after the window',
  'after the deny',
  'never used',
  'answer lost',
  'not in the trail',
  'withheld and used',
  'lived on',
  'refused afterwards',
  'answer lost for good',
  'not collected',
  'answered twice',
  'in the console',
  'on its behalf',
  'role was checked',
] as const
export type Oddity = (typeof oddities)[number]

/** A record and a trail of the same day. */
export interface Day {
  readonly record: readonly string[]
  readonly trail: readonly CloudTrailEvent[]
}

/** A day of so many grants, with what is odd about it and nothing else. Needs as many grants as there are oddities. */
export function dayOf(seed: number, grants: number, odd: ReadonlySet<Oddity>, noise = 20): Day {
  const roll = dice(seed)
  const events: Event[] = []
  const trail: CloudTrailEvent[] = [idle(midnight - hour), idle(midnight + 30 * hour)]
  for (let n = 0; n < grants; n++) {
    // Each oddity has a grant of its own; which, does not change with what else is odd.
    const what = oddities[n]
    add(stintOf(n, roll), what !== undefined && odd.has(what) ? what : undefined, events, trail, roll)
  }
  for (let n = 0; n < noise; n++) trail.push(somebodyElse(n, midnight + roll(24 * 60) * minute, roll))
  let head: Entry | typeof emptyHead = emptyHead
  const record: string[] = []
  events.push({ kind: 'config.loaded', at: midnight - hour, by: 'stint', data: {} })
  events.push({ kind: 'audit.read', at: midnight + 30 * hour, by: 'corp#cy@example.com', data: {} })
  for (const event of events.sort((a, b) => a.at - b.at)) {
    const entry = link(event, head)
    record.push(entry.text)
    head = entry
  }
  return { record, trail: shuffled(trail, roll) }
}

function stintOf(n: number, roll: (n: number) => number): Stint {
  const subject = `corp#${['ana', 'bo', 'dan'][n % 3]}@example.com`
  const at = midnight + 60 * minute + roll(20 * 60) * minute
  const issuance = `01K9ZQ3T7M4V5W6X7Y8Z${String(n).padStart(6, '0')}`
  return {
    id: `01K9ZQ3T7M4V5W6X7Y9Z${String(n).padStart(6, '0')}`,
    subject,
    role: n % 2 === 0 ? 'orders-ops' : 'queue-ops',
    at,
    endsAt: at + hour,
    session: sessionName(subject, issuance),
    key: `ASIA${String(n).padStart(16, 'K')}`,
  }
}

function add(
  stint: Stint,
  odd: Oddity | undefined,
  events: Event[],
  trail: CloudTrailEvent[],
  roll: (n: number) => number,
): void {
  const { id, subject, role, at, endsAt, key } = stint
  const asker = {
    subject,
    issuer: 'https://login.example.com',
    kind: 'person',
    groups: [],
    address: '203.0.113.7',
  }
  const times = { activeAt: at, endsAt }
  const scope = {
    role,
    account,
    accountName: 'prod',
    arn: roleArn(role),
    statements: [{ actions: ceilings[role] ?? [], resources: ['*'] }],
    regions: ['us-east-1'],
    window: hour,
    lifetime: hour,
  }
  const about = { by: subject, grant: id }
  const decision = { outcome: 'allow', checks: [], requirements: [], scope, config: 'c0ffee', at }
  events.push({ kind: 'grant.active', at, ...about, data: { asker, ask: { role }, decision, ...times } })
  const begun = at + minute
  const isLost = odd === 'answer lost' || odd === 'answer lost for good'
  if (odd !== 'not collected')
    events.push(
      ...issuance(stint, begun, isLost ? 'unknown' : odd === 'withheld and used' ? 'withheld' : 'done'),
    )
  const isDenied = odd === 'after the deny'
  const isRevoked = isDenied || odd === 'lived on'
  const closedAt = isRevoked ? at + 20 * minute : endsAt
  events.push({
    kind: isRevoked ? 'grant.revoked' : 'grant.ended',
    at: closedAt,
    ...about,
    by: isRevoked ? 'corp#cy@example.com' : 'stint',
    data: { role, asker: subject, ...times, closedAt },
  })
  if (isDenied)
    events.push({
      kind: 'revocation.written',
      at: closedAt + 1_000,
      by: 'stint',
      data: {
        arn: roleArn(role),
        how: 'inline',
        entries: [{ whose: { grant: id }, before: closedAt, until: endsAt }],
      },
    })

  const caller = callerOf(stint)
  const isCalled = odd !== 'not in the trail' && odd !== 'answer lost for good' && odd !== 'not collected'
  if (isCalled) trail.push(...assumeRole({ stint, at: begun, requestId: `req-${key}` }))
  const each = ceilings[role] ?? []
  const work = (offset: number, action: string, more: object = {}) =>
    trail.push(call(action, begun + offset, caller, more))
  if ((isCalled && odd !== 'never used') || odd === 'not in the trail')
    for (let n = 0; n < 3 + roll(3); n++) work((n + 1) * 2 * minute, each[n % 3] ?? '')
  if (odd === 'tried more')
    work(5 * minute, 'rds:DeleteDBCluster', {
      errorCode: 'AccessDenied',
      errorMessage: `User: ${caller.arn} is not authorized to perform: rds:DeleteDBCluster on resource: arn:aws:rds:us-east-1:${account}:cluster:orders because no session policy allows the rds:DeleteDBCluster action`,
    })
  if (odd === 'elsewhere') work(6 * minute, each[0] ?? '', { awsRegion: 'eu-west-1' })
  if (odd === 'after the window') work(75 * minute, each[0] ?? '')
  if (isRevoked) work(40 * minute, each[0] ?? '')
  if (odd === 'refused afterwards')
    work(75 * minute, each[0] ?? '', {
      errorCode: 'AccessDenied',
      errorMessage: 'with an explicit deny in a session policy',
    })
  // An answer of STS that was lost: another session of the same name, within seconds.
  if (odd === 'answered twice')
    trail.push(...assumeRole({ stint: { ...stint, key: `${key}T` }, at: begun, requestId: 'lost' }))
  // The console and services sign with keys of their own.
  const theirs = { ...caller, accessKeyId: `${key}C` }
  if (odd === 'in the console')
    trail.push(call(each[0] ?? '', begun + minute, theirs, { sessionCredentialFromConsole: 'true' }))
  if (odd === 'on its behalf')
    trail.push(
      call(
        each[0] ?? '',
        begun + minute,
        { ...theirs, invokedBy: 'cloudformation.amazonaws.com' },
        { awsRegion: 'eu-west-1' },
      ),
    )
  if (odd === 'role was checked') check(stint, events, trail)
  if (odd === 'assumed by hand')
    trail.push(...stranger({ ...stint, session: 'mallory', key: `${key}H`, at: at + 3 * hour }, 'AssumeRole'))
  if (odd === 'assumed by a pipeline')
    trail.push(
      ...stranger(
        { ...stint, session: 'deploy', key: `${key}P`, at: at + 3 * hour },
        'AssumeRoleWithWebIdentity',
      ),
    )
  // Whoever reads CloudTrail knows the names of sessions; keys they cannot choose.
  if (odd === 'assumed under a name')
    trail.push(...stranger({ ...stint, key: `${key}N`, at: at + 3 * hour }, 'AssumeRole'))
  if (odd === 'session from before')
    trail.push(call(each[0] ?? '', begun, callerOf({ ...stint, session: 'yesterday', key: `${key}B` })))
}

function issuance(
  { id, subject, role, session, key, endsAt }: Stint,
  at: number,
  state: 'done' | 'unknown' | 'withheld',
): readonly Event[] {
  const about = { by: subject, grant: id }
  const issued = { issuance: session.slice(-26), sessionName: session, startedAt: at }
  const started = { ...issued, roleArn: roleArn(role), sourceIdentity: sourceIdentity(subject) }
  const finishedAt = at + (state === 'unknown' ? 9_000 : 300)
  const minted = {
    accessKeyId: key,
    assumedRoleId: `AROA${role}:${session}`,
    stsRequestId: `req-${key}`,
    expiresAt: endsAt,
  }
  const data = { ...issued, finishedAt, attempts: 1, ...(state !== 'unknown' && minted) }
  return [
    { kind: 'issuance.started', at, ...about, data: started },
    { kind: `issuance.${state}`, at: finishedAt, ...about, data },
  ]
}

/** Stint looks whether it can assume the role: on the record as it does that, and in the trail as any session. */
function check(stint: Stint, events: Event[], trail: CloudTrailEvent[]): void {
  const made = { ...stint, session: `stint-${stint.id}`, key: `${stint.key}X`, subject: 'stint' }
  const about = {
    role: stint.role,
    account,
    arn: roleArn(stint.role),
    region: 'us-east-1',
    sessionName: made.session,
  }
  const at = stint.at + 5 * minute
  events.push({ kind: 'check.started', at, by: 'stint', data: about })
  events.push({
    kind: 'check.done',
    at: at + 200,
    by: 'stint',
    data: { ...about, ok: true, accessKeyId: made.key, stsRequestId: 'check' },
  })
  trail.push(...assumeRole({ stint: made, at, requestId: 'check' }))
}

/** A session that Stint did not make, and a call of it. */
const stranger = (
  stint: Stint,
  road: 'AssumeRole' | 'AssumeRoleWithWebIdentity',
): readonly CloudTrailEvent[] => [
  ...assumeRole({ stint, at: stint.at, requestId: `other-${stint.key}`, road, by: 'mallory' }),
  call(ceilings[stint.role]?.[0] ?? '', stint.at + minute, callerOf(stint)),
]

const callerOf = ({ role, session, key, subject, at }: Stint): Caller => ({
  type: 'AssumedRole',
  principalId: `AROA${role}:${session}`,
  arn: `arn:aws:sts::${account}:assumed-role/stint-${role}/${session}`,
  accountId: account,
  accessKeyId: key,
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: `AROA${role}`,
      arn: roleArn(role),
      accountId: account,
      userName: `stint-${role}`,
    },
    attributes: { creationDate: new Date(at).toISOString(), mfaAuthenticated: 'false' },
    sourceIdentity: sourceIdentity(subject),
  },
})
