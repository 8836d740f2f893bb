import t from 'tap'
import fc from 'fast-check'
import { parseDocument, readDocument } from '../../src/iam/document-read.js'
import type { PolicyDocument } from '../../src/iam/document.js'
import { evaluate, type ConcreteRequest } from '../../src/iam/evaluate.js'
import { evaluate as judge, type PolicyJson, type StatementJson } from '../support/iam-evaluate.js'
import { action, everything, list, requestFor, resource } from './cases.js'

function documentOf(value: object): PolicyDocument {
  const read = readDocument(value, 'identity')
  if (!read.ok) throw new Error(JSON.stringify(read.faults))
  return read.document
}
const policy = (...Statement: readonly object[]): PolicyDocument =>
  documentOf({ Version: '2012-10-17', Statement })
const allow = { Effect: 'Allow', Action: '*', Resource: '*' }
const object: ConcreteRequest = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', context: {} }

t.test('who decides, and what kept the others from it', async (t) => {
  const document = policy(
    { ...allow, Sid: 'all', Action: 's3:*' },
    { ...allow, Sid: 'get', Action: 's3:get*', Resource: 'arn:aws:s3:::b/*' },
    { ...allow, Sid: 'no', Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    { ...allow, Sid: 'other', NotAction: 's3:*', Action: undefined, Resource: 'arn:aws:sqs:*:*:q' },
  )
  const of = (context: ConcreteRequest['context']) => evaluate(document, { ...object, context })
  t.match(of({}), { verdict: 'allowed', by: [{ sid: 'all' }, { sid: 'get' }] })
  t.match(of({ 'AWS:securetransport': 'false' }), { verdict: 'explicitly denied', by: [{ sid: 'no' }] })
  t.strictSame(
    of({}).statements.map(({ unmet }) => unmet),
    [
      [],
      [],
      [{ part: 'condition', operator: 'Bool', key: 'aws:SecureTransport' }],
      [{ part: 'action' }, { part: 'resource' }],
    ],
  )
  t.match(evaluate(document, { ...object, action: 'sqs:SendMessage', resource: '*' }), {
    verdict: 'not allowed',
    by: [],
  })
})

t.test('resources', async (t) => {
  const reaches = (Resource: string, arn: string, context: ConcreteRequest['context'] = {}): boolean =>
    evaluate(policy({ ...allow, Resource }), { ...object, resource: arn, context }).verdict === 'allowed'
  const table = 'arn:aws:dynamodb:eu-west-1:123456789012:table/prod-x'
  for (const [pattern, arn, expected] of [
    ['*', '*', true],
    ['arn:aws:dynamodb:*:123456789012:table/*', table, true],
    ['arn:aws:dynamodb:*:table/prod-*', table, true],
    ['arn:aws:dynamodb:*', table, true],
    ['arn:aws:dynamodb:eu-west-1:123456789012:*', `${table}/index/a:b`, true],
    ['arn:aws:dynamodb:e*1:123456789012:table/prod-?', table, true],
    [
      'arn:aws:dynamodb:e*t-1:123456789012:table/prod-x',
      'arn:aws:dynamodb:e:t-1:123456789012:table/prod-x',
      false,
    ],
    ['arn:aws:dynamodb:eu?west-1:123456789012:table/prod-x', table, true],
    ['arn:aws:dynamodb:eu-west-1?123456789012:*', table, false],
    ['arn:aws:dynamodb:eu-west-1:123456789012:table', table, false],
    ['arn:aws:dynamodb:eu-west-1:123456789012:Table/prod-x', table, false],
  ] as const)
    t.equal(reaches(pattern, arn), expected, `${pattern} ~ ${arn}`)
  const home = "arn:aws:s3:::b/${aws:username, 'nobody'}/*"
  t.ok(reaches(home, 'arn:aws:s3:::b/ana/k', { 'aws:UserName': 'ana' }))
  t.notOk(reaches(home, 'arn:aws:s3:::b/ben/k', { 'aws:UserName': 'ana' }))
  t.notOk(reaches(home, 'arn:aws:s3:::b/ben/k', { 'aws:UserName': '*' }), 'a star in a value is a star')
  t.ok(reaches(home, 'arn:aws:s3:::b/*/k', { 'aws:UserName': '*' }))
  t.ok(reaches(home, 'arn:aws:s3:::b/nobody/k'))
  t.notOk(reaches('arn:aws:s3:::b/${aws:username}', 'arn:aws:s3:::b/'), 'without a value nothing matches')
  t.ok(reaches('arn:aws:s3:::b/${*}${?}${$}', 'arn:aws:s3:::b/*?$'))
  t.notOk(reaches('arn:aws:s3:::b/${*}', 'arn:aws:s3:::b/k'))
  t.ok(reaches('arn:aws:s3:::b/*', 'arn:aws:s3:::b/\u{1f600}?'))
  const old = documentOf({ Statement: { ...allow, Resource: 'arn:aws:s3:::b/${aws:username}' } })
  t.equal(evaluate(old, { ...object, resource: 'arn:aws:s3:::b/${aws:username}' }).verdict, 'allowed')
  t.notOk(reaches(`arn:aws:s3:::${'*a'.repeat(500)}b`, `arn:aws:s3:::${'a'.repeat(3_000)}`), 'and it ends')
})

t.test('conditions', async (t) => {
  type Row = readonly [string, string | readonly string[], ConcreteRequest['context'], boolean]
  const rows: readonly Row[] = [
    ['StringEquals', ['a', 'b'], { 'X:k': 'b' }, true],
    ['StringEquals', '${x:other}', { 'x:k': 'a*', 'x:other': 'a*' }, true],
    ['StringEquals', '${x:other}', { 'x:k': 'a' }, false],
    ['StringNotEquals', '${x:other}', { 'x:k': 'a' }, true],
    ['StringLike', '${x:other}b*', { 'x:k': 'abc', 'x:other': 'a' }, true],
    ['StringEqualsIgnoreCase', 'A', { 'x:k': 'a' }, true],
    ['StringEquals', [], { 'x:k': 'a' }, false],
    ['StringNotEquals', [], { 'x:k': 'a' }, true],
    ['StringNotEquals', 'a', { 'x:k': ['a', 'b'] }, false],
    ['ForAnyValue:StringNotEquals', 'a', { 'x:k': ['a', 'b'] }, true],
    ['ForAllValues:StringEquals', 'a', {}, true],
    ['ForAllValues:StringEquals', 'a', { 'x:k': ['a', 'b'] }, false],
    ['ForAnyValue:StringEqualsIfExists', 'a', {}, true],
    ['DateLessThan', '2026-01-01T00:00:00Z', { 'x:k': '1700000000' }, true],
    ['DateGreaterThanEquals', '2026-01-01', { 'x:k': '2026-01-01T00:00:00Z' }, true],
    ['NumericLessThanEquals', '10', { 'x:k': '10.0' }, true],
    ['NumericGreaterThan', '10', { 'x:k': 'x' }, false],
    ['NumericNotEquals', '10', { 'x:k': 'x' }, true],
    ['IpAddress', '203.0.113.0/24', { 'x:k': '203.0.113.9' }, true],
    ['NotIpAddress', '203.0.113.0/24', {}, true],
    ['Bool', 'TRUE', { 'x:k': 'true' }, true],
    ['BoolIfExists', 'true', {}, true],
    ['BinaryEquals', 'QQ==', { 'x:k': 'QQ==' }, true],
    ['Null', 'true', {}, true],
    ['Null', 'false', { 'x:k': 'a' }, true],
    ['Null', ['true', 'false'], {}, true],
    ['ArnLike', 'arn:aws:iam::*:role/x', { 'x:k': 'arn:aws:iam::1:role/y:1:role/x' }, false],
    ['ArnEquals', 'arn:aws:iam::*:role/*', { 'x:k': 'arn:aws:iam::1:role/y' }, true],
  ]
  for (const [operator, wanted, context, expected] of rows) {
    const document = policy({ ...allow, Condition: { [operator]: { 'x:k': wanted } } })
    t.equal(
      evaluate(document, { ...object, context }).verdict === 'allowed',
      expected,
      `${operator} ${JSON.stringify([wanted, context])}`,
    )
  }
})

t.test('property: it says what another evaluator says that was written apart from it', async (t) => {
  const values = fc.constantFrom(
    'a',
    'b',
    'ab',
    'a*',
    '5',
    '2026-01-01',
    'true',
    '10.0.0.0/8',
    'arn:aws:x:::a*',
  )
  const operator = fc
    .tuple(
      fc.constantFrom('', 'ForAllValues:', 'ForAnyValue:'),
      fc.constantFrom(
        'StringEquals',
        'StringNotEquals',
        'StringLike',
        'StringNotLike',
        'StringEqualsIgnoreCase',
      ),
      fc.constantFrom('', 'IfExists'),
    )
    .map((words) => words.join(''))
  const condition = fc.oneof(
    fc.tuple(operator, list(values)),
    fc.tuple(fc.constantFrom('NumericLessThan', 'NumericNotEquals'), fc.constantFrom(['5'], ['-1', '7'])),
    fc.tuple(fc.constantFrom('DateLessThan', 'DateGreaterThanEqualsIfExists'), fc.constant(['2026-01-01'])),
    fc.tuple(
      fc.constantFrom('IpAddress', 'NotIpAddress'),
      fc.constantFrom(['10.0.0.0/8'], ['10.1.0.0/16', '::/0']),
    ),
    fc.tuple(fc.constantFrom('Bool', 'BoolIfExists', 'Null'), fc.constantFrom(['true'], ['false'])),
    fc.tuple(fc.constantFrom('ArnLike', 'ArnNotEquals'), fc.constant(['arn:aws:x:::a*'])),
  )
  const element = (name: string, one: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.constantFrom(name, name, `Not${name}`), list(one, 2))
      .map(([key, value]) => ({ [key]: value }))
  const statement: fc.Arbitrary<StatementJson> = fc
    .record({
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      what: element('Action', action),
      where: element('Resource', resource),
      Condition: fc.option(condition, { nil: undefined }),
    })
    .map(({ Effect, what, where, Condition }) => ({
      Effect,
      ...what,
      ...where,
      ...(Condition && { Condition: { [Condition[0]]: { 'x:k': Condition[1] } } }),
    }))
  const actual = fc.oneof(
    values,
    fc.array(values, { maxLength: 3 }),
    fc.constantFrom('7', '10.1.2.3', 'arn:aws:x:::ab'),
  )
  const cases = fc
    .tuple(list(statement, 4), fc.option(actual, { nil: undefined }))
    .chain(([Statement, value]) =>
      requestFor(
        Statement.map(({ Resource, NotResource }) => ({
          actions: [],
          resources: [Resource ?? NotResource ?? []].flat(),
        })),
      ).map((request) => ({
        policy: { Version: '2012-10-17', Statement } satisfies PolicyJson,
        request: { ...request, context: value === undefined ? {} : { 'X:K': value } },
      })),
    )
  const counts = { allowed: 0, 'explicitly denied': 0, 'not allowed': 0 }
  const same = { allow: 'allowed', deny: 'explicitly denied', implicit: 'not allowed' } as const
  fc.assert(
    fc.property(cases, ({ policy: json, request }) => {
      const read = parseDocument(JSON.stringify(json), 'identity')
      if (!read.ok) return false
      const { verdict } = evaluate(read.document, request)
      counts[verdict]++
      return verdict === same[judge({ session: json, role: everything }, request)]
    }),
    { numRuns: 20_000 },
  )
  t.ok(Math.min(...Object.values(counts)) > 1_000, JSON.stringify(counts))
})
