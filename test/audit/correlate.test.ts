import '../support/loopback-only.js'
import fc from 'fast-check'
import t from 'tap'
import { createHistories } from '../../src/audit/histories.js'
import { toldBy } from '../../src/audit/told.js'
import { readCall } from '../../src/audit/trail/call.js'
import { createChecks } from '../../src/audit/trail/checks.js'
import { createCorrelation } from '../../src/audit/trail/correlate.js'
import { createDenials } from '../../src/audit/trail/denied.js'
import { actionsOf, renamedOf } from '../../src/audit/trail/actions.js'
import { covering } from '../../src/audit/trail/coverage.js'
import { isOdd, type Findings } from '../../src/audit/trail/findings.js'
import { narrower } from '../../src/audit/trail/narrower.js'
import { indexIssuances } from '../../src/audit/trail/issuances.js'
import { createSessions } from '../../src/audit/trail/sessions.js'
import { unshown } from '../../src/audit/trail/shown.js'
import { actionOf, expand } from '../../src/iam/actions.js'
import { contains } from '../../src/iam/containment.js'
import { policyOf } from '../../src/iam/document.js'
import type { Statement } from '../../src/iam/statement.js'
import { dice } from '../support/dice.js'
import { call, roleArn } from '../support/trail-events.js'
import { ceilings, dayOf, hour, oddities, type Day, type Oddity } from '../support/trail.js'

const roles = new Map(Object.keys(ceilings).map((role) => [roleArn(role), role]))

function compare({ record, trail }: Day): Findings {
  const [histories, denials, checks] = [createHistories(), createDenials(), createChecks()]
  const times: number[] = []
  for (const text of record) {
    const told = toldBy(text)
    if (!told) throw new Error('no event')
    times.push(told.at)
    histories.take(told)
    denials.take(told)
    checks.take(told)
  }
  const recorded = { histories: [...histories.all()], denials, checks, from: times[0], to: times.at(-1) }
  const correlation = createCorrelation(
    recorded,
    { roles, ceilings: new Map() },
    { unusedFor: 24 * hour, recorded: new Set() },
  )
  for (const event of trail) {
    const call = readCall(event)
    if (call) correlation.take(call)
  }
  return correlation.findings()
}

/** What a day's findings come to: one word each, with the grant that it is of where it is of one. */
function told(found: Findings): readonly string[] {
  const { bypasses, refused, outside, late, resolved, unused, complete } = found
  return [
    ...bypasses.map(
      ({ road = 'unseen', session, calls }) => `bypass ${road} ${session?.replace(/-01K.*/, '')} ${calls}`,
    ),
    ...refused.map(({ action, isRegionGranted }) => `refused ${action} ${isRegionGranted}`),
    ...outside.map(({ region, action }) => `outside ${region} ${action}`),
    ...late.map(({ broken, worked }) => `late ${broken} ${broken === 'withheld' ? 'all' : worked}`),
    ...resolved.map(({ state, verdict, calls }) => `resolved ${state} ${verdict} ${calls > 0}`),
    ...unused.never.map(() => 'never used'),
    ...unused.uncollected.map(() => 'uncollected'),
    ...unused.unshown.map(() => 'unshown'),
    ...complete.missing.map(() => 'missing'),
  ].sort()
}

const expected: Readonly<Record<Oddity, string | readonly string[]>> = {
  'assumed by hand': 'bypass AssumeRole mallory 1',
  'assumed by a pipeline': 'bypass AssumeRoleWithWebIdentity deploy 1',
  'assumed under a name': 'bypass AssumeRole dan@example.com 1',
  'session from before': 'bypass unseen yesterday 1',
  'tried more': 'refused rds:DeleteDBCluster true',
  elsewhere: 'outside eu-west-1 sqs:GetQueueAttributes',
  'after the window': 'late window 1',
  'after the deny': 'late deny 1',
  'never used': 'never used',
  'answer lost': 'resolved unknown session true',
  'not in the trail': 'missing',
  'withheld and used': 'late withheld all',
  'lived on': 'late undefined 1',
  'refused afterwards': 'late undefined 0',
  'answer lost for good': ['resolved unknown none false', 'uncollected'],
  'not collected': 'uncollected',
  'answered twice': [],
  'in the console': [],
  'on its behalf': [],
  'role was checked': [],
}
/** These are a sign that somebody did what they must not, or that the trail is not whole. */
const bad = new Set<Oddity>([
  'assumed by hand',
  'assumed by a pipeline',
  'assumed under a name',
  'session from before',
  'elsewhere',
  'after the window',
  'after the deny',
  'not in the trail',
  'withheld and used',
])

