import t from 'tap'
import fc from 'fast-check'
import { rangesOverlap, rangeWithin, readRange } from '../../src/iam/address.js'
import { printDocument, type DocumentFault, type PolicyKind } from '../../src/iam/document.js'
import { parseDocument, readDocument } from '../../src/iam/document-read.js'

const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }
const policy = (...Statement: readonly object[]): object => ({ Version: '2012-10-17', Statement })
const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '123456789012' } }

const faults = (value: unknown, kind: PolicyKind = 'identity'): readonly DocumentFault[] => {
  const read = typeof value === 'string' ? parseDocument(value, kind) : readDocument(value, kind)
  return read.ok ? [] : read.faults
}
const places = (value: unknown, kind?: PolicyKind): readonly string[] =>
  faults(value, kind).map(({ at, code }) => `${code} ${at}`)

t.test('what IAM accepts', async (t) => {
  const accepted: readonly (readonly [PolicyKind, object | string])[] = [
    ['identity', policy(allow)],
    ['identity', { Statement: allow }],
    ['identity', { Version: '2008-10-17', Statement: [{ ...allow, Sid: 'Read1' }] }],
    ['identity', policy({ ...allow, Sid: '' }, { ...allow, Sid: '' })],
    ['identity', policy({ Effect: 'Deny', NotAction: ['iam:*', '*:*'], NotResource: ['*'] })],
    ['identity', policy({ ...allow, Action: [], Resource: [] })],
    ['identity', policy({ ...allow, Resource: ['arn:aws:s3:*', 'arn:*:dynamodb:*:table/prod-*'] })],
    ['identity', policy({ ...allow, Resource: 'arn:aws:iam::*:user/${aws:username}' })],
    ['identity', policy({ ...allow, Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}/${*}" })],
    ['identity', { Version: '2008-10-17', Statement: { ...allow, Resource: 'arn:aws:s3:::b/${' } }],
    ['session', JSON.stringify(policy(allow), undefined, 2)],
    ['trust', policy(trust)],
    ['trust', policy({ ...trust, Action: ['sts:AssumeRole', 'sts:TagSession'], Principal: '*' })],
    [
      'trust',
      policy({
        ...trust,
        Principal: {
          Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com',
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:o/r:*' } },
      }),
    ],
    ['trust', policy({ ...trust, Principal: { Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] } })],
    ['resource', { Id: 'x', ...policy({ ...allow, Sid: 'any thing', Principal: { AWS: ['*'] } }) }],
    [
      'resource',
      policy({ ...allow, Effect: 'Deny', NotPrincipal: { AWS: 'arn:aws:iam::123456789012:role/a/b' } }),
    ],
  ]
  for (const [kind, value] of accepted) t.strictSame(faults(value, kind), [], JSON.stringify(value))

  const Condition = {
    'ForAllValues:StringLikeIfExists': { 'aws:TagKeys': ['a*', '${aws:username}'] },
    'ForAnyValue:StringNotEqualsIgnoreCase': { 'aws:TagKeys': 'a' },
    StringEquals: {},
    StringNotLike: { 'aws:UserAgent': [] },
    NumericLessThanEquals: { 's3:max-keys': [10, '1.5', '-2'] },
    DateGreaterThan: { 'aws:CurrentTime': ['2026-11-22T12:00:00Z', '2026-11-22', 1795305600] },
    Bool: { 'aws:SecureTransport': true, 'aws:MultiFactorAuthPresent': 'False' },
    BinaryEquals: { 'x:k': 'QmluYXJ5' },
    NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/32', '203.0.113.7'] },
    ArnNotLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:x' },
    Null: { 'aws:TokenIssueTime': 'true' },
  }
  const read = readDocument(policy({ ...allow, Condition }), 'identity')
  t.match(read, { ok: true })
  t.match(read.ok && read.document.statements[0], {
    at: '/Statement/0',
    actions: { negated: false, patterns: ['s3:GetObject'] },
    conditions: {
      NumericLessThanEquals: { 's3:max-keys': ['10', '1.5', '-2'] },
      Bool: { 'aws:SecureTransport': ['true'] },
    },
  })
})

t.test('what IAM refuses, each with its place and code', async (t) => {
  const one = (more: object): object => policy({ ...allow, ...more })
  const when = (Condition: unknown): object => one({ Condition })
  const entering = (more: object): object => policy({ ...trust, ...more })
  const refused: readonly (readonly [unknown, readonly string[], PolicyKind?])[] = [
    ['', ['json ']],
    ['[1,', ['json ']],
    ['[]', ['type ']],
    ['null', ['type ']],
    ['"x"', ['type ']],
    [`{"Statement":${JSON.stringify(allow)},"\\u0053tatement":[]}`, ['duplicate /Statement']],
    [
      '{"Statement":[{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}]}',
      ['duplicate /Statement/0/Effect'],
    ],
    [
      '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b/c":"true","a:b/c":"true"}}}}',
      ['duplicate /Statement/Condition/Bool/a:b~1c'],
    ],
    [{}, ['missing /Statement']],
    [policy(), ['missing /Statement']],
    [policy(7 as unknown as object), ['type /Statement/0']],
    [{ ...policy(allow), version: '2012-10-17' }, ['unknown /version']],
    [{ ...policy(allow), Version: '2012-10-18' }, ['version /Version']],
    [{ ...policy(allow), Version: 2012 }, ['version /Version']],
    [{ ...policy(allow), Id: 'x' }, ['unknown /Id']],
    [{ ...policy({ ...allow, Principal: '*' }), Id: 5 }, ['type /Id'], 'resource'],
    [one({ Effect: 'allow' }), ['effect /Statement/0/Effect']],
    [one({ Effect: undefined }), ['missing /Statement/0/Effect']],
    [one({ Sid: 'with space' }), ['sid /Statement/0/Sid']],
    [one({ Sid: 1 }), ['type /Statement/0/Sid']],
    [policy({ ...allow, Sid: 'A' }, { ...allow, Sid: 'A' }), ['sid /Statement/1/Sid']],
    [one({ Actions: 's3:*' }), ['unknown /Statement/0/Actions']],
    [one({ Principal: '*' }), ['unknown /Statement/0/Principal']],
    [one({ NotAction: 's3:*' }), ['conflict /Statement/0']],
    [one({ Action: undefined }), ['missing /Statement/0']],
    [one({ Action: ['s3:GetObject', 's3'] }), ['action /Statement/0/Action/1']],
    [one({ Action: ['s*:Get', ''] }), ['action /Statement/0/Action/0', 'action /Statement/0/Action/1']],
    [one({ Action: [1] }), ['type /Statement/0/Action/0']],
    [one({ Resource: 'bucket' }), ['resource /Statement/0/Resource']],
    [one({ Resource: 'arn:aws:s3' }), ['resource /Statement/0/Resource']],
    [one({ Resource: 'arn:aws:s3:::' }), ['resource /Statement/0/Resource']],
    [one({ Resource: 'arn:aws:*:::b' }), ['resource /Statement/0/Resource']],
    [one({ Resource: 'arn:amazon:s3:::b' }), ['resource /Statement/0/Resource']],
    [one({ Resource: 'arn:aws:s3:::${aws:username' }), ['variable /Statement/0/Resource']],
    [one({ Resource: 'arn:aws:s3:::${username}' }), ['variable /Statement/0/Resource']],
    [when([]), ['type /Statement/0/Condition']],
    [when({ StringEqual: { 'aws:x': 'a' } }), ['operator /Statement/0/Condition/StringEqual']],
    [when({ stringEquals: { 'aws:x': 'a' } }), ['operator /Statement/0/Condition/stringEquals']],
    [when({ NullIfExists: { 'aws:x': 'true' } }), ['operator /Statement/0/Condition/NullIfExists']],
    [when({ toString: {} }), ['operator /Statement/0/Condition/toString']],
    [when({ StringEquals: 'x' }), ['type /Statement/0/Condition/StringEquals']],
    [when({ StringEquals: { username: 'a' } }), ['key /Statement/0/Condition/StringEquals/username']],
    [when({ StringEquals: { 'a:b': { c: 1 } } }), ['type /Statement/0/Condition/StringEquals/a:b']],
    [when({ StringEquals: { 'a:b': [null] } }), ['type /Statement/0/Condition/StringEquals/a:b/0']],
    [when({ Bool: { 'a:b': 'yes' } }), ['value /Statement/0/Condition/Bool/a:b']],
    [when({ NumericEquals: { 'a:b': 'x' } }), ['value /Statement/0/Condition/NumericEquals/a:b']],
    [when({ DateEquals: { 'a:b': '22.11.2026' } }), ['value /Statement/0/Condition/DateEquals/a:b']],
    [when({ IpAddress: { 'a:b': ['10.0.0.0/33'] } }), ['value /Statement/0/Condition/IpAddress/a:b/0']],
    [when({ StringEquals: { 'a:b': '${' } }), ['variable /Statement/0/Condition/StringEquals/a:b']],
    [one({ Resource: 'arn:aws:s3:::\u0436' }), ['characters ']],
    [one({ Resource: `arn:aws:s3:::${'b'.repeat(11_000)}` }), ['size ']],
    [JSON.stringify(one({ Resource: `arn:aws:s3:::${'b'.repeat(2_000)}` })), ['size '], 'session'],
    [`${' '.repeat(2_000)}${JSON.stringify(policy(allow))}`, ['size '], 'session'],
    [' '.repeat(200_000), ['size ']],
    [entering({ Resource: '*' }), ['unknown /Statement/0/Resource'], 'trust'],
    [entering({ Action: 's3:GetObject' }), ['action /Statement/0/Action'], 'trust'],
    [entering({ Principal: undefined }), ['missing /Statement/0'], 'trust'],
    [entering({ Principal: '123456789012' }), ['type /Statement/0/Principal'], 'trust'],
    [entering({ Principal: { Aws: '*' } }), ['principal /Statement/0/Principal/Aws'], 'trust'],
    [
      entering({ Principal: { AWS: ['*', 'arn:aws:iam::123456789012:role/*'] } }),
      ['principal /Statement/0/Principal/AWS/1'],
      'trust',
    ],
    [
      entering({ Principal: undefined, NotPrincipal: { AWS: '123456789012' } }),
      ['conflict /Statement/0/NotPrincipal'],
      'trust',
    ],
  ]
  for (const [value, expected, kind] of refused)
    t.strictSame(places(value, kind), expected, JSON.stringify(value).slice(0, 120))
  for (const [value, , kind] of refused)
    for (const { detail } of faults(value, kind)) t.match(detail, /^\S.*\.$/su, detail.slice(0, 80))
  t.match(faults(when({ StringEqual: { 'a:b': 'c' } })), [{ detail: /nearest is StringEquals/ }])
  t.strictSame(
    places(policy({ Effect: 'Maybe', Action: 's3', Resource: 5, Sid: '-' }, { ...allow, Condition: 1 })),
    [
      'sid /Statement/0/Sid',
      'effect /Statement/0/Effect',
      'action /Statement/0/Action',
      'type /Statement/0/Resource',
      'type /Statement/1/Condition',
    ],
    'every fault is listed',
  )
  const latin = policy({ ...allow, Resource: 'arn:aws:s3:::\u00e9' })
  t.strictSame(faults(JSON.stringify(latin), 'session'), [])
  t.strictSame(faults(policy({ ...allow, Principal: '*', Sid: '\u0436' }), 'resource'), [])
})

const word = fc.constantFrom(
  'Effect',
  'Allow',
  'Action',
  's3:*',
  '*',
  'Statement',
  'Condition',
  'Bool',
  'a:b',
  '',
)
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    word,
    fc.constantFrom<unknown>(null, true, 0, '${'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 5 }),
  ),
}))

