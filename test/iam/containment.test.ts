import t from 'tap'
import fc from 'fast-check'
import { contains, type Options } from '../../src/iam/containment.js'
import { readDocument } from '../../src/iam/document-read.js'
import type { PolicyDocument } from '../../src/iam/document.js'
import { evaluate } from '../../src/iam/evaluate.js'
import { withinAny } from '../../src/iam/pattern-union.js'
import { matches, within } from '../../src/iam/pattern.js'
import { evaluate as judge, type PolicyJson, type StatementJson } from '../support/iam-evaluate.js'
import { everything } from './cases.js'
import { anyStatement, containedPair, tried } from './policies.js'

const json = (Statement: readonly StatementJson[]): PolicyJson => ({ Version: '2012-10-17', Statement })

function documentOf(value: object): PolicyDocument {
  const read = readDocument(value, 'identity')
  if (!read.ok) throw new Error(JSON.stringify(read.faults))
  return read.document
}

const proved = (
  ceiling: readonly StatementJson[],
  request: readonly StatementJson[],
  options: Options = {},
): boolean => contains(documentOf(json(ceiling)), documentOf(json(request)), options).ok

const get = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }
const when = (operator: string, key: string, values: string | readonly string[]): StatementJson => ({
  ...get,
  Condition: { [operator]: { [key]: values } },
})

t.test('what lies in several statements', async (t) => {
  const put = { ...get, Action: 's3:PutObject' }
  const both = { ...get, Action: ['s3:GetObject', 's3:PutObject'] }
  t.ok(proved([get, put], [both]), 'each action in a statement of its own')
  const elsewhere = { ...get, Resource: 'arn:aws:s3:::c/*' }
  t.ok(proved([get, elsewhere], [{ ...get, Resource: ['arn:aws:s3:::b/x', 'arn:aws:s3:::c/*'] }]))
  t.notOk(
    proved([get, { ...put, Resource: 'arn:aws:s3:::c/*' }], [{ ...both, Resource: 'arn:aws:s3:::c/*' }]),
  )
  t.ok(
    proved(
      [
        { ...get, Resource: 'arn:aws:s3:::b/' },
        { ...get, Resource: 'arn:aws:s3:::b/?*' },
      ],
      [get],
    ),
    'one resource that two statements hold together',
  )
  t.ok(
    proved(
      [when('StringEquals', 'x:k', 'a'), when('StringEquals', 'x:k', 'b')],
      [when('StringEquals', 'x:k', ['a', 'b'])],
    ),
  )
  t.notOk(proved([when('StringEquals', 'x:k', 'a'), when('StringEquals', 'x:k', 'b')], [get]))
})

