import t from 'tap'
import type { Ec2File } from '../../src/cost/files.js'
import { concerns, usualThreshold } from '../../src/cost/concerns.js'
import { narrower } from '../../src/cost/narrower.js'
import { policyOf, type Policy } from '../../src/cost/policy.js'
import type { Account } from '../../src/cost/prices.js'
import { readPrices } from '../../src/cost/read.js'
import { boundOf, type Receipt } from '../../src/cost/receipt.js'
import { defaultRegions } from '../../src/cost/regions.js'
import { receiptText, sentence } from '../../src/cost/text.js'
import { parseDocument } from '../../src/iam/document-read.js'
import type { Conditions } from '../../src/iam/statement.js'
import { account, allows, book, cents, edited, hour, priced, shipped } from './book.js'

const run = allows(['ec2:RunInstances'])
const only = (key: string, ...values: string[]) => ({ StringLike: { [key]: values } })
const usd = (receipt: Receipt): number => cents(receipt.usd)

/** Every region at us-east-1's prices, as the worked examples have it. */
const flat = readPrices(
  edited(
    'prices',
    ['"otherwise": 1.25', '"otherwise": 1'],
    ['"dearer": {', '"none": {'],
    ['"none": {', '"dearer": {}, "none": {'],
  ),
)

t.test('the worked examples, to the cent', async (t) => {
  const standard = (vcpus: number, more = {}) => account({ 'ec2.standard': vcpus }, more)
  const everywhere = { regions: defaultRegions }
  // The examples reckon with 0.2132 for a vCPU of i2.xlarge; it is 0.853 / 4.
  const exact = (figure: number) => cents((figure * 0.21325) / 0.2132)
  t.equal(usd(priced(run, standard(5, everywhere), flat)), exact(5 * 0.2132 * 17 * 25), 'about $453')
  t.equal(usd(priced(run, standard(256))), exact(1_364.48))
  t.equal(usd(priced(allows(['ec2:RunInstances'], only('ec2:InstanceType', 'm5.*')), standard(256))), 307.2)
  t.equal(usd(priced(run, standard(1_152))), exact(6_140.16))
  t.equal(usd(priced(run, standard(1_152, everywhere), flat)), exact(104_382.72))
  const one = (type: string, pool: string, vcpus: number) =>
    usd(priced(allows(['ec2:RunInstances'], only('ec2:InstanceType', type)), account({ [pool]: vcpus })))
  t.equal(one('p5.48xlarge', 'ec2.p', 192), 1_376)
  t.equal(one('p6-b300.48xlarge', 'ec2.p', 192), 3_560.4)
  t.equal(
    cents(
      priced(allows(['lambda:InvokeFunction']), account({ 'lambda.concurrency': 1_000 })).lines[0]?.usd ?? 0,
    ),
    600,
  )
  const model = (name: string) =>
    usd(
      priced(
        allows(['bedrock:InvokeModel'], undefined, [`arn:aws:bedrock:us-east-1::foundation-model/${name}`]),
        account({ 'bedrock.tokens': 200_000 }),
      ),
    )
  t.equal(model('anthropic.claude-opus-4-7-v1:0'), 300)
  t.equal(model('anthropic.claude-opus-4-20250514-v1:0'), 900)
  t.equal(usd(priced(allows(['s3:PutObject']), account({ 's3.put': 3_500 }))), 63)
  // The page charges 4.5 TB for a day of a month of 31; we for the hour of writing too, in a month of 730.
  t.equal(
    usd(priced(allows(['s3:PutObject']), account({ 's3.in': 1.25 }))),
    cents((4_500 * 0.023 * 25) / 730),
  )
})

