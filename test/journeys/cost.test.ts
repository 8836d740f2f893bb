import t from 'tap'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recompute } from '../../src/cli/local/recompute.js'
import { fileNames } from '../../src/cost/files.js'
import { shipped } from '../cost/book.js'
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
    .replace('cost: { above: 1000000, by: { groups: [leads] }, stale: 3650d }', cost)
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
  // The rule of the file looks at what one thing costs; nobody answers for the rest, above the threshold or without a price.
  stint.rules = rules('')
  await stint.app.reload()
  for (const [role, detail] of [
    ['load-test', /more than \$1,000\.00\. Nobody is named/],
    ['models', /Nobody has priced/],
  ] as const) {
    const decision = await dryRun(role)
    t.match(decision, { outcome: 'deny' })
    t.match(
      listOf(decision['checks']).find(({ check }) => check === 'cost'),
      { ok: false, detail, remedy: /cost\.by/ },
    )
  }
  t.match(await dryRun('stacks'), { outcome: 'approve' })
  // Prices that are too old are relied on by nobody.
  stint.rules = rules('cost: { by: { groups: [leads] }, stale: 1d }')
  await stint.app.reload()
  t.match(await dryRun('orders-debug'), { outcome: 'approve', cost: { agree: [/older than 1d/] } })
})

const limited = (limits: string) =>
  rules(`cost: { above: 1000, by: { groups: [leads] }, stale: 3650d, limits: [${limits}] }`)

t.test('ten cheap asks are not ten free passes', async (t) => {
  const own = await startStint({ rules: rules() })
  t.teardown(() => own.close())
  const call = { role: 'load-test', reason, regions: ['us-east-1'] }
  t.equal((await own.ask('ana', call)).status, 201, '$607.20')
  const second = await own.ask('ana', call)
  t.match(second, {
    status: 202,
    body: {
      grant: {
        decision: {
          cost: {
            detail: 'Could cost up to $607.20.',
            agree: [
              /Without anybody this person was granted \$607\.21 in the last 1d; with this it is \$1,214\.42, more than \$1,000\.00/,
            ],
          },
        },
      },
    },
  })
  t.equal((await own.ask('ben', call)).status, 201, 'another person')
  t.equal((await own.ask('ana', { role: 'models', reason })).status, 202)
  t.match(await own.ask('ana', { role: 'orders-debug', reason }), { status: 201 }, 'what still fits is free')
  // A run counts for the person behind it.
  t.equal((await own.ask('job', { role: 'orders-debug', reason, window: '4h' })).status, 201)
  const id = String(second.body['grant']!['id'])
  t.equal(
    (await own.call('POST', `/v1/grants/${id}/votes`, { as: 'bo', body: { answer: 'yes' } })).status,
    200,
  )
  t.equal((await own.call('POST', `/v1/grants/${id}/credentials`, { as: 'ana' })).status, 201)
  // What was given in between does not count against what is collected again.
  const first = await own.call('GET', '/v1/grants?role=load-test&outcome=allow', { as: 'ana' })
  for (const { id } of listOf(first.body['grants']))
    t.equal((await own.call('POST', `/v1/grants/${String(id)}/credentials`, { as: 'ana' })).status, 201)
  own.clock.advance(25 * 3_600_000)
  t.equal((await own.ask('ana', call)).status, 201, 'a day later')

  const racing = await Promise.all(Array.from({ length: 6 }, () => own.ask('bo', call)))
  t.equal(racing.filter(({ status }) => status === 201).length, 1, 'of those that race, one')
  t.equal(racing.filter(({ status }) => status === 202).length, 5)
})

