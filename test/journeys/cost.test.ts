import t from 'tap'
import { account, startStint, usualRules, type Json, type Stint } from '../support/stint.js'

/** What an ask could cost, from the dry run to the record. */

const roleOf = (name: string, ceiling: string, more = '') => `
  ${name}:
    accounts: ["${account}"]
    arn: arn:aws:iam::{account}:role/stint-orders-debug
    who: [{ groups: [engineers] }]
    from: [office]
    window: { default: 1h, max: 4h }
    ${more}
    ceiling: [${ceiling}]`

const rules = (cost = 'cost: { by: { groups: [leads] }, stale: 3650d }') =>
  usualRules
    .replace('cost: { by: { groups: [leads] }, stale: 3650d }', cost)
    .replace(
      'regions: [us-east-1, eu-west-1] }',
      'regions: [us-east-1, eu-west-1], quotas: { ec2.standard: 256, ec2-spot.standard: 0, ebs.gp3: 0 } }',
    )
    .replace(
      'approvals:\n',
      `approvals:
  - { name: board, when: cost.usd > 20000.0, votes: 1, by: { groups: [audit] } }
`,
    )
    .replace(
      'roles:',
      `roles:${[
        roleOf('load-test', '{ actions: [lambda:InvokeFunction], resources: ["*"] }'),
        roleOf(
          'machines',
          '{ actions: [ec2:RunInstances], resources: ["arn:aws:ec2:us-east-1:{account}:instance/*"], conditions: { StringLike: { ec2:InstanceType: "m5.*" } } }',
        ),
        roleOf('stacks', '{ actions: [cloudformation:CreateStack], resources: ["*"] }'),
        roleOf('models', '{ actions: [sagemaker:CreateApp], resources: ["*"] }'),
        roleOf(
          'deploy',
          '{ actions: [cloudformation:UpdateStack], resources: ["*"] }',
          'cost: { usd: 50, because: "reviewed in OPS-7", until: "2999-01-01" }',
        ),
        roleOf(
          'past',
          '{ actions: [cloudformation:UpdateStack], resources: ["*"] }',
          'cost: { usd: 50, because: "reviewed in OPS-7", until: "2020-01-01" }',
        ),
        roleOf(
          'savings',
          '{ actions: [savingsplans:CreateSavingsPlan], resources: ["*"] }',
          'cost: { usd: 50, because: "reviewed in OPS-7", until: "2999-01-01" }',
        ),
      ].join('')}`,
    )

const reason = 'to see what it would cost'
const cents = (usd: number) => Math.round(usd * 100) / 100
let stint: Stint
t.before(async () => void (stint = await startStint({ rules: rules() })))
t.teardown(() => stint.close())

const dryRun = async (role: string, more: object = {}): Promise<Json> =>
  (await stint.call('POST', '/v1/decisions', { as: 'ana', body: { role, reason, ...more } })).body
const listOf = (value: unknown) => value as readonly Json[]
const rulesOf = (decision: Json) => listOf(decision['requirements']).map((one) => one['rule'])

t.test('the dry run has the receipt, and asks for nothing', async (t) => {
  const read = await dryRun('orders-debug', { window: '15m' })
  t.match(read, {
    outcome: 'allow',
    cost: {
      detail: 'Could cost up to $4.50.',
      unbounded: false,
      agree: [],
      receipt: { window: '15m', horizon: '1d', unpricedCount: 0, data: { prices: /^[0-9a-f]{64}$/ } },
    },
  })
  const { lines, usd } = read['cost']!['receipt']!
  t.match(lines![0], {
    driver: 'dynamodb-reads',
    quantity: 36_000_000,
    unitPrice: 0.125e-6,
    regions: ['us-east-1'],
  })
  t.equal(cents(usd!), 4.5)
  const longer = await dryRun('orders-debug', { window: '4h' })
  t.equal(cents(longer['cost']!['usd']!), 72)
  const { body } = await stint.call('GET', '/v1/grants', { as: 'ola' })
  t.strictSame(body['grants'], [])
})