t.test('property: nothing throws, whatever it is', async () => {
  const kinds = fc.constantFrom<PolicyKind>('identity', 'session', 'trust', 'resource')
  const settled = (value: unknown, kind: PolicyKind): boolean => {
    const [read, parsed] = [readDocument(value, kind), parseDocument(String(value), kind)]
    return [read, parsed].every((one) => one.ok || one.faults.length > 0)
  }
  fc.assert(
    fc.property(json.value, kinds, (value, kind) => settled({ Statement: value }, kind)),
    { numRuns: 3_000 },
  )
  fc.assert(fc.property(fc.string({ maxLength: 60 }), kinds, settled), { numRuns: 3_000 })
  settled('['.repeat(100_000), 'identity')
  settled('{"a":'.repeat(20_000), 'identity')
})

t.test('property: what is printed is read back as it was', async () => {
  const list = (...items: string[]) =>
    fc.oneof(fc.constantFrom(...items), fc.uniqueArray(fc.constantFrom(...items), { minLength: 1 }))
  const statement = fc
    .record({
      Sid: fc.constantFrom(undefined, ''),
      Effect: fc.constantFrom('Allow', 'Deny'),
      action: fc.constantFrom('Action', 'NotAction'),
      actions: list('s3:Get*', '*', 'sqs:SendMessage'),
      resource: fc.constantFrom('Resource', 'NotResource'),
      resources: list('*', 'arn:aws:s3:::b', 'arn:aws:s3:::b/${aws:username}'),
      Condition: fc.constantFrom(undefined, {}, { Bool: { 'aws:SecureTransport': true } }),
    })
    .map(({ action, actions, resource, resources, Sid, Condition, ...rest }) => ({
      ...rest,
      ...(Sid !== undefined && { Sid }),
      [action]: actions,
      [resource]: resources,
      ...(Condition && { Condition }),
    }))
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (list) => {
      const read = readDocument(policy(...list), 'identity')
      if (!read.ok) return false
      const again = parseDocument(JSON.stringify(printDocument(read.document)), 'identity')
      return JSON.stringify(again) === JSON.stringify(read)
    }),
    { numRuns: 2_000 },
  )
})