t.test('each oddity of a day is found, and nothing else', async (t) => {
  for (const one of [undefined, ...oddities]) {
    const found = compare(dayOf(7, 24, new Set(one ? [one] : [])))
    t.strictSame(told(found), one ? [expected[one]].flat() : [], one ?? 'nothing is odd')
    t.equal(isOdd(found), one !== undefined && bad.has(one), `whether ${one} is bad`)
  }
})

t.test('whatever is odd, in whatever order the events come: just that', async (t) => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: oddities.length, max: 40 }),
      fc.subarray([...oddities]),
      fc.nat(60),
      (seed, grants, odd, noise) => {
        const found = compare(dayOf(seed, grants, new Set(odd), noise))
        t.strictSame(told(found), odd.flatMap((one) => expected[one]).sort())
      },
    ),
    { numRuns: 60 },
  )
})

/** As AWS documents them, and some that it does not. */
const patterns = fc.constantFrom(
  ...'s3:* s3:Get* s3:GetObject s3:PutBucketPolicy rds:* rds:Describe* rds:RebootDBInstance ec2:*Tags ec2:StartInstances'.split(
    ' ',
  ),
  ...'dynamodb:*Item dynamodb:DescribeTable iam:PassRole iam:*Role kms:* sqs:* made-up:Action apigateway:* logs:Get*'.split(
    ' ',
  ),
)

t.test(
  'a proposed ceiling is within the ceiling, and loses nothing that was used or would not show',
  async (t) => {
    const statement = fc.record({
      actions: fc.array(patterns, { minLength: 1, maxLength: 3 }),
      resources: fc.constantFrom(['*'], ['arn:aws:s3:::orders/*'], ['arn:aws:rds:*:{account}:db:*', '*']),
    })
    const policy = (statements: readonly Statement[]) => policyOf(statements)
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 3 }), fc.integer(), (ceiling, seed) => {
        const coverage = seen(seed % 2 === 0)
        const roll = dice(seed)
        const used = new Set(
          ceiling
            .flatMap(({ actions }) => actions.flatMap(expand))
            .flatMap(({ name }) => (roll(50) === 0 ? [name] : [])),
        )
        const isUsed = (action: string) => used.has(action)
        const why = (action: string) => unshown(action, coverage, new Set())
        const { statements, unused, unknown } = narrower(ceiling, { isUsed, unshown: why })
        t.ok(contains(policy(ceiling), policy(statements)).ok, JSON.stringify([ceiling, statements]))
        const pairs = (list: readonly Statement[]) =>
          list.flatMap(({ actions, resources }) =>
            actions.flatMap(expand).flatMap(({ name }) => resources.map((resource) => `${name} ${resource}`)),
          )
        const kept = new Set(pairs(statements))
        const gone = pairs(ceiling).filter((pair) => !kept.has(pair))
        const isLoss = (name = '') => used.has(name) || why(name) !== undefined || !unused.includes(name)
        t.strictSame(
          gone.filter((pair) => isLoss(pair.split(' ')[0])),
          [],
        )
        t.ok(unused.every((name) => !used.has(name) && why(name) === undefined))
        t.ok(unknown.every(({ action }) => !used.has(action)))
      }),
      { numRuns: 20 },
    )
  },
)

/** What a trail shows in which everybody does a little, with reading events or without. */
function seen(reads: boolean) {
  const coverage = covering()
  for (const action of [
    'rds:RebootDBInstance',
    'apigateway:CreateRestApi',
    ...(reads ? ['ec2:DescribeInstances'] : []),
  ]) {
    const event = readCall(call(action, 0, { type: 'IAMUser' }))
    if (event) coverage.take(event)
  }
  return coverage
}