t.test('the incident: as an ask it has no bound, and its parts price as reckoned', async (t) => {
  const all = priced(allows(['*']), account({}, { horizon: 72 * hour }))
  t.equal(boundOf(all), Infinity)
  for (const action of ['iam:PassRole', 'servicequotas:RequestServiceQuotaIncrease', 'account:EnableRegion'])
    t.ok(
      all.unbounded.some((note) => note.action === action),
      action,
    )
  t.match(sentence(all), /^Could cost without limit: /)
  t.ok(all.unpricedCount > 1_000 && all.unpriced.length <= 40)

  const week = account({ 'ec2.standard': 1_152, 'ec2.p': 128 }, { horizon: 0 })
  const hours = (
    profile: typeof week,
    conditions?: Record<string, Record<string, string[]>>,
    prices = book,
  ) => priced(allows(['ec2:RunInstances'], conditions), profile, prices, 72 * hour)
  const fleet = account({ 'ec2.standard': 412 * 8 }, { horizon: 0 })
  // The page reckons without credits, which a t3 may run up on each vCPU.
  const credits = 0.05 * 72
  const fleetOf = hours(fleet, only('ec2:InstanceType', 't3.2xlarge'))
  t.equal(usd(fleetOf), cents(9_872.18 + 412 * 8 * credits), '412 t3.2xlarge for 72 h')
  t.match(fleetOf.lines[0], {
    assumes: /credits of the unlimited mode/,
    price: { source: /CPU credits/, unverified: true },
  })
  const seven = { ...week, regions: [...defaultRegions].slice(0, 7), quotas: { ...week.quotas, 'ec2.p': 0 } }
  t.equal(
    usd(hours(seven, undefined, flat)),
    cents(7 * 1_152 * 0.21325 * 72),
    'about $123,786 over 7 regions',
  )
  t.equal(
    usd(hours(seven, only('ec2:InstanceType', 't3.*'), flat)),
    cents(7 * 1_152 * (0.0416 * 72 + credits)),
    '$24,153, and credits',
  )
  const gpus = { ...week, quotas: { ...week.quotas, 'ec2.standard': 0 } }
  t.equal(usd(hours(gpus)), cents(128 * 0.74175 * 72), 'about $6,836 of P')
  const five = account({ 'ec2.standard': 5 }, { horizon: 0 })
  t.equal(
    usd(hours(five, only('ec2:InstanceType', 't3.2xlarge'))),
    0,
    'with a quota of 5 it cannot be started',
  )

  const aurora = readPrices(
    edited('prices', ['"db.r5.4xlarge": 2.216', '"db.r6g.2xlarge": 1.12, "db.r5.4xlarge": 2.216']),
  )
  const databases = allows(['rds:CreateDBInstance'], {
    StringEquals: { 'rds:DatabaseClass': ['db.r6g.2xlarge'] },
  })
  t.equal(
    usd(priced(databases, account({ 'rds.instances': 18 }, { horizon: 0 }), aurora, 72 * hour)),
    1_451.52,
  )
  // 2.4 PB that were there from the first hour, in October's 744 hours.
  const october = readPrices(edited('prices', ['"monthHours": 730', '"monthHours": 744']))
  const bytes = account({ 's3.in': 2_400_000 / 3_600 }, { horizon: 71 * hour })
  t.equal(usd(priced(allows(['s3:PutObject']), bytes, october)), 5_341.94)
})

t.test('one pool is filled once, pools add up, and what adds to another does', async (t) => {
  const many = allows([
    'ec2:RunInstances',
    'ec2:CreateFleet',
    'autoscaling:CreateAutoScalingGroup',
    'batch:SubmitJob',
  ])
  const profile = account({ 'ec2.standard': 256 })
  t.equal(usd(priced(many, profile)), usd(priced(run, profile)), 'whoever starts the vCPUs')
  const emr = priced(allows(['ec2:RunInstances', 'elasticmapreduce:RunJobFlow']), profile)
  t.equal(usd(emr), cents(256 * 0.21325 * 25 * 1.25), 'the dearest of them')
  t.strictSame(
    emr.lines.map(({ driver }) => driver),
    ['emr'],
  )
  const both = priced(run, account({ 'ec2.standard': 256, 'ec2-spot.standard': 256, 'ec2.p': 128 }))
  t.equal(usd(both), cents(2 * 256 * 0.21325 * 25 + 128 * 0.74175 * 25))
  const calls = priced(allows(['lambda:InvokeFunction']), account({ 'lambda.concurrency': 1_000 }))
  t.strictSame(
    calls.lines.map((line) => cents(line.usd)),
    [600, 7.2],
  )
  // Two regions, one with a type that is dearer: what is dearest in each.
  const split = {
    allow: [
      {
        actions: ['ec2:RunInstances'],
        resources: ['*'],
        conditions: {
          StringEquals: { 'aws:RequestedRegion': ['us-east-1'], 'ec2:InstanceType': ['m5.large'] },
        },
      },
      {
        actions: ['ec2:RunInstances'],
        resources: ['*'],
        conditions: {
          StringEquals: { 'aws:RequestedRegion': ['us-east-2'], 'ec2:InstanceType': ['c5.large'] },
        },
      },
    ],
    deny: [],
  }
  t.equal(
    usd(priced(split, account({ 'ec2.standard': 100 }, { regions: ['us-east-1', 'us-east-2'] }))),
    cents(100 * 25 * (0.048 + 0.0425)),
  )
})