t.test('ranges of addresses', async (t) => {
  const within = (inner: string, outer: string): boolean | undefined => {
    const [a, b] = [readRange(inner), readRange(outer)]
    return a && b && rangeWithin(a, b)
  }
  t.ok(within('203.0.113.7', '203.0.113.0/24'))
  t.ok(within('203.0.113.0/25', '203.0.113.99/24'), 'what lies behind the prefix does not count')
  t.ok(within('2001:db8:1::/48', '2001:db8::/32'))
  t.ok(within('1.2.3.4', '0.0.0.0/0'))
  t.notOk(within('203.0.113.0/24', '203.0.113.0/25'))
  t.notOk(within('203.0.114.0/24', '203.0.113.0/24'))
  t.notOk(within('1.2.3.4', '::/0'), 'of the other family')
  for (const odd of [
    '',
    '10.1',
    '010.1.2.3',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/08',
    '::/129',
    'fe80::1%eth0',
    '1.2.3.256',
    'x',
  ])
    t.equal(readRange(odd), undefined, odd)
  const [a, b, c] = ['10.0.0.0/8', '10.1.0.0/16', '11.0.0.0/8'].map(readRange)
  t.ok(a && b && c && rangesOverlap(a, b) && rangesOverlap(b, a) && !rangesOverlap(a, c))
})