t.test('above the threshold somebody must agree, and less asks for nobody', async (t) => {
  const dear = await dryRun('load-test')
  t.match(dear, {
    outcome: 'approve',
    cost: { usd: Number, agree: [/It could cost \$1,366\.20, more than \$1,000\.00/] },
  })
  t.strictSame(rulesOf(dear), ['cost'])
  t.strictSame(dear['cost']!['under'], ['Ask for 30m.', 'Ask for us-east-1 alone.'])
  const one = await dryRun('load-test', { regions: ['us-east-1'] })
  t.match(one, { outcome: 'allow', requirements: [], cost: { agree: [] } })
  t.match(await dryRun('machines'), { outcome: 'allow', cost: { detail: 'Could cost up to $307.20.' } })
  t.match(await dryRun('load-test', { window: '30m', regions: ['us-east-1', 'eu-west-1'] }), {
    outcome: 'allow',
  })
})

t.test('what has no bound, no price, or cannot be taken back, by construction', async (t) => {
  const stacks = await dryRun('stacks')
  t.match(stacks, {
    outcome: 'approve',
    cost: { unbounded: true, agree: [/Nothing bounds what cloudformation:CreateStack/] },
  })
  t.equal(stacks['cost']!['usd'], undefined, 'JSON has no Infinity')
  t.strictSame(rulesOf(stacks), ['board', 'cost'], 'it is more than any threshold')
  t.match(await dryRun('models'), {
    outcome: 'approve',
    cost: { agree: [/Nobody has priced sagemaker:CreateApp/] },
  })
  const deploy = await dryRun('deploy')
  t.match(deploy, {
    outcome: 'allow',
    cost: { usd: 50, declared: { because: 'reviewed in OPS-7' }, detail: /^Declared to cost up to \$50\.00/ },
  })
  t.ok(listOf(deploy['cost']!['receipt']!['unbounded']).length > 0, 'what it comes to is shown all the same')
  t.match(await dryRun('past'), { outcome: 'approve', cost: { unbounded: true } }, 'a declaration ends')
  t.match(await dryRun('savings'), { outcome: 'approve', cost: { agree: [/cannot be cancelled/] } })
})

t.test(
  'the receipt is on the grant and on the record, and holds at the vote and at each issue',
  async (t) => {
    const asked = await stint.ask('ana', { role: 'load-test', reason })
    t.equal(asked.status, 202)
    const id = String(asked.body['grant']!['id'])
    const seen = await stint.call('GET', `/v1/grants/${id}`, { as: 'bo' })
    t.match(seen.body, {
      decision: {
        cost: { detail: 'Could cost up to $1,366.20.', receipt: { lines: [{ driver: 'lambda-compute' }] } },
      },
    })
    t.equal(
      (await stint.call('POST', `/v1/grants/${id}/votes`, { as: 'bo', body: { answer: 'yes' } })).status,
      200,
    )
    t.equal((await stint.call('POST', `/v1/grants/${id}/credentials`, { as: 'ana' })).status, 201)
    const events = await stint.call('GET', `/v1/audit/events?grant=${id}`, { as: 'cy' })
    const pending = listOf(events.body['events'])
      .map(({ text }) => JSON.parse(String(text)) as Json)
      .find(({ kind }: Json) => kind === 'grant.pending')
    t.match(pending?.['data'], {
      decision: { cost: { receipt: { formula: 1, data: { free: /^[0-9a-f]{64}$/ } } } },
    })
    const csv = await stint.call('GET', '/v1/grants?role=load-test', {
      as: 'cy',
      headers: { accept: 'text/csv' },
    })
    t.match(csv.text, /"costUsd"[^]*1366\.2/)
  },
)

t.test('where nobody is named who agrees, it is refused when it is needed', async (t) => {
  // The rule of the file looks at what it costs, and says so what is too much; for no price it asks nobody.
  stint.rules = rules('')
  await stint.app.reload()
  t.match(await dryRun('load-test'), { outcome: 'allow' })
  t.match(await dryRun('stacks'), { outcome: 'approve' })
  const models = await dryRun('models')
  t.match(models, { outcome: 'deny' })
  t.match(
    listOf(models['checks']).find(({ check }) => check === 'cost'),
    { ok: false, detail: /Nobody has priced/, remedy: /cost\.by/ },
  )
  // Prices that are too old are relied on by nobody.
  stint.rules = rules('cost: { by: { groups: [leads] }, stale: 1d }')
  await stint.app.reload()
  t.match(await dryRun('orders-debug'), { outcome: 'approve', cost: { agree: [/older than 1d/] } })
})