t.test('what binds and what can be dodged', async (t) => {
  const profile = account({ 'ec2.standard': 100 }, { regions: ['us-east-1', 'us-east-2'] })
  const of = (conditions?: Record<string, Record<string, string[]>>, resources?: string[]) =>
    usd(priced(allows(['ec2:RunInstances'], conditions, resources), profile))
  const whole = of()
  const m5 = { 'ec2:InstanceType': ['m5.large'] }
  t.equal(of({ StringEquals: m5 }), cents(whole * (0.048 / 0.21325)))
  t.equal(of({ StringEquals: { 'EC2:instancetype': ['m5.large'] } }), of({ StringEquals: m5 }), 'keys fold')
  for (const operator of [
    'StringEqualsIfExists',
    'ForAllValues:StringEquals',
    'StringNotEquals',
    'StringNotLike',
  ])
    t.equal(of({ [operator]: m5 }), whole, `${operator} binds nobody`)
  t.equal(
    of({ StringLike: { 'ec2:InstanceType': ['${aws:PrincipalTag/type}'] } }),
    whole,
    'a variable is anything',
  )
  t.equal(
    of({ StringEquals: { 'ec2:InstanceType': ['m99.huge'] } }),
    whole,
    'a type that the book lacks is the dearest',
  )
  t.equal(of({ StringEquals: { 'aws:RequestedRegion': ['us-east-1'] } }), cents(whole / 2))
  t.equal(of({ StringEquals: { 'aws:RequestedRegion': ['eu-west-1'] } }), 0, 'a region that is not enabled')
  t.equal(of(undefined, ['arn:aws:ec2:us-east-1:123456789012:instance/*']), cents(whole / 2))
  t.equal(of(undefined, ['arn:aws-cn:ec2:*:*:instance/*']), 0, 'another partition')
  t.equal(of(undefined, ['arn:aws:ec2:*:*:subnet/*', 'arn:aws:ec2:*::image/*']), 0, 'no instance is reached')
  t.equal(
    usd(
      priced(
        allows(['autoscaling:CreateAutoScalingGroup'], {
          NumericLessThanEquals: { 'autoscaling:MaxSize': ['1'] },
        }),
        profile,
      ),
    ),
    whole,
    'a size that each of many groups may have',
  )
})

t.test('a Deny takes away what it certainly takes', async (t) => {
  const profile = account({ 'ec2.standard': 100 }, { regions: ['us-east-1', 'us-east-2'] })
  const of = (denies: object) => {
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'ec2:RunInstances', Resource: '*' },
        { Effect: 'Deny', ...denies },
      ],
    })
    const read = parseDocument(text, 'identity')
    if (!read.ok) throw new Error(JSON.stringify(read.faults))
    return usd(priced(policyOf(read.document), profile))
  }
  const whole = usd(priced(run, profile))
  t.equal(of({ Action: 'ec2:*', Resource: '*' }), 0)
  t.equal(of({ NotAction: 's3:*', Resource: '*' }), 0)
  t.equal(of({ NotAction: 'ec2:Run*', Resource: '*' }), whole)
  t.equal(of({ Action: 'ec2:RunInstances', Resource: 'arn:aws:ec2:*:*:instance/*' }), 0)
  t.equal(of({ Action: 'ec2:RunInstances', Resource: 'arn:aws:ec2:*:*:instance/i-1' }), whole)
  t.equal(of({ Action: '*', NotResource: 'arn:aws:s3:::x' }), whole, 'nothing is concluded')
  const region = { StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } }
  t.equal(of({ NotAction: 'iam:*', Resource: '*', Condition: region }), cents(whole / 2))
  const type = { StringNotLike: { 'ec2:InstanceType': 'm5.*' } }
  t.equal(
    of({ Action: 'ec2:RunInstances', Resource: 'arn:aws:ec2:*:*:instance/*', Condition: type }),
    cents(whole * (0.048 / 0.21325)),
  )
  t.equal(
    of({
      Action: 'ec2:RunInstances',
      Resource: '*',
      Condition: { ...type, ...{ Bool: { 'aws:SecureTransport': 'false' } } },
    }),
    whole,
  )
})

