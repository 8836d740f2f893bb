import fc from 'fast-check'
import t from 'tap'
import { parseDocument } from '../../src/iam/document-read.js'
import type { PolicyKind } from '../../src/iam/document.js'
import { evaluate } from '../../src/iam/evaluate.js'
import { explain, type Question } from '../../src/iam/explain/explain.js'
import { compile } from '../../src/iam/session-policy.js'

const now = Date.parse('2026-11-24T12:00:00Z')
const table = 'arn:aws:dynamodb:us-east-1:123456789012:table/orders'

const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[] = '*',
  Condition?: object,
) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
})

function read(statements: readonly object[], kind: PolicyKind = 'identity') {
  const document = parseDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind)
  if (!document.ok) throw new Error(JSON.stringify(document.faults))
  return document.document
}

const sentences = (...statements: readonly object[]) => explain(read(statements), {}, { now }).sentences
const ask = (question: Question, ...statements: readonly object[]) =>
  explain(read(statements), question, { now }).verdict

t.test('a statement is a sentence', async (t) => {
  const says = (statement: object, sentence: string, kind?: PolicyKind) =>
    t.strictSame(explain(read([statement], kind), {}, { now }).sentences, [sentence])
  says(
    allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'], `${table}*`),
    'May read and change in Amazon DynamoDB (GetItem, Query and PutItem), on table/orders* in us-east-1 of account 123456789012.',
  )
  says(
    allow(['s3:PutBucketPolicy', 's3:PutObjectTagging'], ['arn:aws:s3:::shop', 'arn:aws:s3:::shop/*']),
    'May tag and manage permissions in Amazon S3 (PutBucketPolicy and PutObjectTagging), on s3 shop and s3 shop/*.',
  )
  says(allow('*'), 'May do anything in any service, on any resource.')
  says(
    { Effect: 'Allow', NotAction: ['iam:*', 'sts:*'], NotResource: table },
    'May do anything but iam:* or sts:*, on everything but table/orders in us-east-1 of account 123456789012.',
  )
  says(
    allow('nosuch:Thing', 'arn:aws:nosuch:*:*:thing'),
    'May act in nosuch (Thing), on thing in any region of any account.',
  )
  says(
    { ...allow(['ec2:StopInstances', 'sqs:SendMessage']), Effect: 'Deny' },
    'May never change in Amazon EC2 (StopInstances) and change in Amazon SQS (SendMessage), on any resource.',
  )
  says(
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::999999999999:role/x' }, Action: 'sts:AssumeRole' },
    'arn:aws:iam::999999999999:role/x may sts:AssumeRole.',
    'trust',
  )
  says(
    {
      Effect: 'Deny',
      NotPrincipal: { AWS: '123456789012' },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::shop/*',
    },
    'everybody but 123456789012 may never read in Amazon S3 (GetObject), on s3 shop/*.',
    'resource',
  )
  const six = Array.from({ length: 7 }, (_, at) => `arn:aws:s3:::shop-${at}/*`)
  t.match(sentences(allow('s3:GetObject', six)), [/on s3 shop-0\/\*, .*s3 shop-4\/\* and 2 more\.$/])
})

t.test('conditions in words', async (t) => {
  const words = (Condition: object) =>
    /, if (.*)\.$/.exec(sentences(allow('s3:ListBucket', '*', Condition))[0] ?? '')?.[1]
  const cases: readonly (readonly [object, string])[] = [
    [{ StringEquals: { 'aws:PrincipalTag/team': ['a', 'b'] } }, 'aws:PrincipalTag/team is a or b'],
    [{ StringNotLike: { 's3:prefix': 'x*' } }, 's3:prefix is not like x*'],
    [
      { ArnLikeIfExists: { 'aws:SourceArn': table } },
      `aws:SourceArn is like ${table}, where the request has it`,
    ],
    [{ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, 'aws:SourceIp is in 203.0.113.0/24'],
    [{ NumericLessThanEquals: { 's3:max-keys': '10' } }, 's3:max-keys is at most 10'],
    [
      { DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } },
      'aws:CurrentTime is below 2026-01-01T00:00:00Z',
    ],
    [{ Null: { 'aws:TokenIssueTime': 'true' } }, 'aws:TokenIssueTime is absent'],
    [{ Null: { 'aws:TokenIssueTime': 'false' } }, 'aws:TokenIssueTime is present'],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }, 'every value of aws:TagKeys is a'],
    [{ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': 'a' } }, 'some value of aws:TagKeys is not a'],
    [
      { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 's3:prefix': 'p' } },
      'aws:SecureTransport is true and s3:prefix is p',
    ],
  ]
  for (const [condition, sentence] of cases) t.equal(words(condition), sentence)
})

t.test('the bounds of a session policy are told apart', async (t) => {
  const policy = compile([{ actions: ['dynamodb:GetItem', 'iam:GetRole'], resources: ['*'] }], {
    notAfter: now + 900_000,
    regions: ['us-east-1', 'eu-west-1'],
    egress: ['203.0.113.0/24'],
  })
  if (!policy.ok) throw new Error(policy.detail)
  const document = parseDocument(policy.json, 'session')
  if (!document.ok) throw new Error('no document')
  const explained = explain(document.document, {}, { now })
  t.match(explained, { until: now + 900_000, regions: ['us-east-1', 'eu-west-1'] })
  t.strictSame(explained.sentences.slice(1).sort(), [
    'Nothing works after 2026-11-24T12:15:00.000Z.',
    "Nothing works from addresses outside 203.0.113.0/24, but for what AWS does on one's behalf.",
    'Nothing works outside us-east-1 and eu-west-1, but for services that have no region.',
  ])
  t.strictSame(
    explained.services.map(({ prefix, name, levels }) => [prefix, name, levels]),
    [
      ['dynamodb', 'Amazon DynamoDB', ['Read']],
      ['iam', 'AWS Identity and Access Management (IAM)', ['Read']],
    ],
  )
  const deny = (Condition: object, more: object = {}) => ({
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition,
    ...more,
  })
  const until = (...statements: readonly object[]) =>
    explain(read([allow('s3:GetObject'), ...statements]), {}, { now }).until
  const past = (at: number) => ({ DateGreaterThan: { 'aws:CurrentTime': new Date(at).toISOString() } })
  t.equal(until(deny(past(now + 5_000)), deny(past(now + 3_000))), now + 3_000, 'the earlier one')
  t.equal(until(deny(past(now), { Resource: table })), undefined, 'of one table only')
  t.equal(
    until(deny({ ...past(now), StringEquals: { 'aws:PrincipalTag/x': 'y' } })),
    undefined,
    'of some only',
  )
})

t.test('one request: by which statement, or what of the nearest failed', async (t) => {
  const get = allow('dynamodb:GetItem', 'arn:aws:dynamodb:us-east-1:123456789012:table/user-sessions-prod')
  const logs = allow('logs:GetLogEvents', 'arn:aws:logs:us-east-1:123456789012:log-group:*')
  const on = (name: string, action = 'dynamodb:GetItem') => ({
    action,
    resource: `arn:aws:dynamodb:us-east-1:123456789012:table/${name}`,
  })
  t.match(ask(on('user-sessions-prod'), logs, get), { verdict: 'allowed', by: ['/Statement/1'], failed: [] })
  t.match(ask(on('user-session-prod'), logs, get), {
    verdict: 'not allowed',
    nearest: '/Statement/1',
    failed: [
      /not among its resources; the nearest is .*user-sessions-prod: its resource is table\/\[user-session-prod\] where table\/\[user-sessions-prod\] is allowed\./,
    ],
  })
  const tables = (name: string) => `arn:aws:dynamodb:us-east-1:123456789012:table/${name}`
  t.match(
    ask(on('carts'), allow('dynamodb:PutItem', tables('carts')), allow('dynamodb:GetItem', tables('users'))),
    { nearest: '/Statement/1' },
    'the right action on another resource is nearer than another action on the right one',
  )
  const elsewhere = {
    action: 'dynamodb:GetItem',
    resource: on('user-sessions-prod').resource.replace('us-east-1', 'eu-west-1'),
  }
  t.match(ask(elsewhere, get)?.failed, [/its region is \[eu-west-1\] where \[us-east-1\] is allowed/])
  t.match(ask(on('user-sessions-prod', 'dynamodb:PutItem'), logs, get), {
    nearest: '/Statement/1',
    failed: [/dynamodb:PutItem is none of its actions, dynamodb:GetItem\./],
  })
  t.match(
    ask(on('user-sessions-prod'), {
      ...get,
      Condition: { StringEquals: { 'aws:PrincipalTag/team': 'orders' } },
    }),
    {
      failed: [
        'It demands that aws:PrincipalTag/team is orders, and no aws:PrincipalTag/team was given for the request.',
      ],
    },
  )
  const team = { ...get, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'orders' } } }
  const as = (value: string) => ({ ...on('user-sessions-prod'), context: { 'AWS:principaltag/team': value } })
  t.match(ask(as('orders'), team), { verdict: 'allowed' })
  t.match(ask(as('sales'), team)?.failed, [/and the request has sales\./])
  t.match(ask(on('x'), get, { ...get, Effect: 'Deny', Resource: '*' }), {
    verdict: 'explicitly denied',
    by: ['/Statement/1'],
    detail: /is denied by \/Statement\/1\.$/,
  })
  const regions = {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
  }
  t.match(
    ask(on('user-sessions-prod'), get, regions)?.detail,
    /since aws:RequestedRegion is not eu-west-1\.$/,
    'its region',
  )
  const bucket = { action: 's3:GetObject', resource: 'arn:aws:s3:::shop/x' }
  t.match(ask(bucket, allow('s3:*'), regions)?.detail, /is not eu-west-1 \(none was given\)/)
  t.match(ask(bucket, { ...allow('s3:*'), Effect: 'Deny' }), { verdict: 'explicitly denied' })
  t.match(ask({ action: 's3:GetObject', resource: 'arn:aws:s3:::x/y' }, { ...get, Effect: 'Deny' }), {
    detail: /the policy allows nothing/,
  })
  t.match(ask(bucket, { Effect: 'Allow', NotAction: 's3:*', Resource: '*' })?.failed, [
    /one of the actions that it leaves out/,
  ])
  t.match(ask(bucket, { Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::shop/*' })?.failed, [
    /one of the resources that it leaves out/,
  ])
  t.match(ask({ action: 'ec2:DescribeInstances' }, allow('ec2:Describe*')), { verdict: 'allowed' })
  t.match(
    ask({ action: 'ec2:DescribeInstances', resource: 'arn:aws:ec2:us-east-1:123456789012:instance/i-1' }, get)
      ?.detail,
    /AWS asks for it on \*/,
  )
  t.match(ask({ action: 's3:GetObjekt', resource: '*' }, get)?.detail, /AWS documents no action s3:GetObjekt/)
})

t.test('a question that makes no sense is refused with what would', async (t) => {
  const refuses = (question: Question, detail: RegExp) =>
    t.throws(() => ask(question, allow('s3:*')), { code: 'invalid_request', detail })
  refuses(
    { action: 's3:GetObject' },
    /s3:GetObject acts on resources: name the one you mean, of the form arn:<Partition>:s3:/,
  )
  refuses({ resource: 'arn:aws:s3:::shop/x' }, /is about one action/)
  refuses({ action: 's3:*', resource: 'arn:aws:s3:::shop/x' }, /has a wildcard; ask about one action/)
  refuses(
    { action: 's3:GetObject', resource: 'arn:aws:s3:::shop/*' },
    /has a wildcard; ask about one resource/,
  )
  const many = Array.from({ length: 200 }, (_, at) => `ec2:*a*${at.toString(36)}*`)
  t.throws(() => explain(read([allow(many)]), {}, { now }), {
    code: 'invalid_request',
    detail: /too many wildcards/,
  })
  refuses({ action: 's3GetObject', resource: '*' }, /not of the form service:Action/)
  refuses({ action: 's3:GetObject', resource: 'shop' }, /does not start with arn:/)
})

t.test('the verdict is the evaluator’s, and every refusal names its reason', async () => {
  const actions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:*', 's3:GetObject', '*']
  const resources = ['*', table, `${table}*`, 'arn:aws:s3:::shop/*']
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.subarray(actions, { minLength: 1 }),
    Resource: fc.subarray(resources, { minLength: 1 }),
  })
  fc.assert(
    fc.property(
      fc.array(statement, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(table, `${table}-x`, 'arn:aws:s3:::shop/y'),
      (list, resource) => {
        const document = read(list)
        const { verdict } = explain(document, { action: 'dynamodb:GetItem', resource }, { now })
        const truth = evaluate(document, { action: 'dynamodb:GetItem', resource, context: {} })
        if (verdict?.verdict !== truth.verdict) throw new Error('another verdict')
        const names = list.some(({ Effect }) => Effect === 'Allow')
        if (
          truth.verdict === 'not allowed' &&
          names &&
          (verdict.failed.length === 0 || verdict.nearest === undefined)
        )
          throw new Error('no reason')
        if (truth.verdict !== 'not allowed' && verdict.by.length === 0) throw new Error('no statement')
      },
    ),
    { numRuns: 2_000 },
  )
})
