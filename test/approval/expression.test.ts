import t from 'tap'
import { compileExpression } from '../../src/approval/expression-cel.js'
import type { Expression, View } from '../../src/approval/expression.js'
import { requirementsFor } from '../../src/approval/requirements.js'
import { describe, subjectsOnly, whoMatches, type Who } from '../../src/approval/who.js'
import type { Identity } from '../../src/identity/caller.js'

const scope: View = {
  caller: {
    subject: 'corp#ana@example.com',
    issuer: 'https://login.example.com',
    kind: 'person',
    groups: ['engineers', 'oncall'],
    actor: '',
    claims: { team: 'orders', level: 3, vip: true, sites: ['ber', 'muc'] },
    address: '203.0.113.7',
    networks: ['office'],
  },
  role: { name: 'orders-debug', account: '123456789012', accountName: 'prod' },
  ask: {
    reason: 'look at order 17',
    ticket: 'OPS-17',
    window: 3_600_000,
    actions: ['dynamodb:GetItem', 'dynamodb:Query'],
    resources: ['arn:aws:dynamodb:us-east-1:123456789012:table/orders'],
    regions: ['us-east-1'],
  },
  cost: {
    usd: 18,
    unbounded: false,
    unpriced: ['sagemaker:CreateApp'],
    recent: { person: { usd: 900 }, role: { usd: 1_000 }, account: { usd: 2_000 }, all: { usd: 3_000 } },
    concerns: ['Nobody has priced it.'],
  },
  time: Date.UTC(2026, 10, 22, 19, 30),
}

function compiled(source: string): Expression {
  const expression = compileExpression(source)
  if ('fault' in expression) throw new Error(`${source}: ${expression.fault}`)
  return expression
}

t.test('expressions that hold or do not', async (t) => {
  const table: readonly (readonly [string, boolean])[] = [
    ['true', true],
    ['"oncall" in caller.groups', true],
    ['"leads" in caller.groups', false],
    ['caller.kind == "person" && caller.actor == ""', true],
    ['role.accountName == "prod"', true],
    ['ask.window > duration("30m")', true],
    ['ask.window > duration("1h")', false],
    ['ask.window >= duration("1h")', true],
    ['time.getHours("Europe/Berlin") == 20', true],
    ['time < timestamp("2027-01-01T00:00:00Z")', true],
    ['caller.claims.team == "orders"', true],
    ['caller.claims.level > 2.5', true],
    ['caller.claims.level == 3', true],
    ['caller.claims.vip == true', true],
    ['"muc" in caller.claims.sites', true],
    ['has(caller.claims.nope)', false],
    ['has(caller.claims.nope) && caller.claims.nope == "x"', false],
    // What an object inherits is no claim.
    ['has(caller.claims.constructor) || has(caller.claims.toString)', false],
    ['caller.claims.team + "-leads" in ["orders-leads"]', true],
    ['cost.usd > 1000.0', false],
    ['cost.recent.person.usd > 800.0 && cost.recent.all.usd <= 3000.0', true],
    ['cost.usd > 10.0 && !cost.unbounded', true],
    ['size(cost.unpriced) > 0 && "sagemaker:CreateApp" in cost.unpriced', true],
    ['ask.actions.touch("dynamodb:*")', true],
    ['["s3", "dynamodb"].exists(s, ask.actions.touch(s + ":get*"))', true],
    ['ask.resources.touch("arn:aws:dynamodb:*:" + role.account + ":table/*")', true],
    ['glob(ask.ticket, "OPS-??")', true],
    ['glob(ask.ticket, "ops-*")', false],
    ['glob(ask.ticket, "OPS-.*")', false],
    ['size(ask.regions) + 1 == 2', true],
    ['"office" in caller.networks', true],
  ]
  for (const [source, answer] of table) t.equal(compiled(source).test(scope), answer, source)
})