t.test('what is not known is never nothing', async (t) => {
  const profile = account()
  const unpriced = (...actions: string[]) =>
    priced(allows(actions), profile).unpriced.map(({ action }) => action)
  t.strictSame(unpriced('sagemaker:CreateEndpoint'), ['sagemaker:CreateEndpoint'])
  t.strictSame(unpriced('newservice:CreateThing', 'dynamodb:Getitem'), ['newservice:CreateThing'])
  t.strictSame(unpriced('newservice:*'), ['newservice:*'])
  const verbs = ['newservice:DeleteThing', 'newservice:StopThing', 'newservice:TagThing', 's3:DeleteNewThing']
  t.strictSame(unpriced(...verbs, 's3:DeleteNew*'), [...verbs, 's3:DeleteNew*'].sort(), 'a verb is no proof')
  const caps = ['autoscaling:DeletePolicy', 'autoscaling:SuspendProcesses', 'route53domains:DeleteDomain']
  t.strictSame(unpriced(...caps), caps, 'what is taken away may be what limits, or what was paid for')
  t.strictSame(
    unpriced('s3:GetObject', 's3:List*', 'iam:TagRole', 'ec2:DeleteVolume'),
    [],
    'reads, and what is free',
  )
  t.strictSame(unpriced('iam:PassRole'), ['iam:PassRole'], 'with a wildcard, and without')
  const named = priced(allows(['iam:PassRole'], undefined, ['arn:aws:iam::123456789012:role/app']), profile)
  t.strictSame([named.unbounded, named.unpricedCount], [[], 1])

  const databases = (conditions?: Record<string, Record<string, string[]>>) =>
    priced(allows(['rds:CreateDBInstance'], conditions), account({ 'rds.instances': 40 }))
  t.match(databases(), { unpricedCount: 1, usd: 40 * 2.336 * 25 }, 'the book lacks the dearest class')
  t.match(databases(only('rds:DatabaseClass', 'db.r5.*')), { unpricedCount: 1 })
  t.match(databases({ StringEquals: { 'rds:DatabaseClass': ['db.r5.4xlarge'] } }), {
    unpricedCount: 0,
    usd: 40 * 2.216 * 25,
  })
  t.match(priced(allows(['bedrock:InvokeModel']), account({ 'bedrock.tokens': 1 })), { unpricedCount: 1 })
  const limitless = { ...book, pools: new Map([...book.pools].filter(([id]) => id !== 'ec2.standard')) }
  t.match(priced(run, account(), limitless).unpriced[0], { action: 'ec2:RunInstances', why: /No quota/ })
})