t.test(
  'limits refuse or ask, and say when there is room again; rules see what was granted before',
  async (t) => {
    const own = await startStint({
      rules: limited('{ per: role, usd: 700, every: day }, { per: all, usd: 2000, every: month, then: ask }'),
    })
    t.teardown(() => own.close())
    const call = { role: 'load-test', reason, regions: ['us-east-1'] }
    t.equal((await own.ask('ana', call)).status, 201)
    const refused = await own.ask('ben', call)
    t.equal(refused.status, 403)
    t.match(
      listOf(refused.body['checks']).find(({ check }) => check === 'cost'),
      {
        ok: false,
        detail:
          /This role may be granted \$700\.00 a day; it was \$607\.21, and this could cost \$607\.21\. There is room for it again at 20/,
      },
    )
    const detail = String(listOf(refused.body['checks']).find(({ check }) => check === 'cost')?.['detail'])
    const frees = Date.parse(/again at (\S+)\./.exec(detail)?.[1] ?? '')
    const preview = await own.call('POST', '/v1/decisions', { as: 'ben', body: { ...call, window: '5m' } })
    t.match(preview.body, { outcome: 'allow' }, 'less fits')
    own.clock.advance(frees - own.clock() + 1)
    t.equal((await own.ask('ben', call)).status, 201, 'then there is')
    const month = await own.call('POST', '/v1/decisions', { as: 'ana', body: { role: 'deploy', reason } })
    t.match(month.body, { outcome: 'allow', cost: { usd: 50 } })
    // Those that race are added up one after the other, and none of them is turned away for that.
    const racing = await Promise.all(
      Array.from({ length: 8 }, () => own.ask('ana', { role: 'orders-debug', reason, window: '1m' })),
    )
    t.strictSame([...new Set(racing.map(({ status }) => status))], [201])
    own.rules = limited('{ per: all, usd: 1000, every: month, then: ask }')
    await own.app.reload()
    const asks = await own.call('POST', '/v1/decisions', { as: 'ana', body: { role: 'deploy', reason } })
    t.match(asks.body, { outcome: 'approve', cost: { agree: [/All may be granted \$1,000\.00 a month/] } })

    own.rules = rules().replace(
      'approvals:\n',
      'approvals:\n  - { name: often, when: cost.recent.person.usd > 640.0, votes: 1, by: { groups: [audit] } }\n',
    )
    await own.app.reload()
    const often = await own.call('POST', '/v1/decisions', { as: 'ben', body: { role: 'deploy', reason } })
    t.match(often.body, { outcome: 'approve', cost: { recent: { person: 607.21 } } })
    t.strictSame(rulesOf(often.body), ['often'])
    const seldom = await own.call('POST', '/v1/decisions', { as: 'bo', body: { role: 'deploy', reason } })
    t.match(seldom.body, { outcome: 'allow', cost: { recent: { person: 0 } } })
  },
)

t.test(
  'years later a receipt is computed again, from what is pinned and the data that it rests on',
  async (t) => {
    const own = await startStint({ rules: rules() })
    t.teardown(() => own.close())
    const asked = await own.ask('ana', { role: 'machines', reason, window: '2h' })
    t.equal(asked.status, 201)
    const id = String(asked.body['grant']!['id'])
    t.match(asked.body['grant']!['decision']!['cost']!['receipt'], {
      quotas: { 'ec2.standard': 256 },
      actions: /^\d/,
    })
    const source = { file: own.config(), env: { STINT_STORE: join(own.folder, 'stint.db') } }
    const world = { clock: own.clock, random: randomBytes, sleep: async () => undefined }
    const again = (grant: string, data?: string) =>
      recompute('stint.yaml', source, { grant, ...(data && { data }) }, world)

    t.match(await again(id), {
      exit: 0,
      out: /^Could cost up to \$319\.49[^]*what is on the record, to the byte/,
      err: '',
    })
    // Quotas that are declared today are not those of then.
    source.file = source.file.replace('ec2.standard: 256', 'ec2.standard: 1')
    t.match(await again(id), { exit: 0 })
    t.match(await again('01K9ZQ3T7M4V5W6X7Y8Z9A0B1D'), { exit: 2, err: /There is no grant/ })
    const folder = t.testdir({ 'prices.json': '{}' })
    t.match(await again(id, folder), { exit: 9, err: /has no ec2\.json/ })
    for (const name of fileNames) writeFileSync(join(folder, `${name}.json`), shipped[name])
    t.match(await again(id, folder), { exit: 0 }, 'the same data in another place')
    writeFileSync(join(folder, 'quotas.json'), shipped.quotas.replace('1152', '2304'))
    t.match(await again(id, folder), { exit: 6, err: /rests on other data[^]*quotas\.json [0-9a-f]{64}/ })
  },
)