t.test('expressions that are refused when the file is loaded', async (t) => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['', /is not an expression/],
    ['caller.kind ==', /is not an expression/],
    ['true true', /is not an expression/],
    ['1', /must come to true or false, but comes to int/],
    ['caller.claims.vip || true ? "a" : "b"', /must come to true or false/],
    ['caller.claims.vip == true && caller', /does not type-check/],
    ['ask.actions.touch(7)', /does not type-check/],
    ['caller.groups.touch("x")', /does not type-check/],
    ['ask.actions.touch("x") == "x"', /does not type-check/],
    ['caller.claims.vip', /comes to dyn; compare the claim/],
    ['caller.claims', /must come to true or false/],
    ['caller.kind == 1', /does not type-check: no such overload: string == int/],
    ['ask.window > "1h"', /does not type-check/],
    ['caller.nope == "x"', /does not type-check: No such key: nope/],
    ['caller.constructor == "x"', /does not type-check/],
    ['costs.usd > 1000.0', /uses costs; an expression sees caller, role, ask, cost and time/],
    ['env.SECRET == "x"', /uses env; an expression sees caller, role, ask, cost and time/],
    ['ask.reason.matches("(a+)+$")', /must not use matches\(\)/],
    ['ask.regions.exists(a, a.matches("x"))', /must not use matches\(\)/],
    ['has(caller.claims.x) ? caller.subject.matches("x") : false', /must not use matches\(\)/],
    ['["x"].map(x, x.matches(x)).exists(y, y)', /must not use matches\(\)/],
    ['[{"a": "x".matches("x")}].size() > 0', /must not use matches\(\)/],
    ['double("nan") > 1000.0', /must not use double\(\)/],
    ['0.0 / 0.0 > 1000.0', /must not compute with "\/" on doubles/],
    ['caller.claims.level - caller.claims.level > 1.0', /must not compute with "-" on doubles or claims/],
    ['[0.0].exists(x, x * x > 1.0)', /must not compute with "\*"/],
    ['ask.regions.all(a, ask.regions.all(b, ask.regions.all(c, a == b || b == c)))', /must not nest/],
    ['caller.groups.all(a, caller.groups.all(b, ask.actions.touch(a + b)))', /must not nest/],
    [`${'('.repeat(60)}true${')'.repeat(60)}`, /is not an expression.*maxDepth/],
    [`true${' && true'.repeat(240)}`, /is not an expression.*maxAstNodes|must be at most/],
    [`caller.subject == "${'x'.repeat(2_000)}"`, /must be at most 2000 characters/],
  ]
  for (const [source, words] of table) {
    const expression = compileExpression(source)
    t.match('fault' in expression ? expression.fault : 'it compiled', words, source.slice(0, 60))
  }
})

