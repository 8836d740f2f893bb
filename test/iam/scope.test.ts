import t from 'tap'
import fc from 'fast-check'
import { sameConditions } from '../../src/iam/conditions.js'
import { misfits } from '../../src/iam/misfit.js'
import type { Refusal } from '../../src/iam/refusal.js'
import { contained, narrow } from '../../src/iam/scope.js'
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

t.test('did you mean', async (t) => {
  const table = (name: string): string => `arn:aws:dynamodb:us-east-1:123456789012:table/${name}`
  const sessions = [{ actions: ['dynamodb:GetItem'], resources: [table('user-sessions-prod')] }]
  t.match(refused({ resources: [table('user-session-prod')] }, sessions), [
    {
      item: table('user-session-prod'),
      detail: `${table('user-session-prod')} does not provably lie within the resources that the role allows; the nearest of them is ${table('user-sessions-prod')}. In ${table('user-session-prod')}, its resource is table/[user-session-prod] where table/[user-sessions-prod] is allowed.`,
      remedy: `Did you mean ${table('user-sessions-prod')}? Ask for something within that. Leave this resource out otherwise.`,
    },
  ])
  const [orders] = sessions.map(({ resources: [arn = ''] }) => arn)
  for (const [asked, apart] of [
    [orders?.replace('us-east-1', 'us-east-2'), 'its region is [us-east-2] where [us-east-1] is allowed'],
    [
      orders?.replace('123456789012', '210987654321'),
      'its account is [210987654321] where [123456789012] is',
    ],
    [orders?.replace('table/', 'tables/'), 'its resource is [tables]/user-sessions-prod where [table]/user'],
    [table('a/b'), 'its resource is [table/a/b] where [table/user-sessions-prod] is allowed'],
    [
      orders?.replace('arn:aws:', 'arn:aws-cn:').replace('us-east-1', 'cn-north-1'),
      'its partition is [aws-cn] where [aws] is allowed, and its region is',
    ],
  ] as const)
    t.match(refused({ resources: [asked ?? ''] }, sessions), [{ detail: apart }], apart)
  t.match(refused({ actions: ['dynamodb:GetItems'] }, sessions), [
    { detail: /documents no such action; the nearest is dynamodb:GetItem\./ },
  ])
  t.match(refused({ actions: ['dynamodb:Get*'] }, sessions), [
    { detail: /It also stands for dynamodb:GetAbacStatus, .* and \d+ more, which the role does not allow/ },
  ])
  const other = { role: 'sessions', ceiling: sessions }
  const elsewhere = narrow(ceiling, { resources: [table('user-sessions-prod')] }, [other])
  t.match(elsewhere, { refusals: [{ remedy: /Ask for the role sessions, which allows it\./ }] })
  t.match(narrow(ceiling, { resources: [table('user-session-prod')] }, [other]), {
    refusals: [{ remedy: `The role sessions allows ${table('user-sessions-prod')}.` }],
  })
  t.notMatch(narrow(ceiling, { resources: [table('order')] }, [other]), {
    refusals: [{ remedy: /The role/ }],
  })
})

t.test('what lies within the ceiling and would allow nothing', async (t) => {
  const all: readonly Statement[] = [{ actions: ['*'], resources: ['*'] }]
  const account = 'prod (123456789012)'
  const place = { regions: ['us-east-1', 'eu-west-1'], account, ceiling: all, elsewhere: [] }
  const useless = (actions: readonly string[] | undefined, ...resources: readonly string[]) => {
    const asked = { ...(actions && { actions }), resources }
    const narrowed = narrow(all, asked)
    return narrowed.ok ? misfits(narrowed.statements, asked, place) : narrowed.refusals
  }
  const instance = 'arn:aws:ec2:us-east-1:123456789012:instance/i-1'
  const [bucket, objects] = ['arn:aws:s3:::reports', 'arn:aws:s3:::reports/*']
  const fine: readonly (readonly [readonly string[] | undefined, ...string[]])[] = [
    [['ec2:StartInstances'], instance],
    [['ec2:DescribeInstances', 'ec2:StartInstances'], instance, '*'],
    [['s3:ListBucket', 's3:GetObject'], bucket, objects],
    [['s3:Get*'], objects],
    [['s3:*'], bucket],
    [['s3:NotYetKnown'], objects],
    [['logs:PutLogEvents'], 'arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/x:*'],
    [['apigateway:GET'], 'arn:aws:apigateway:us-east-1::/restapis/a/stages/b'],
    [undefined, objects],
    [['dynamodb:GetItem'], 'arn:aws:dynamodb:*:123456789012:table/x'],
  ]
  for (const [actions, ...resources] of fine)
    t.strictSame(useless(actions, ...resources), [], String(resources))
  t.match(useless(['ec2:DescribeInstances'], instance), [
    {
      kind: 'action',
      detail: /looks at no resource for ec2:DescribeInstances.*allows nothing/,
      remedy: /on \* alone/,
    },
  ])
  t.match(useless(['ec2:DescribeInstances', 'ec2:StartInstances'], instance), [
    { item: 'ec2:DescribeInstances' },
  ])
  t.match(useless(['s3:ListBucket'], objects), [
    {
      item: 's3:ListBucket',
      detail: /acts on .*bucket .*and arn:aws:s3:::reports\/\* is of the kind .*object/,
      remedy: `Did you mean ${bucket}? Name that, or leave this action out.`,
    },
  ])
  t.match(useless(['s3:GetObject'], bucket), [
    { remedy: `Did you mean ${objects}? Name that, or leave this action out.` },
  ])
  t.match(useless(['s3:GetObject'], objects, bucket), [{ item: bucket, kind: 'resource' }])
  t.match(useless(['kms:Decrypt'], 'arn:aws:kms:us-east-1:123456789012:alias/x'), [
    { detail: /acts on key \(arn:.*of the kind alias/, remedy: /Name one of these instead/ },
  ])
  t.match(useless(['sqs:SendMessage'], 'arn:aws:sqs:us-east-1:123456789012:a'), [])
  for (const [region, why] of [
    ['eu-south-1', /eu-south-1, which has to be enabled first, and in prod \(123456789012\) it is not\./],
    ['us-west-2', /Stint knows of none but us-east-1, eu-west-1 in prod/],
    ['us-est-1', /which AWS does not have; the nearest is us-east-1\./],
    ['cn-north-1', /lies in the partition aws-cn, not in aws\./],
  ] as const)
    t.match(useless(['sqs:SendMessage'], `arn:aws:sqs:${region}:123456789012:a`), [{ detail: why }], region)
  t.match(useless(undefined, 'arn:aws:sqs:123456789012:us-east-1:a'), [
    { detail: /the account 123456789012 where the region/ },
  ])
  t.match(useless(undefined, 'arn:aws:sqs::us-east-1:a'), [
    { detail: /the region us-east-1 where the account/ },
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
    { numRuns: 5_000 },
  )
  t.ok(accepted > 500 && allowed > 150, `${accepted} accepted, ${allowed} requests allowed`)
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
    { numRuns: 5_000 },
  )
  t.ok(proved > 50, `${proved} requests`)
})
