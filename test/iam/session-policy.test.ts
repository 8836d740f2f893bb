import t from 'tap'
import fc from 'fast-check'
import { expand } from '../../src/iam/actions.js'
import { contains } from '../../src/iam/containment.js'
import { parseDocument } from '../../src/iam/document-read.js'
import { policyOf } from '../../src/iam/document.js'
import { globalServices } from '../../src/iam/global-services.js'
import { compile, compileBounds, limit, worstBounds, worstCase } from '../../src/iam/session-policy.js'
import { shorten } from '../../src/iam/shorten.js'
import { simplify } from '../../src/iam/simplify.js'
import type { Bounds, Statement } from '../../src/iam/statement.js'
import { evaluate, type PolicyJson, type Request, type StatementJson } from '../support/iam-evaluate.js'
import { bounds, everything, inside, judged, parsed, plain, requestFor, statements } from './cases.js'

const orders = 'arn:aws:dynamodb:us-east-1:123456789012:table/orders'

t.test(
  'the same for another end, region or address differs in that alone, however often it was asked for',
  async (t) => {
    const asked = [{ actions: ['dynamodb:GetItem'], resources: [orders] }]
    const ends = [bounds.notAfter, bounds.notAfter + 60_000]
    const places = [
      { regions: ['us-east-1'] },
      { regions: ['eu-west-1'] },
      { regions: ['eu-west-1'], egress: ['203.0.113.0/24'] },
    ]
    const texts = [...ends, ...ends].map((notAfter) =>
      places.map((place) => {
        const compiled = compile(asked, { ...place, notAfter })
        return compiled.ok && compiled.json
      }),
    )
    t.equal(new Set(texts.flat()).size, 6)
    t.strictSame(texts.slice(2), texts.slice(0, 2))
    const at = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`
    const [first = 0, second = 0] = ends
    t.strictSame(
      texts[1],
      texts[0]?.map((text) => text && text.replace(at(first), at(second))),
    )
  },
)

t.test('the session policy, to the letter', async (t) => {
  const compiled = compile(
    [
      { actions: ['dynamodb:GetItem'], resources: [orders] },
      { actions: ['dynamodb:GetItem', 'dynamodb:getItem'], resources: [`${orders}-eu`] },
      { actions: ['iam:GetRole'], resources: ['*'] },
    ],
    { ...bounds, egress: ['203.0.113.0/24', '2001:db8::/48'] },
  )
  t.ok(compiled.ok)
  if (!compiled.ok) return
  t.equal(compiled.length, compiled.json.length)
  t.strictSame(JSON.parse(compiled.json), {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: [orders, `${orders}-eu`] },
      { Effect: 'Allow', Action: 'iam:GetRole', Resource: '*' },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateGreaterThan: { 'aws:CurrentTime': '2026-11-22T12:00:00Z' } },
      },
      {
        Effect: 'Deny',
        NotAction: 'iam:*',
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } },
      },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: {
          NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/48'] },
          BoolIfExists: { 'aws:ViaAWSService': 'false' },
        },
      },
    ],
  })
  t.notOk(/\s/.test(compiled.json), 'minified')
})

t.test('the bounds are Denies', async (t) => {
  const session = parsed([{ actions: ['dynamodb:GetItem'], resources: [orders] }], {
    ...bounds,
    egress: ['203.0.113.0/24', '2001:db8::/48'],
  })
  const at = (context: Record<string, string>, action = 'dynamodb:GetItem') =>
    judged(session, {
      action,
      resource: orders,
      context: { ...inside, 'aws:ViaAWSService': 'false', ...context },
    })
  const home = { 'aws:SourceIp': '203.0.113.9' }
  t.equal(at(home), 'allow')
  t.equal(at({ 'aws:SourceIp': '2001:db8::1' }), 'allow')
  t.equal(at({ ...home, 'aws:CurrentTime': '2026-11-22T12:00:00Z' }), 'allow', 'the last second')
  t.equal(at({ ...home, 'aws:CurrentTime': '2026-11-22T12:00:01Z' }), 'deny')
  t.equal(at({ ...home, 'aws:RequestedRegion': 'us-west-2' }), 'deny')
  t.equal(at({ 'aws:SourceIp': '198.51.100.7' }), 'deny')
  t.equal(at({ 'aws:SourceIp': '2001:db9::1' }), 'deny')
  t.equal(at({}), 'deny', 'no address at all, as through a VPC endpoint')
  t.equal(at({ 'aws:SourceIp': '198.51.100.7', 'aws:ViaAWSService': 'true' }), 'allow', 'AWS on our behalf')
  const ec2 = {
    action: 'dynamodb:GetItem',
    resource: orders,
    context: { ...inside, 'aws:SourceIp': '198.51.100.7' },
  }
  t.equal(judged(session, ec2), 'deny', 'a service that does not say who calls is no way round')
  // A Deny holds even where a resource policy allows the session by name.
  t.equal(at({ ...home, 'aws:RequestedRegion': 'us-west-2' }, 's3:GetObject'), 'deny')
})

t.test('global services are spared the region', async (t) => {
  const context = { ...inside, 'aws:RequestedRegion': 'us-west-2' }
  const of = (actions: readonly string[], action: string) =>
    judged(parsed([{ actions, resources: ['*'] }]), { action, resource: '*', context })
  t.equal(of(['iam:GetRole', 's3:*'], 'iam:GetRole'), 'allow')
  t.equal(of(['iam:GetRole', 's3:*'], 's3:ListAllMyBuckets'), 'allow')
  t.equal(of(['iam:GetRole', 's3:*'], 's3:GetObject'), 'deny')
  t.equal(of(['*'], 'cloudfront:GetDistribution'), 'allow')
  t.equal(of(['*'], 'kms:Decrypt'), 'deny')
  t.equal(of(['s3:GetObject'], 'iam:GetRole'), 'deny', 'only what the session can reach is spared')
  for (const service of globalServices) {
    t.equal(of([service], service.replace('*', 'X')), 'allow', service)
  }
})

t.test('what cannot be compiled', async (t) => {
  const one: readonly Statement[] = [{ actions: ['s3:GetObject'], resources: ['*'] }]
  const odd: readonly (readonly [readonly Statement[], Partial<Bounds>, RegExp])[] = [
    [[], {}, /Nothing/],
    [[{ actions: [], resources: ['*'] }], {}, /no action/],
    [[{ actions: ['s3:GetObject'], resources: [] }], {}, /no resource/],
    [[{ actions: ['s3'], resources: ['*'] }], {}, /service:Action/],
    [[{ actions: ['s3:*'], resources: ['arn:aws:s3:::${aws:username}'] }], {}, /policy variable/],
    [one, { notAfter: NaN }, /not a time/],
    [one, { notAfter: Infinity }, /not a time/],
    [one, { notAfter: -1 }, /not a time/],
    [one, { notAfter: 8.64e15 }, /not a time/],
    [one, { regions: [] }, /No region/],
    [one, { regions: ['${aws:RequestedRegion}'] }, /name of a region/],
    [one, { regions: ['*'] }, /name of a region/],
    [one, { egress: [] }, /empty/],
    [one, { egress: ['0.0.0.0/0', '${aws:SourceIp}'] }, /range/],
    [[{ ...one[0], conditions: { StringNotEquals: { k: [] } } } as Statement], {}, /no value/],
    [[{ ...one[0], conditions: { StringEquals: {} } } as Statement], {}, /no value/],
    [
      [{ ...one[0], conditions: { StringEquals: { 'x:k': ['снег'] } } } as Statement],
      {},
      /does not take|Latin-1/,
    ],
    [[{ ...one[0], conditions: { StringEquals: { k: ['v'] } } } as Statement], {}, /of the form prefix:name/],
    [
      [{ ...one[0], conditions: { StringEqual: { 'x:k': ['v'] } } } as Statement],
      {},
      /no condition operator/,
    ],
    [
      [
        {
          actions: ['s3:*'],
          resources: [`arn:aws:s3:::${'b'.repeat(1_400)}`, `arn:aws:s3:::${'c'.repeat(1_400)}`],
        },
      ],
      {},
      /2048/,
    ],
  ]
  for (const [statements, changed, why] of odd) {
    t.match(compile(statements, { ...bounds, ...changed }), { ok: false, detail: why }, String(why))
  }
})

t.test('property: compiling keeps the meaning inside the bounds, and denies outside', async (t) => {
  const verdicts = { allow: 0, deny: 0, implicit: 0 }
  const egress = ['203.0.113.0/24']
  const place = fc.record({
    'aws:CurrentTime': fc.constantFrom(
      '2026-11-22T11:00:00Z',
      '2026-11-22T12:00:00Z',
      '2026-11-22T12:00:01Z',
    ),
    'aws:RequestedRegion': fc.constantFrom('eu-west-1', 'us-east-1', 'us-west-2'),
    'aws:SourceIp': fc.constantFrom('203.0.113.77', '198.51.100.7'),
    'aws:ViaAWSService': fc.constantFrom('true', 'false'),
  })
  const cases = statements.chain((of) => fc.tuple(fc.constant(of), requestFor(of), place))
  fc.assert(
    fc.property(cases, ([of, request, where]) => {
      const compiled = compile(of, { ...bounds, egress })
      if (!compiled.ok || compiled.length > limit) return false
      const here = { ...request, context: { ...request.context, ...where } }
      const verdict = judged(JSON.parse(compiled.json) as PolicyJson, here)
      verdicts[verdict]++
      const spared =
        request.action.startsWith('iam:') &&
        of.some(({ actions }) => actions.some((a) => /^(\*|iam:\*)$/.test(a)))
      const outside =
        where['aws:CurrentTime'] === '2026-11-22T12:00:01Z' ||
        (where['aws:RequestedRegion'] === 'us-west-2' && !spared) ||
        (where['aws:SourceIp'] === '198.51.100.7' && where['aws:ViaAWSService'] === 'false')
      return verdict === (outside ? 'deny' : judged(plain(of), here))
    }),
    { numRuns: 2_000 },
  )
  t.ok(Math.min(...Object.values(verdicts)) > 50, JSON.stringify(verdicts))
})

t.test('lists that would not fit become wildcards that stand for the same', async (t) => {
  const reads = expand('dynamodb:*').filter(({ levels }) => levels.includes('Read'))
  const names = reads.map(({ name }) => name)
  const short = shorten(names)
  t.ok(short.join().length * 2 < names.join().length, short.join())
  const means = (list: readonly string[]): readonly string[] =>
    [...new Set(list.flatMap((action) => expand(action).map(({ name }) => name)))].sort()
  t.strictSame(means(short), means(names))
  t.strictSame(
    shorten(['s3:Get*', 'dynamodb:GetItem']),
    ['s3:Get*', 'dynamodb:GetItem'],
    'what is one item stays',
  )
  t.strictSame(shorten(['s3:NotYet1', 's3:NotYet2']), ['s3:NotYet1', 's3:NotYet2'], 'what is unknown stays')

  const many = expand('ec2:Describe*').map(({ name }) => name)
  const compiled = compile([{ actions: many, resources: ['*'] }], bounds)
  t.ok(many.join().length > limit && compiled.ok && compiled.length < limit)
  t.match(compile([{ actions: names, resources: ['*'] }], bounds), { ok: true, json: /"dynamodb:GetItem"/ })
  t.match(
    compile(
      [
        {
          actions: expand('ec2:*')
            .filter((_, i) => i % 2 === 0)
            .map(({ name }) => name),
          resources: ['*'],
        },
      ],
      bounds,
    ),
    {
      ok: false,
      detail:
        /which take \d+, .* Its largest statement, \d+ actions \(ec2:.* by \d+ characters, would make it fit/,
    },
  )

  const services = fc.constantFrom('dynamodb', 'sqs', 's3', 'sts', 'lambda')
  const picked = services.chain((service) => fc.subarray(expand(`${service}:*`).map(({ name }) => name)))
  fc.assert(
    fc.property(fc.array(picked, { minLength: 1, maxLength: 2 }), (lists) => {
      const list = lists.flat()
      const shorter = shorten(list)
      return (
        JSON.stringify(shorter).length <= JSON.stringify(list).length &&
        JSON.stringify(means(shorter)) === JSON.stringify(means(list))
      )
    }),
    { numRuns: 60 },
  )
})

t.test('property: what is compiled lies within what was asked', async () => {
  fc.assert(
    fc.property(statements, (of) => {
      const compiled = compile(of, bounds)
      const read = compiled.ok ? parseDocument(compiled.json, 'session') : undefined
      return read?.ok === true && contains(policyOf(of), read.document).ok
    }),
    { numRuns: 1_000 },
  )
})

t.test('property: simplifying keeps the meaning and never lengthens', async () => {
  const cases = statements.chain((of) => fc.tuple(fc.constant(of), requestFor(of)))
  fc.assert(
    fc.property(cases, ([of, request]) => {
      const simpler = simplify(of)
      return (
        JSON.stringify(simpler).length <= JSON.stringify(of).length &&
        judged(plain(simpler), request) === judged(plain(of), request)
      )
    }),
    { numRuns: 1_500 },
  )
})

t.test('property: the bounds alone allow nothing, and deny what they deny beside the rest', async (t) => {
  const places = fc.constantFrom(
    {},
    { 'aws:RequestedRegion': 'ap-south-1' },
    { 'aws:CurrentTime': '2026-11-22T12:00:01Z' },
  )
  const cases = statements.chain((made) => fc.tuple(fc.constant(made), requestFor(made), places))
  const tally = { deny: 0, implicit: 0 }
  fc.assert(
    fc.property(cases, ([made, { context, ...rest }, place]) => {
      const request = { ...rest, context: { ...context, ...place } }
      const alone = compileBounds(made, bounds)
      if (!alone.ok) return false
      const verdict = judged(JSON.parse(alone.json) as PolicyJson, request)
      if (verdict === 'allow') return false
      tally[verdict]++
      return (judged(parsed(made), request) === 'deny') === (verdict === 'deny')
    }),
    { numRuns: 1_000 },
  )
  t.ok(tally.deny > 300 && tally.implicit > 200, JSON.stringify(tally))
  t.match(compileBounds([], bounds), { ok: false })
  t.match(compileBounds([{ actions: ['s3:*'], resources: ['*'] }], { ...bounds, regions: [] }), {
    ok: false,
    detail: /region/,
  })
  const far = Array.from({ length: 200 }, (_, at) => `203.0.113.${at}/32`)
  t.match(worstBounds([{ actions: ['s3:*'], resources: ['*'] }], { ...bounds, egress: far }), {
    ok: false,
    detail: /2048/,
  })
})

t.test('property: never more than STS takes, and what fits at its worst always fits', async (t) => {
  let refusals = 0
  const rest = fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\', '~'), maxLength: 120, size: 'max' })
  const wide = fc.array(rest, { maxLength: 30, size: 'max' })
  fc.assert(
    fc.property(wide, fc.nat(253_402_300_799), (names, seconds) => {
      const made = [
        {
          actions: ['s3:GetObject'],
          resources: ['arn:aws:s3:::x', ...names.map((name) => `arn:aws:s3:::x${name}`)],
        },
      ]
      const compiled = compile(made, { ...bounds, notAfter: seconds * 1_000 })
      const worst = worstCase(made, { regions: bounds.regions })
      if (!compiled.ok) refusals++
      if (worst.ok !== compiled.ok) return false
      return !compiled.ok || (compiled.length <= limit && compiled.length <= (worst.ok ? worst.length : 0))
    }),
    { numRuns: 120 },
  )
  t.ok(refusals > 25, `${refusals} refused`)
  const sized = (more: number) => {
    const [a, b] = ['a'.repeat(more / 2 + 1), 'b'.repeat((more + 1) / 2 + 1)]
    return compile([{ actions: ['s3:Get*'], resources: [`arn:aws:s3:::${a}`, `arn:aws:s3:::${b}`] }], bounds)
  }
  const least = sized(0)
  const free = least.ok ? limit - least.length : NaN
  t.match(sized(free), { ok: true, length: limit }, 'up to the last character')
  t.match(sized(free + 1), { ok: false, detail: /2049/ })
  const egress = Array.from({ length: 4 }, (_, i) => `203.0.113.${i * 64}/26`)
  const cost = (more: object): number => {
    const worst = worstCase([{ actions: ['s3:*'], resources: ['*'] }], { regions: bounds.regions, ...more })
    return worst.ok ? worst.length : NaN
  }
  t.ok(cost({ egress }) > cost({}), 'the worst case has the address bound in it')
})

t.test('the evaluator that judges, judged by hand', async (t) => {
  const once = (Condition: StatementJson['Condition'], context: Request['context'] = {}) =>
    judged(
      {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', ...(Condition && { Condition }) }],
      },
      { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', context },
    )
  const table: readonly (readonly [string, Record<string, string | string[]>, Request['context'], string])[] =
    [
      ['StringEquals', { k: ['a', 'b'] }, { K: 'b' }, 'allow'],
      ['StringEquals', { k: 'a' }, {}, 'implicit'],
      ['StringEqualsIfExists', { k: 'a' }, {}, 'allow'],
      ['StringNotEquals', { k: 'a' }, {}, 'allow'],
      ['StringNotEquals', { k: ['a', 'b'] }, { k: 'b' }, 'implicit'],
      ['StringLike', { k: 'a*' }, { k: 'ab' }, 'allow'],
      ['StringNotLike', { k: 'a*' }, { k: 'ab' }, 'implicit'],
      ['StringEquals', { k: 'a*' }, { k: 'ab' }, 'implicit'],
      ['DateLessThan', { k: '2026-01-01T00:00:00Z' }, { k: '1700000000' }, 'allow'],
      ['DateGreaterThan', { k: '2026-01-01T00:00:00Z' }, {}, 'implicit'],
      ['NumericLessThanEquals', { k: '10' }, { k: '10' }, 'allow'],
      ['NumericGreaterThan', { k: '10' }, { k: 'x' }, 'implicit'],
      ['IpAddress', { k: '203.0.113.0/24' }, { k: '203.0.113.1' }, 'allow'],
      ['IpAddress', { k: '203.0.113.0/24' }, { k: '2001:db8::1' }, 'implicit'],
      ['NotIpAddress', { k: '203.0.113.0/24' }, {}, 'allow'],
      ['Bool', { k: 'false' }, {}, 'implicit'],
      ['BoolIfExists', { k: 'false' }, {}, 'allow'],
      ['Null', { k: 'true' }, {}, 'allow'],
      ['Null', { k: 'true' }, { k: 'a' }, 'implicit'],
      ['ArnLike', { k: 'arn:aws:iam::*:role/x' }, { k: 'arn:aws:iam::1:role/y:1:role/x' }, 'implicit'],
      ['ForAllValues:StringEquals', { k: ['a', 'b'] }, { k: ['a', 'c'] }, 'implicit'],
      ['ForAllValues:StringEquals', { k: ['a', 'b'] }, {}, 'allow'],
      ['ForAnyValue:StringEquals', { k: ['a', 'b'] }, { k: ['a', 'c'] }, 'allow'],
      ['ForAnyValue:StringNotEquals', { k: 'a' }, {}, 'implicit'],
    ]
  for (const [operator, wanted, context, expected] of table) {
    t.equal(
      once({ [operator]: wanted }, context),
      expected,
      `${operator} ${JSON.stringify([wanted, context])}`,
    )
  }
  t.throws(() => once({ StringSortOf: { k: 'a' } }))
  t.throws(() => once({ StringEquals: { k: [] } }))
  t.throws(() => once({ StringEquals: { k: '${aws:username}' } }))
  const request = { action: 'S3:getObject', resource: 'arn:aws:s3:::b/k', context: {} }
  const session = (one: Record<string, unknown>): PolicyJson => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', ...one } as StatementJson],
  })
  t.equal(judged(session({ Action: 's3:Get*', Resource: 'arn:aws:s3:::b/*' }), request), 'allow')
  t.equal(judged(session({ NotAction: 's3:Get*', Resource: '*' }), request), 'implicit')
  t.equal(judged(session({ Action: '*', NotResource: 'arn:aws:s3:::B/*' }), request), 'allow')
  t.throws(() => judged(session({ Action: '*', Resource: '*', Principal: '*' }), request))
  t.throws(() => judged(session({ Action: '*' }), request))
  t.throws(() => judged(session({ Action: '*', Resource: 'bucket' }), request))
  t.throws(() => judged({ Version: '2008-10-17', Statement: [] }, request))
  const nothing: PolicyJson = { Version: '2012-10-17', Statement: [] }
  t.equal(evaluate({ session: everything, role: nothing }, request), 'implicit', 'both must allow')
  t.equal(evaluate({ session: nothing, role: everything }, request), 'implicit')
})