t.test('what is bought with a machine or a database counts as well', async (t) => {
  const of = (action: string, pool: string, conditions?: Conditions) =>
    cents(priced(allows([action], conditions), account({ [pool]: 1_000 })).usd)
  const month = (each: number) => cents((1_000 * each * 25) / 730)
  const small = {
    StringEquals: { 'rds:DatabaseClass': ['db.r5.4xlarge'] },
    NumericLessThanEquals: { 'rds:StorageSize': ['20'], 'rds:Piops': ['1000'] },
  }
  for (const action of [
    'CreateDBInstance',
    'ModifyDBInstance',
    'RestoreDBInstanceFromS3',
    'CreateDBCluster',
  ]) {
    t.equal(of(`rds:${action}`, 'rds.storage', small), month(3 * 0.125), `${action} with storage that grows`)
    t.equal(of(`rds:${action}`, 'rds.iops', small), month(3 * 0.1), `${action} with IOPS`)
  }
  t.equal(of('redshift:CreateCluster', 'redshift.storage'), month(0.024))
  for (const action of [
    'autoscaling:CreateAutoScalingGroup',
    'ec2:RequestSpotFleet',
    'elasticmapreduce:RunJobFlow',
  ]) {
    t.equal(of(action, 'ebs.io2'), month(0.125), `${action} with volumes`)
    t.equal(of(action, 'ebs-iops.io2'), month(0.065))
  }
  t.equal(of('ec2:CreateVolume', 'ebs-iops.gp3', only('ec2:VolumeType', 'gp3')), month(0.015))
  const named = priced(allows(['rds:CreateDBInstance'], small), { ...account(), quotas: {} })
  t.match(named, { unpricedCount: 0, lines: { length: 3 } })
  t.match(named.lines[0], { driver: 'rds-iops', limit: /10,240,000 IOPS \(assumed\)/ }, 'no quota of AWS')
  t.ok(named.usd > 100_000, 'no bound without its storage')
  t.match(priced(allows(['dynamodb:RestoreTableFromBackup']), account()), { unpricedCount: 1 })
  const { types } = JSON.parse(shipped.ec2) as Ec2File
  for (const [series, each] of Object.entries({ t2: 0.05, t3: 0.05, t3a: 0.05, t4g: 0.04 })) {
    const large = types[`${series}.large`]?.usdPerHour ?? 0
    t.equal(
      cents(
        priced(
          allows(['ec2:RunInstances'], only('ec2:InstanceType', `${series}.large`)),
          account({ 'ec2.standard': 200 }),
        ).usd,
      ),
      cents(25 * 100 * (large + 2 * each)),
      series,
    )
  }
})

t.test('who must agree, and why', async (t) => {
  const now = Date.UTC(2026, 10, 24)
  const about = (receipt: Receipt | undefined, declared?: Parameters<typeof concerns>[2], at = now) =>
    concerns(receipt, usualThreshold, declared, at)
  const cheap = priced(allows(['dynamodb:Query']), account({ 'dynamodb.read': 40_000 }))
  t.equal(usd(cheap), 18)
  t.strictSame(about(cheap), [])
  t.strictSame(about(undefined), ['What it could cost could not be computed.'])
  t.match(about(cheap, undefined, Date.UTC(2031, 0, 1)), [/older than 730d/])
  t.strictSame(
    about(priced(allows(['sqs:TagQueue']), account()), undefined, Date.UTC(2031, 0, 1)),
    [],
    'no price, none old',
  )
  const dear = priced(run, account({ 'ec2.standard': 256 }))
  t.match(about(dear), [/It could cost \$1,364\.80, more than \$1,000\.00\./])
  t.match(about(priced(allows(['cloudformation:CreateStack']), account())), [/Nothing bounds/])
  t.match(about(priced(allows(['sagemaker:CreateModel', 'sagemaker:CreateApp']), account())), [
    /CreateApp and 1 more/,
  ])

  const deploy = { usd: 200, because: 'reviewed in OPS-7', until: '2027-01-01' }
  const stack = priced(allows(['cloudformation:*', 'sagemaker:CreateApp']), account())
  t.strictSame(about(stack, deploy), [])
  t.match(
    about(stack, deploy, Date.UTC(2027, 0, 2)),
    [/Nothing bounds/, /Nobody has priced/],
    'the day after',
  )
  t.match(about(stack, { ...deploy, usd: 2_000 }), [/declared to cost \$2,000/])
  const shield = priced(allows(['shield:CreateSubscription', 'savingsplans:CreateSavingsPlan']), account())
  t.equal(boundOf(shield), Infinity)
  t.equal(usd(shield), 36_000)
  t.match(about(shield, deploy), [
    /committed by savingsplans:CreateSavingsPlan and 1 more, which cannot be cancelled/,
  ])
})