t.test('no spelling of an ask evades a rule', async (t) => {
  const asks = (actions: readonly string[], resources: readonly string[] = []): View => ({
    ...scope,
    ask: { ...scope.ask, actions, resources },
  })
  const deletes = compiled('ask.actions.touch("dynamodb:Delete*")')
  for (const action of [
    'dynamodb:DeleteTable',
    'dynamodb:deletetable',
    'DynamoDB:DELETETABLE',
    'dynamodb:DELETE*',
    'dynamodb:?elete?able',
    'dynamodb:*Item',
    'dynamodb:De*',
    'dynamodb:*',
    '*',
  ])
    t.equal(deletes.test(asks(['s3:GetObject', action])), true, action)
  for (const action of ['dynamodb:GetItem', 'dynamodb:Dele?', 's3:Delete*', 'dynamodb:Undelete*'])
    t.equal(deletes.test(asks([action])), false, action)
  t.equal(deletes.test(asks([])), false)

  const production = compiled('ask.resources.touch("arn:aws:dynamodb:*:*:table/orders-prod*")')
  const arn = 'arn:aws:dynamodb:us-east-1:123456789012:table'
  for (const resource of ['orders-prod', 'orders-prod/index/by-day', 'orders-pro?', 'orders-*', '*prod', '*'])
    t.equal(production.test(asks([], [`${arn}/${resource}`])), true, resource)
  t.equal(production.test(asks([], ['*'])), true)
  for (const resource of ['orders-test', 'orders-pro', 'Orders-Prod', 'orders-???'])
    t.equal(production.test(asks([], [`${arn}/${resource}`])), false, resource)

  for (const source of [
    'ask.actions == ["dynamodb:DeleteTable"]',
    'ask.actions != ask.resources',
    '"dynamodb:DeleteTable" in ask.actions',
    'ask.actions in [ask.actions]',
    'ask.actions.exists(a, a == "dynamodb:DeleteTable")',
    'ask.resources.all(r, glob(r, "*prod*"))',
    'ask.resources.filter(r, r == "x").size() > 0',
    '["x"].exists(a, a in ask.actions)',
    'size(ask.actions) > 1',
    'ask.actions.size() > 1',
    'ask.actions[0] == "x"',
    'ask.actions.items == ["x"]',
    'ask.actions.touch == ask.actions.touch',
    'ask["actions"] == ["x"]',
    'dyn(ask.actions) == ["x"]',
    'dyn(ask).actions == ["x"]',
    'dyn(ask)["act" + "ions"].exists(a, a == "x")',
    '[ask][0].actions == [ask][0].actions',
    '[ask].exists(a, a.actions.touch("x"))',
    '{"a": ask}.a.actions.touch("x")',
    '(true ? caller.claims.x : ask).actions == ["x"]',
    'cel.bind(a, ask, a.actions.touch("x"))',
    'glob(ask.actions, "x")',
    'string(ask.actions) == "x"',
    'type(ask.actions) == type(ask.resources)',
    'has(ask.actions)',
    'ask.actions.join() == "x"',
    'ask.actions.touch(ask.resources)',
    '"x".touch(ask.actions)',
    'ask == ask',
    'caller.claims.vip == true && ask',
  ]) {
    const expression = compileExpression(source)
    const fault = 'fault' in expression ? expression.fault : 'it compiled'
    t.match(
      fault,
      /met only by touch, as in ask\.actions\.touch\("s3:Delete\*"\)|is not an expression/,
      source,
    )
  }
  t.match(compileExpression('.ask.actions == ["x"]'), { fault: /./ })
})

t.test('expressions that throw are no answer', async (t) => {
  const nowhere: readonly string[] = [
    'caller.claims.nope == "x"',
    '!caller.claims.nope',
    '!caller.claims.team',
    'caller.claims.team || false',
    'caller.claims.team > 3',
    'caller.claims.team == "orders" && caller.claims.level',
    'caller.claims.nope || caller.claims.vip == false',
    'time.getHours("Nowhere/Land") > 3',
    'ask.regions[7] == "x"',
    'ask.actions.touch(caller.claims.level)',
    'int(ask.ticket) > 3',
    'caller.claims["x" + ask.ticket] == 1',
  ]
  for (const source of nowhere) t.throws(() => compiled(source).test(scope), Error, source)

  const harmless = compiled('caller.kind == "person"')
  t.throws(() => harmless.test({ ...scope, time: NaN }), /not a number/)
  t.throws(() => harmless.test({ ...scope, ask: { ...scope.ask, window: NaN } }), /not a number/)
  t.throws(
    () =>
      compiled('caller.claims.level > 2.0').test({
        ...scope,
        caller: { ...scope.caller, claims: { level: NaN } },
      }),
    /not a number/,
  )
  const asynchronous = { ...scope.caller, claims: { later: Promise.resolve(true) as unknown as boolean } }
  t.throws(() => compiled('!caller.claims.later').test({ ...scope, caller: asynchronous }), Error)
  t.throws(() => compiled('caller.claims.later || false').test({ ...scope, caller: asynchronous }), Error)
})

t.test('a rule that throws is a failure, not a rule that does not apply', async (t) => {
  const rule = (name: string, when: string) => ({
    name,
    when: compiled(when),
    votes: 2,
    by: [{ groups: ['leads'] }],
    within: 60_000,
    distinct: false,
    slack: true,
  })
  const rules = [rule('yes', 'true'), rule('no', 'false'), rule('odd', 'caller.claims.nope == "x"')]
  const found = requirementsFor(rules, scope)
  t.same(
    found.requirements.map(({ view }) => view),
    [{ rule: 'yes', votes: 2, by: 'group leads', within: 60_000, distinct: false }],
  )
  t.equal(found.requirements[0]?.rule, rules[0])
  t.match(found.failures, [{ rule: 'odd', detail: /odd/ }])
  t.equal(found.failures.length, 1)
})

