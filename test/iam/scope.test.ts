import t from 'tap'
import fc from 'fast-check'
import { sameConditions } from '../../src/iam/conditions.js'
import { contained, narrow, type Refusal } from '../../src/iam/scope.js'
import type { Narrowing, Statement } from '../../src/iam/statement.js'
import { action, judged, list, parsed, plain, requestFor, resource, statement, statements } from './cases.js'

const orders = 'arn:aws:dynamodb:us-east-1:123456789012:table/orders'
const ceiling: readonly Statement[] = [
  { actions: ['dynamodb:GetItem', 'dynamodb:Query'], resources: [`${orders}*`] },
  {
    actions: ['s3:Get*'],
    resources: ['arn:aws:s3:::reports/*'],
    conditions: { Bool: { 'aws:SecureTransport': ['true'] } },
  },
]

const refused = (asked: Narrowing, of: readonly Statement[] = ceiling): readonly Refusal[] => {
  const narrowed = narrow(of, asked)
  return narrowed.ok ? [] : narrowed.refusals
}

t.test('narrowing', async (t) => {
  t.strictSame(narrow(ceiling, {}), { ok: true, statements: ceiling }, 'what is absent is the ceiling’s own')
  t.strictSame(
    narrow(ceiling, { actions: ['DynamoDB:getitem', 'dynamodb:GetItem'], resources: [orders, orders] }),
    {
      ok: true,
      statements: [{ actions: ['DynamoDB:getitem'], resources: [orders] }],
    },
  )
  t.strictSame(narrow(ceiling, { actions: ['s3:GetObject'] }), {
    ok: true,
    statements: [{ ...ceiling[1], actions: ['s3:GetObject'] }],
  })
  t.strictSame(
    narrow(ceiling, { resources: [`${orders}-?`, 'arn:aws:s3:::reports/2026/*'] }),
    {
      ok: true,
      statements: [
        { ...ceiling[0], resources: [`${orders}-?`] },
        { ...ceiling[1], resources: ['arn:aws:s3:::reports/2026/*'] },
      ],
    },
    'statement by statement, with each one’s conditions',
  )
  const names = ['dynamodb:GetItem', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator']
  const more = ['dynamodb:GetAbacStatus', 'dynamodb:GetResourcePolicy']
  const split = [names, more].map((actions) => ({ actions, resources: ['*'] }))
  t.strictSame(
    narrow(split, { actions: ['dynamodb:Get*'] }),
    { ok: true, statements: split },
    'a pattern is the actions of today where the role allows each of them',
  )
  t.match(narrow(split.slice(1), { actions: ['dynamodb:Get*'] }), { ok: false })
})

t.test('what is refused', async (t) => {
  t.match(refused({ actions: ['dynamodb:GetItems'], resources: [orders] }), [
    { item: 'dynamodb:GetItems', kind: 'action', detail: /dynamodb:GetItem\./, remedy: /within that/ },
    { item: orders, kind: 'resource', detail: /only together with the actions/ },
  ])
  const sessions = 'arn:aws:dynamodb:us-east-1:123456789012:table/user-sessions-prod'
  t.match(
    refused({ resources: [sessions.replace('sessions', 'session')] }, [
      ...ceiling,
      { actions: ['dynamodb:GetItem'], resources: [sessions] },
    ]),
    [{ kind: 'resource', detail: /user-sessions-prod/ }],
  )
  t.match(refused({ actions: ['dynamodb:GetItem', 's3:GetObject'], resources: [orders] }), [
    { item: 's3:GetObject', kind: 'action', detail: /only together with the resources arn:aws:s3:::reports/ },
  ])
  t.match(
    refused({ actions: ['s3:GetObject'], resources: [orders] }),
    [{ item: 's3:GetObject' }, { item: orders }],
    'no cross product over two statements',
  )
  for (const wider of [
    { actions: ['*'] },
    { actions: ['dynamodb:*'] },
    { actions: ['dynamodb:*Item'] },
    { resources: ['*'] },
    { resources: [orders.replace('us-east-1', '*') + '*'] },
    { resources: [orders.replace('orders', 'order?')] },
    { resources: [orders.replace('orders', '*orders')] },
    { resources: [orders.replace('us-east-1', 'eu-west-1')] },
    { resources: [orders.replace('table/', 'Table/')] },
  ]) {
    t.equal(refused(wider).length, 1, JSON.stringify(wider))
  }
  for (const malformed of [
    { actions: [] },
    { resources: [] },
    { actions: [''] },
    { actions: ['dynamodb:GetItem', 'NotAction'] },
    { actions: ['dynamodb:GetItem\u0000'] },
    { resources: [`${orders}/\${aws:username}`] },
    { resources: [`${orders}\u200b`] },
    { resources: Array.from({ length: 60 }, (_, i) => `${orders}-${i}`) },
    { resources: Array.from({ length: 100_000 }, () => '') },
  ]) {
    t.match(refused(malformed), [{ detail: /\.$/, remedy: /\.$/ }], JSON.stringify(malformed).slice(0, 80))
  }
  t.equal(refused({}, []).length, 1, 'an empty ceiling allows nothing')
  t.match(refused({ actions: ['s3:GetObject'] }, []), [{ detail: /provably/, remedy: /Leave/ }])
  const many = { actions: ['s3:Get*'], resources: 'abcde'.split('').map((name) => `arn:aws:s3:::${name}`) }
  t.match(refused({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::f'] }, [many]), [
    { detail: /arn:aws:s3:::c and 2 more/ },
    { detail: /nearest/ },
  ])
})

t.test('containment of what was agreed', async (t) => {
  t.ok(contained(ceiling, ceiling).ok)
  t.ok(contained([{ actions: ['dynamodb:getitem'], resources: [orders] }], ceiling).ok)
  t.match(contained([{ actions: ['dynamodb:GetItem', 's3:GetObject'], resources: [orders] }], ceiling), {
    ok: false,
    detail: /s3:GetObject on arn:aws:dynamodb/,
  })
  const report = { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::reports/a'] }
  t.notOk(contained([report], ceiling).ok, 'the ceiling’s condition is missing')
  const conditions = { Bool: { 'aws:SecureTransport': ['true'], 'aws:MultiFactorAuthPresent': ['true'] } }
  t.ok(contained([{ ...report, conditions }], ceiling).ok, 'one more condition only narrows')
  t.notOk(contained([{ ...report, conditions: { Bool: { 'aws:SecureTransport': ['false'] } } }], ceiling).ok)
  t.notOk(contained([{ ...report, conditions: { BoolIfExists: conditions.Bool } }], ceiling).ok)
  t.notOk(contained([], ceiling).ok)
  t.notOk(contained([{ actions: [], resources: [orders] }], ceiling).ok)
  t.notOk(contained([{ actions: ['dynamodb:GetItem'], resources: [] }], ceiling).ok)
  t.notOk(contained(ceiling, ceiling.slice(0, 1)).ok, 'a statement has gone from the ceiling')
})

t.test('conditions', async (t) => {
  t.ok(sameConditions(undefined, {}))
  t.ok(sameConditions({ StringEquals: { k: ['a', 'b'] } }, { StringEquals: { k: ['b', 'a', 'a'] } }))
  t.notOk(sameConditions({ StringEquals: { k: ['a', 'b'] } }, { StringEquals: { k: ['a'] } }))
  t.notOk(sameConditions({ StringEquals: { k: ['a'] } }, { StringLike: { k: ['a'] } }))
})

t.test('property: nothing narrowed reaches beyond its ceiling', async (t) => {
  let allowed = 0
  let accepted = 0
  const cases = fc
    .tuple(
      statements,
      fc.option(list(action), { nil: undefined }),
      fc.option(list(resource), { nil: undefined }),
    )
    .chain(([of, actions, resources]) => {
      const asked: Narrowing = { ...(actions && { actions }), ...(resources && { resources }) }
      const narrowed = narrow(of, asked)
      const made = narrowed.ok ? narrowed.statements : of
      return fc.tuple(fc.constant({ of, asked, narrowed }), requestFor(made))
    })
  fc.assert(
    fc.property(cases, ([{ of, asked, narrowed }, request]) => {
      if (!narrowed.ok) return narrowed.refusals.length > 0
      accepted++
      if (!contained(narrowed.statements, of).ok) return false
      if (judged(parsed(narrowed.statements), request) !== 'allow') return true
      allowed++
      const asAsked = plain([{ actions: asked.actions ?? ['*'], resources: asked.resources ?? ['*'] }])
      return judged(plain(of), request) === 'allow' && judged(asAsked, request) === 'allow'
    }),
    { numRuns: 10_000 },
  )
  t.ok(accepted > 1_000 && allowed > 300, `${accepted} accepted, ${allowed} requests allowed`)
})

t.test('property: whatever is contained is allowed by the ceiling', async (t) => {
  let proved = 0
  const cases = fc
    .tuple(statements, statement)
    .chain(([of, one]) => fc.tuple(fc.constant(of), fc.constant(one), requestFor([one])))
  fc.assert(
    fc.property(cases, ([of, one, request]) => {
      if (!contained([one], of).ok || judged(plain([one]), request) !== 'allow') return true
      proved++
      return judged(plain(of), request) === 'allow'
    }),
    { numRuns: 10_000 },
  )
  t.ok(proved > 100, `${proved} requests`)
})