t.test('what would bring it under', async (t) => {
  const under = (policy: Policy, profile: Account, window = hour) => {
    const why = (one: Receipt) => concerns(one, usualThreshold, undefined, Date.UTC(2026, 10, 24))
    const receipt = priced(policy, profile, book, window)
    t.ok(why(receipt).length > 0, 'it is over')
    return narrower(receipt, [policy, window, profile, book], (one) => why(one).length === 0)
  }
  const calls = allows(['lambda:InvokeFunction'])
  const twice = account({ 'lambda.concurrency': 1_000 }, { regions: ['us-east-1', 'us-east-2', 'eu-west-1'] })
  t.strictSame(under(calls, twice), ['Ask for 30m.', 'Ask for us-east-1 alone.'])
  t.strictSame(under(calls, { ...twice, regions: ['us-east-1'] }, 2 * hour), ['Ask for 1h.'])
  t.strictSame(under(calls, twice, 12 * hour), ['Ask for 30m.'], 'one region alone would not do')
  const more = account(
    { 'lambda.concurrency': 3_000 },
    { regions: ['us-east-1', 'us-west-2', 'us-east-2', 'eu-west-1'] },
  )
  t.strictSame(under(calls, more, 12 * hour), ['Ask for 5m.'])
  const most = account({ 'lambda.concurrency': 12_000 }, { regions: ['us-east-1', 'us-west-2', 'eu-west-1'] })
  t.strictSame(under(calls, most, 12 * hour), ['Ask for 5m in us-east-1 alone.'])
  const machines = account({ 'ec2.standard': 256 })
  const [only, ...others] = under(run, machines)
  t.strictSame(others, [], 'what is left behind costs as much after a shorter window')
  const family =
    /^Allow only instances of (\S+) \(a condition on ec2:InstanceType\)\.$/.exec(only ?? '')?.[1] ?? ''
  const narrowed = priced(
    allows(['ec2:RunInstances'], { StringLike: { 'ec2:InstanceType': [family] } }),
    machines,
  )
  t.ok(narrowed.usd <= 1_000 && narrowed.usd > 900, `${family} comes close to what is allowed`)
  t.strictSame(
    under(allows(['dynamodb:Query', 'cloudformation:CreateStack', 'sagemaker:CreateApp']), account()),
    ['Ask without cloudformation:CreateStack, sagemaker:CreateApp.'],
  )
  t.strictSame(under(allows(['*']), account()), [], 'that would be another ask')
  const elsewhere = allows(['lambda:InvokeFunction'], {
    StringEquals: { 'aws:RequestedRegion': ['eu-west-1'] },
  })
  t.strictSame(
    under(elsewhere, twice, 2 * hour),
    ['Ask for 1h.'],
    'regions in which it does nothing are no help',
  )
})

t.test('a receipt can be checked by hand', async (t) => {
  const receipt = priced(
    run,
    account(
      { 'ec2.standard': { 'us-east-1': 256, 'sa-east-1': 64 } },
      { regions: ['us-east-1', 'us-east-2', 'sa-east-1'] },
    ),
  )
  for (const { usd, quantity, unitPrice, hours = 1, regions } of receipt.lines)
    t.equal(cents(usd), cents(quantity * unitPrice * hours * regions.length))
  t.match(receipt, {
    formula: 1,
    oldest: '2026-07-20',
    data: { prices: /^[0-9a-f]{64}$/, quotas: /^[0-9a-f]{64}$/ },
    lines: [
      {
        regions: ['us-east-2'],
        limit: 'quota L-1216C47A of 1,152 vCPU (AWS default)',
        price: { type: 'i2.xlarge', retrieved: '2026-07-20' },
      },
      { regions: ['us-east-1'], limit: /256 vCPU \(declared\)/ },
      { regions: ['sa-east-1'], limit: /64 vCPU \(declared\)/, price: { factor: 1.75 } },
    ],
  })
  const text = receiptText(receipt)
  t.match(text, /^Could cost up to \$/)
  t.match(text, /1,152 vCPU x \$0\.21325 \(i2\.xlarge\) x 25 h; quota L-1216C47A/)
  t.match(text, /estimated at 1\.75 times us-east-1/)
  t.match(text, /karpenter-provider-aws/)
})