const ana: Identity = { ...scope.caller, claims: { ...scope.caller.claims, level: 3 } }

t.test('who', async (t) => {
  const table: readonly (readonly [Who, boolean, string])[] = [
    [{ groups: ['oncall', 'leads'] }, true, 'groups oncall or leads'],
    [{ groups: ['Oncall'] }, false, 'group Oncall'],
    [{ subjects: ['corp#ana@example.com'] }, true, 'subject corp#ana@example.com'],
    [{ subjects: ['ana@example.com'] }, false, 'subject ana@example.com'],
    [{ claims: { team: ['orders', 'payments'] } }, true, 'claim team = orders or payments'],
    [{ claims: { team: ['orders'], sites: ['ber'] } }, true, 'claim team = orders and claim sites = ber'],
    [{ claims: { team: ['orders'], sites: ['ham'] } }, false, 'claim team = orders and claim sites = ham'],
    [{ claims: { level: ['3'] } }, false, 'claim level = 3'],
    [{ claims: { level: [3] } }, true, 'claim level = 3'],
    [{ claims: { nope: ['x'] } }, false, 'claim nope = x'],
    [{ claims: { constructor: ['x'] } }, false, 'claim constructor = x'],
    [
      { groups: ['oncall'], subjects: ['corp#bob@example.com'] },
      false,
      'group oncall and subject corp#bob@example.com',
    ],
    [
      { groups: ['oncall'], when: compiled('caller.claims.vip == true') },
      true,
      'group oncall and where caller.claims.vip == true',
    ],
    [
      { groups: ['leads'], when: compiled('!caller.claims.nope') },
      false,
      'group leads and where !caller.claims.nope',
    ],
    [{ groups: [] }, false, 'group '],
    [{}, false, 'nobody'],
  ]
  for (const [who, answer, words] of table) {
    t.equal(whoMatches([who], ana, scope), answer, words)
    t.equal(describe([who]), words)
  }
  const heir: Identity = { ...ana, claims: Object.create({ team: 'orders' }) as Identity['claims'] }
  t.equal(whoMatches([{ claims: { team: ['orders'] } }], heir, scope), false, 'what is inherited is no claim')
  t.equal(whoMatches([], ana, scope), false, 'nobody described is nobody')
  t.equal(whoMatches([{ groups: ['leads'] }, { groups: ['oncall'] }], ana), true)
  t.equal(
    describe([{ groups: ['leads'] }, { subjects: ['corp#ana@example.com'] }]),
    'group leads, or subject corp#ana@example.com',
  )
  const throwing: Who = { when: compiled('caller.claims.nope == "x"') }
  t.throws(() => whoMatches([throwing], ana, scope))
  t.throws(() => whoMatches([throwing, { groups: ['oncall'] }], ana, scope), 'whatever the others say')
  t.throws(() => whoMatches([{ groups: ['oncall'] }, throwing], ana, scope), 'in whatever order')
  t.throws(() => whoMatches([{ when: compiled('true') }], ana), 'without an ask there is nothing to look at')
})

t.test('who can be known to be the only ones', async (t) => {
  t.same(
    subjectsOnly([{ subjects: ['a', 'b'] }, { subjects: ['b', 'c'], groups: ['g'] }]),
    new Set(['a', 'b', 'c']),
  )
  t.equal(subjectsOnly([{ subjects: ['a'] }, { groups: ['g'] }]), undefined)
  t.same(subjectsOnly([]), new Set())
})

t.test('an expression says what it looks at, and no bound is more than any', async (t) => {
  t.strictSame([...compiled('cost.usd > 1.0 || size(caller.groups) == 0').reads].sort(), ['caller', 'cost'])
  t.notOk(compiled('["cost"].exists(x, x == role.name)').reads.includes('cost'))
  const dear = { ...scope, cost: { ...scope.cost, usd: Infinity } }
  t.equal(compiled('cost.usd > 1e300').test(dear), true)
  t.throws(() => compiled('cost.usd > 1.0').test({ ...scope, cost: { ...scope.cost, usd: NaN } }))
})