t.test('a pattern, and the actions that there are today', async (t) => {
  const all = { ...get, Action: ['dynamodb:GetItem', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'] }
  const some = [{ ...all, Action: 'dynamodb:Get*' }]
  t.notOk(proved([all, { ...all, Action: 'dynamodb:GetResourcePolicy' }], some), 'not what AWS may add')
  t.ok(
    proved([all, { ...all, Action: ['dynamodb:GetResourcePolicy', 'dynamodb:GetAbacStatus'] }], some, {
      documented: true,
    }),
  )
  t.notOk(proved([all], some, { documented: true }))
  t.notOk(proved([all], [{ ...all, Action: 'dynamodb:Gotten*' }], { documented: true }), 'nothing is not all')
  t.notOk(proved([{ ...all, Action: 's3:*' }], [{ ...all, Action: '*' }], { documented: true }))
})

t.test('denies', async (t) => {
  const wide = { ...get, Action: 's3:*', Resource: '*' }
  const deny = (more: Partial<StatementJson>): StatementJson => ({ ...get, ...more, Effect: 'Deny' })
  t.ok(proved([wide, deny({ Action: 's3:Put*' })], [get]), 'of other actions')
  t.ok(proved([wide, deny({ Resource: 'arn:aws:s3:::c*' })], [get]), 'of other resources')
  t.notOk(proved([wide, deny({ Resource: '*' })], [get]))
  t.notOk(proved([wide, deny({ Resource: 'arn:aws:s3:::b/secret' })], [get]))
  t.ok(
    proved(
      [wide, deny({ Resource: 'arn:aws:s3:::b/secret' })],
      [get, deny({ Resource: 'arn:aws:s3:::b/s*' })],
    ),
  )
  t.notOk(proved([wide, deny({})], [get, { ...when('StringEquals', 'x:k', 'a'), Effect: 'Deny' }]))
  const secret = { ...when('StringEquals', 'aws:PrincipalTag/team', 'a'), Effect: 'Deny' }
  t.notOk(proved([wide, secret], [get]))
  t.ok(proved([wide, secret], [when('StringEquals', 'aws:PrincipalTag/team', 'b')]), 'never at once')
  t.ok(proved([wide, secret], [when('StringNotLike', 'aws:PrincipalTag/team', 'a*')]))
  t.notOk(proved([wide, secret], [when('StringNotEquals', 'aws:PrincipalTag/team', 'b')]))
  t.notOk(
    proved(
      [wide, { ...when('ForAnyValue:StringEquals', 'aws:TagKeys', 'a'), Effect: 'Deny' }],
      [when('ForAnyValue:StringEquals', 'aws:TagKeys', 'b')],
    ),
    'a key with several values may have both',
  )
  const rest: StatementJson = { Effect: 'Deny', NotAction: 's3:Get*', NotResource: 'arn:aws:s3:::b/*' }
  t.ok(proved([wide, rest], [get]))
  t.notOk(proved([wide, rest], [{ ...get, Action: 's3:PutObject', Resource: '*' }]))
  const smuggling = deny({ Resource: 'arn:aws:sqs:*:1:jobs' })
  t.notOk(
    proved([wide, smuggling], [{ ...get, Resource: 'arn:aws:sqs:eu-west-1:2:x:1:jobs' }]),
    'a star may run on',
  )
})

t.test('negated elements, variables and versions', async (t) => {
  const not: StatementJson = { Effect: 'Allow', NotAction: 'iam:*', NotResource: 'arn:aws:s3:::c*' }
  t.ok(proved([not], [get]))
  t.ok(
    proved(
      [not],
      [
        {
          Effect: 'Allow',
          NotAction: ['iam:*', 'sts:*'],
          NotResource: ['arn:aws:s3:::c*', 'arn:aws:s3:::d'],
        },
      ],
    ),
  )
  t.notOk(proved([not], [{ Effect: 'Allow', NotAction: 'iam:Get*', NotResource: 'arn:aws:s3:::c*' }]))
  t.notOk(proved([not], [{ ...get, Action: 'i*:*'.replace('i*', 'iam') }]))
  t.ok(proved([{ ...get, Action: '*', Resource: '*' }], [not]))
  t.notOk(proved([{ ...get, Action: 's3:*', Resource: '*' }], [not]))
  const home = { ...get, Resource: 'arn:aws:s3:::b/${aws:username}/*' }
  t.ok(proved([home], [home]))
  t.ok(proved([get], [home]), 'whatever the name is')
  t.notOk(proved([home], [get]))
  t.notOk(proved([home], [{ ...get, Resource: 'arn:aws:s3:::b/${aws:userid}/*' }]))
  t.notOk(
    proved(
      [
        { ...get, Action: '*', Resource: '*' },
        { ...home, Effect: 'Deny' },
      ],
      [{ ...get, Resource: 'arn:aws:s3:::b/ana/x' }],
    ),
  )
  const old = documentOf({ Statement: home })
  t.notOk(contains(old, documentOf(json([home]))).ok, 'in the older version a variable is plain text')
  t.match(contains(documentOf(json([get])), documentOf(json([when('Bool', 'x:k', 'true')]))), { ok: true })
  t.match(contains(documentOf(json([when('Bool', 'x:k', 'true')])), documentOf(json([get]))), {
    gap: {
      action: 's3:GetObject',
      resource: get.Resource,
      because: { kind: 'condition', operator: 'Bool', key: 'x:k' },
    },
  })
})

t.test('conditions', async (t) => {
  const [one, many, odd] = ['aws:PrincipalTag/team', 'aws:TagKeys', 'x:k']
  type Side = readonly [operator: string, key: string, values: string | readonly string[]]
  const within: readonly (readonly [inner: Side, outer: Side, expected: boolean])[] = [
    [['StringEquals', one, 'A'], ['StringEqualsIgnoreCase', one, 'a'], true],
    [['StringEqualsIgnoreCase', one, 'a'], ['StringEquals', one, 'a'], false],
    [['StringEqualsIgnoreCase', one, '\u00c9'], ['StringNotEqualsIgnoreCase', one, '\u00e9'], false],
    [['StringEquals', one, 'a*'], ['StringLike', one, 'a?'], true],
    [['StringLike', one, 'a*'], ['StringEquals', one, 'a*'], false],
    [['StringLike', one, 'a'], ['StringEquals', one, 'a'], true],
    [['StringLike', one, '${x:y}'], ['StringLike', one, '${x:y}'], true],
    [['StringLike', one, 'a${x:y}'], ['StringLike', one, 'a*'], true],
    [['StringLike', one, 'a*'], ['StringLike', one, '${x:y}'], false],
    [['StringEquals', one, 'b'], ['StringNotEquals', one, '${x:y}'], false],
    [['StringNotEquals', one, 'a'], ['StringLike', one, '*'], false],
    [['StringNotEquals', one, 'a'], ['StringLikeIfExists', one, '*'], true],
    [['StringEquals', one, 'b'], ['StringNotEquals', one, 'a'], true],
    [['StringEquals', many, 'b'], ['StringNotEquals', many, 'a'], false],
    [['StringEquals', odd, 'b'], ['StringNotEquals', odd, 'a'], false],
    [['ForAllValues:StringEquals', many, 'a'], ['StringEquals', many, 'a'], false],
    [['ForAllValues:StringEquals', one, 'a'], ['StringEquals', one, 'a'], false],
    [['ForAllValues:StringEquals', one, 'a'], ['StringEqualsIfExists', one, 'a'], true],
    [['Null', many, 'false'], ['ForAnyValue:StringLike', many, '*'], false],
    [['ForAnyValue:StringEquals', many, 'a'], ['Null', many, 'false'], true],
    [['Null', one, 'true'], ['StringNotEquals', one, 'a'], true],
    [['StringNotEquals', one, 'a'], ['Null', one, ['true', 'false']], true],
    [['NumericLessThan', 's3:max-keys', '10'], ['NumericLessThanEquals', 's3:max-keys', '10'], true],
    [['NumericLessThanEquals', 's3:max-keys', '10'], ['NumericLessThan', 's3:max-keys', '10'], false],
    [['NumericGreaterThan', 's3:max-keys', '10'], ['NumericGreaterThanEquals', 's3:max-keys', '10.0'], true],
    [['NumericEquals', 's3:max-keys', '10'], ['NumericNotEquals', 's3:max-keys', '10'], false],
    [['NumericLessThanEquals', 's3:max-keys', '10'], ['NumericNotEquals', 's3:max-keys', '10'], false],
    [['NumericLessThan', 's3:max-keys', '10'], ['NumericNotEquals', 's3:max-keys', '10'], true],
    [['NumericGreaterThanEquals', 's3:max-keys', '10'], ['NumericNotEquals', 's3:max-keys', '9'], true],
    [
      ['NumericEquals', 's3:max-keys', '9007199254740993'],
      ['NumericEquals', 's3:max-keys', '9007199254740992'],
      false,
    ],
    [
      ['NumericEquals', 's3:max-keys', '9007199254740993'],
      ['NumericEquals', 's3:max-keys', '9007199254740993'],
      true,
    ],
    [
      ['DateLessThan', 'aws:CurrentTime', '1700000000'],
      ['DateLessThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z'],
      true,
    ],
    [
      ['DateLessThan', 'aws:CurrentTime', '2025'],
      ['DateLessThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z'],
      false,
    ],
    [
      ['IpAddress', 'aws:SourceIp', '10.0.0.0/8'],
      ['IpAddress', 'aws:SourceIp', ['10.0.0.0/9', '10.128.0.0/9']],
      false,
    ],
    [['IpAddress', 'aws:SourceIp', '10.1.2.3/32'], ['NotIpAddress', 'aws:SourceIp', '10.2.0.0/16'], true],
    [['IpAddress', 'aws:SourceIp', '10.2.3.4'], ['NotIpAddress', 'aws:SourceIp', '10.2.0.0/16'], false],
    [
      ['ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:1:a'],
      ['StringLike', 'aws:SourceArn', 'arn:aws:sns:*'],
      true,
    ],
    [
      ['StringLike', 'aws:SourceArn', 'arn:aws:sns:*'],
      ['ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:*:*'],
      false,
    ],
    [['StringEquals', 'aws:PrincipalTag/Team', 'a'], ['StringEquals', one, 'a'], false],
    [['StringEquals', 'AWS:principaltag/team', 'a'], ['StringEquals', one, 'a'], true],
    [['BinaryEquals', odd, 'QQ=='], ['BinaryEquals', odd, 'QQ=='], true],
    [['StringEquals', one, []], ['StringEquals', one, 'a'], true],
    [['Bool', 'aws:SecureTransport', 'TRUE'], ['Bool', 'aws:SecureTransport', 'true'], true],
  ]
  for (const [inner, outer, expected] of within)
    t.equal(
      proved([when(...outer)], [when(...inner)]),
      expected,
      `${inner.join(' ')} within ${outer.join(' ')}`,
    )
})

t.test('patterns together', async (t) => {
  t.ok(withinAny('a*', ['a', 'a?*']))
  t.ok(withinAny('*', ['', 'a*', '?*']))
  t.notOk(withinAny('*', ['', 'a*', '??*']))
  t.notOk(withinAny('a', []))
  t.notOk(withinAny('*a*'.repeat(300), ['*b*a'.repeat(300), '?a*'.repeat(300)]), 'and it ends')
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 5 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'z'), maxLength: 6 })
  fc.assert(
    fc.property(pattern, fc.array(pattern, { maxLength: 3 }), text, (inner, outers, word) => {
      if (outers.some((outer) => within(inner, outer)) && !withinAny(inner, outers)) return false
      return (
        !withinAny(inner, outers) || !matches(inner, word) || outers.some((outer) => matches(outer, word))
      )
    }),
    { numRuns: 10_000 },
  )
})