t.test('which action an event needed, and which actions a trail shows', async (t) => {
  for (const [event, actions] of [
    ['s3.amazonaws.com ListObjectsV2', ['s3:ListBucket']],
    ['s3.amazonaws.com HeadObject', ['s3:GetObject', 's3:GetObjectVersion']],
    ['s3.amazonaws.com DeleteBucketEncryption', ['s3:PutEncryptionConfiguration']],
    ['lambda.amazonaws.com GetFunction20150331v2', ['lambda:GetFunction']],
    ['lambda.amazonaws.com Invoke', ['lambda:InvokeFunction']],
    ['cloudfront.amazonaws.com CreateDistribution2019_03_26', ['cloudfront:CreateDistribution']],
    ['kms.amazonaws.com ReEncrypt', ['kms:ReEncryptFrom', 'kms:ReEncryptTo']],
    ['monitoring.amazonaws.com PutMetricAlarm', ['cloudwatch:PutMetricAlarm']],
    ['dynamodb.amazonaws.com TransactGetItems', ['dynamodb:GetItem']],
    ['ec2.amazonaws.com.cn RunInstances', ['ec2:RunInstances']],
    ['apigateway.amazonaws.com CreateRestApi', []],
    ['signin.amazonaws.com ConsoleLogin', []],
    ['made.up Something', []],
    ['s3.amazonaws.com constructor', []],
    ['__proto__ toString', []],
  ] as const) {
    const [source = '', name = ''] = event.split(' ')
    t.strictSame(actionsOf(source, name), actions, event)
  }
  // A name that is mistyped in the table of events would be an action that is never seen in use.
  for (const prefix of ['s3', 'dynamodb', 'kms', 'lambda', 'sqs', 'sns'])
    for (const action of renamedOf(prefix)) t.ok(actionOf(action), action)

  const shows = (action: string, recorded: readonly string[] = [], reads = true) =>
    unshown(action, seen(reads), new Set(recorded))
  for (const action of [
    'rds:DeleteDBInstance',
    's3:PutBucketPolicy',
    'ec2:DescribeInstances',
    'lambda:CreateFunction',
  ])
    t.equal(shows(action), undefined, action)
  for (const [action, why] of [
    ['s3:GetObject', /^data events/],
    ['s3:ListBucket', /^data events/],
    ['dynamodb:GetItem', /^data events/],
    ['lambda:InvokeFunction', /^data events/],
    ['iam:PassRole', /^passing/],
    ['ec2:CreateTags', /^tags/],
    ['kms:Decrypt', /^the trail has no event of kms$/],
    ['quicksight:CreateUser', /no event of quicksight, of anybody/],
    ['apigateway:POST', /HTTP method/],
    ['made-up:Action', /documents no such action/],
  ] as const)
    t.match(shows(action), why, action)
  t.equal(shows('dynamodb:GetItem', ['dynamodb']), undefined, 'where every data event is said to be there')
  t.match(shows('s3:GetObject', ['dynamodb']), /^data events/)
  t.match(shows('ec2:DescribeInstances', [], false), /no reading events/)
})

t.test('memory grows with sessions: not with the keys that services make for each call', async (t) => {
  const sessions = createSessions(roles, indexIssuances([]))
  const [arn = ''] = roles.keys()
  const by = { type: 'AssumedRole', principalId: 'AROA:x', sessionContext: { sessionIssuer: { arn } } }
  for (let n = 0; n < 500; n++) {
    const theirs = { ...by, accessKeyId: `ASIA${n}`, invokedBy: 'cloudformation.amazonaws.com' }
    const read = readCall(call('rds:DescribeDBInstances', n, theirs))
    if (read) sessions.take(read)
  }
  t.strictSame(
    [...sessions.all()].map(({ seen }) => seen),
    [{ count: 500, first: 0, last: 0 }],
  )
})

t.test('hostile records are no events, or events cut short', async (t) => {
  const event = call('ec2:DescribeInstances', 0, { type: 'IAMUser' })
  for (const value of [null, 7, [], 'x', {}, { ...event, eventTime: 'never' }, { ...event, eventName: 1 }])
    t.equal(readCall(value), undefined)
  const long = 'x'.repeat(100_000)
  const read = readCall({
    ...event,
    errorMessage: long,
    userIdentity: { arn: long, sessionContext: 7 },
    resources: long,
  })
  t.ok(JSON.stringify(read).length < 10_000)
  fc.assert(
    fc.property(
      fc.jsonValue(),
      (value) => void readCall({ ...event, userIdentity: value, requestParameters: value }),
    ),
  )
})