t.test('property: whatever a request allows, the ceiling that contains it allows', async (t) => {
  const counts = { pairs: 0, proved: 0, allowed: 0 }
  const list = fc.array(anyStatement, { minLength: 1, maxLength: 4 })
  const pair = fc.oneof(
    fc.tuple(list, list),
    fc.tuple(list, fc.array(anyStatement, { minLength: 1, maxLength: 1 })),
    containedPair,
  )
  fc.assert(
    fc.property(pair, fc.array(tried, { minLength: 5, maxLength: 5 }), ([ceiling, request], requests) => {
      counts.pairs++
      if (!proved(ceiling, request)) return true
      counts.proved++
      const [inner, outer] = [documentOf(json(request)), documentOf(json(ceiling))]
      return requests.every((one) => {
        if (judge({ session: json(request), role: everything }, one) === 'allow') {
          counts.allowed++
          if (judge({ session: json(ceiling), role: everything }, one) !== 'allow') return false
        }
        return evaluate(inner, one).verdict !== 'allowed' || evaluate(outer, one).verdict === 'allowed'
      })
    }),
    { numRuns: 12_000 },
  )
  t.ok(counts.proved > 3_000 && counts.allowed > 1_000, JSON.stringify(counts))
  t.comment(JSON.stringify(counts))
})

t.test('property: of what is contained by construction, nearly all is proved', async (t) => {
  const missed: string[] = []
  const runs = 3_000
  fc.assert(
    fc.property(containedPair, ([ceiling, request]) => {
      if (!proved(ceiling, request)) missed.push(JSON.stringify({ ceiling, request }))
    }),
    { numRuns: runs },
  )
  t.comment(`${runs - missed.length} of ${runs} pairs proved`)
  t.ok(missed.length < runs / 100, missed[0] ?? 'none is missed')
})
