import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { verify } from '../../src/audit/chain.js'
import { signedRequest } from '../support/aws-service.js'
import { canary } from '../support/canary.js'
import type { PolicyJson } from '../support/iam-evaluate.js'
import {
  account,
  roleArn,
  startStint,
  table,
  usualRules,
  type Answer,
  type Json,
  type Stint,
} from '../support/stint.js'

/** The promises of the design, in its order and by its numbers. Each test fails when its promise is broken. */

const reason = 'an order is stuck in checkout'
const debug = { role: 'orders-debug', reason }
const repair = { role: 'orders-repair', reason, ticket: 'OPS-1' }
const minutes = 60_000

const grantOf = (answer: Answer): Json => answer.body['grant'] as unknown as Json
const idOf = (answer: Answer): string => String(answer.body['grant']?.['id'])
const failed = (answer: Answer): readonly string[] =>
  [...(answer.body['checks'] ?? [])].filter(({ ok }) => !ok).map(({ check }) => String(check))

/** Calls the AWS-like service with the credentials of an answer. */
const use = (
  stint: Stint,
  answer: Answer,
  call: { action?: string; table?: string; region?: string } = {},
) => {
  const { accessKeyId, secretAccessKey, sessionToken } = answer.body['credentials'] as unknown as Record<
    string,
    string
  >
  return signedRequest({
    url: stint.aws.url,
    action: 'GetItem',
    table: 'orders',
    region: 'us-east-1',
    ...call,
    keys: { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken: sessionToken! },
    clock: stint.clock,
  })
}

/** The record as it is on disk, read past Stint. */
function onDisk(stint: Stint): readonly { seq: number; text: string; leaf: string; kind: string }[] {
  const file = new Database(join(stint.folder, 'stint.db'), { readonly: true })
  try {
    return file.prepare('SELECT seq, text, leaf, kind FROM events ORDER BY seq').all() as never
  } finally {
    file.close()
  }
}
const kinds = (stint: Stint, after = 0) =>
  onDisk(stint)
    .slice(after)
    .map(({ kind }) => kind)

/** Holds the database so that nobody can write until the returned function is called. */
function lock(stint: Stint): () => void {
  const file = new Database(join(stint.folder, 'stint.db'))
  file.exec('BEGIN IMMEDIATE')
  return () => {
    file.exec('ROLLBACK')
    file.close()
  }
}

async function approved(stint: Stint): Promise<string> {
  const id = idOf(await stint.ask('ana', repair))
  await stint.call('POST', `/v1/grants/${id}/votes`, { as: 'bo', body: { answer: 'yes' } })
  return id
}
const collect = (stint: Stint, id: string, options = {}) =>
  stint.call('POST', `/v1/grants/${id}/credentials`, { as: 'ana', ...options })

t.test('1: no record, no credential', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())

  const hold = stint.sts.hold()
  const asking = stint.ask('ana', debug)
  await hold.arrived()
  t.strictSame(kinds(stint, 1), ['grant.active', 'issuance.started'], 'on disk before STS answers')
  hold.release()
  t.equal((await asking).status, 201)
  t.equal(kinds(stint).at(-1), 'issuance.done', 'on disk once the credential is out')

  const again = stint.sts.hold()
  const collecting = collect(stint, idOf(await asking))
  await again.arrived()
  t.equal(kinds(stint).at(-1), 'issuance.started', 'so it is for each further collection')
  again.release()
  t.equal((await collecting).status, 201)

  const calls = stint.sts.calls.length
  const unlock = lock(stint)
  const refused = await stint.ask('ana', debug)
  t.match(refused, { status: 503, body: { code: 'store_unavailable' } })
  t.equal(stint.sts.calls.length, calls, 'STS was not called')
  unlock()

  const held = stint.sts.hold()
  const late = stint.ask('ana', debug)
  await held.arrived()
  const open = lock(stint)
  held.release()
  const answer = await late
  t.match(
    answer,
    { status: 503, body: { code: 'store_unavailable' } },
    'minted, but its end cannot be recorded',
  )
  t.notMatch(answer.text, stint.sts.sessions.at(-1)!.accessKeyId)
  open()
  t.equal(kinds(stint).at(-1), 'issuance.started', 'what is known is on the record')
})

t.test('2: no secret at rest on the server', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const headers = { 'idempotency-key': 'a-key-of-mine' }
  await stint.ask('ana', debug, { headers })
  await stint.ask('ana', debug, { headers })
  await stint.ask('ana', debug, { headers: { accept: 'text/x-shellscript' } })
  await collect(stint, await approved(stint))
  stint.sts.garble((xml) => xml.replace('<Expiration>', '<Expiration>not a time '))
  await stint.ask('ana', debug)
  stint.sts.garble(() => 'no xml at all')
  await stint.ask('ana', debug)
  const hold = stint.sts.hold()
  const withheld = stint.ask('ana', debug)
  await hold.arrived()
  const { body } = await stint.call('GET', '/v1/grants?limit=1', { as: 'ana' })
  await stint.call('POST', `/v1/grants/${body['grants']![0]!['id']}/end`, { as: 'ana' })
  hold.release()
  t.equal((await withheld).status, 409)

  const metrics = await stint.call('GET', '/metrics')
  const log = await stint.call('GET', '/v1/audit/events?limit=200', { as: 'cy' })
  const files = readdirSync(stint.folder).map((name) => readFileSync(join(stint.folder, name), 'latin1'))
  const written = [metrics.text, log.text, stint.log.join(''), ...files]
  t.ok(stint.sts.secrets.length >= 12)
  for (const secret of stint.sts.secrets)
    t.notOk(
      written.some((text) => text.includes(secret)),
      'a minted secret is nowhere',
    )
  for (const token of [stint.token('ana'), stint.token('cy')].map((text) => text.split('.')[2]!))
    t.notOk(
      written.some((text) => text.includes(token)),
      'nor is a caller’s token',
    )
})

t.test('2: every test looks for them when its broker closes', async (t) => {
  const stint = await startStint()
  const { body } = await stint.ask('ana', debug)
  const { secretAccessKey } = body['credentials'] as unknown as Record<string, string>
  t.match(secretAccessKey, canary)
  stint.log.push(`{"msg":"a secret by mistake","key":"${secretAccessKey}"}`)
  await t.rejects(stint.close(), { message: 'A minted secret is in the log.' })
})

t.test('3: nothing wider than asked, nothing asked wider than the ceiling', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  for (const wider of [
    { actions: ['dynamodb:*'] },
    { actions: ['dynamodb:GetItem', 'dynamodb:Scan'] },
    { resources: ['*'] },
    { resources: [table('order?')] },
    { resources: [table('orders').replace('us-east-1', '*')] },
    { regions: ['ap-south-1'] },
  ]) {
    const answer = await stint.ask('ana', { ...debug, ...wider })
    t.equal(answer.status, 403, JSON.stringify(wider))
    t.strictSame(failed(answer), [wider.regions ? 'regions' : 'scope'])
  }
  const asked = await stint.ask('ana', {
    ...debug,
    actions: ['dynamodb:getitem'],
    resources: [table('orders')],
  })
  t.equal((await use(stint, asked)).status, 200, 'what was asked')
  t.match(
    await use(stint, asked, { action: 'Query' }),
    { refused: 'AccessDeniedException' },
    'not the ceiling',
  )
  t.match(
    await use(stint, asked, { table: 'orders-old' }),
    { refused: 'AccessDeniedException' },
    'not its neighbour',
  )
})

/** Forty tables, which fit into no inline session policy; and the last one may be written to. */
const branches = Array.from(
  { length: 40 },
  (_, at) => `arn:aws:dynamodb:us-east-1:{account}:table/orders-of-the-branch-${at}`,
)
const wide = (actions: readonly string[]): PolicyJson => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: actions, Resource: branches },
    { Effect: 'Allow', Action: ['dynamodb:PutItem'], Resource: branches.slice(-1) },
  ],
})
const managedArn = `arn:aws:iam::${account}:policy/stint/orders`
/** The usual rules with that ceiling, and whatever stands under `managed`. */
function wideRules(actions: readonly string[], managed: string): string {
  const [head = '', ...rest] = usualRules.split('    ceiling:\n')
  const ceiling = wide(actions).Statement.map(
    ({ Action, Resource }) => `      - ${JSON.stringify({ actions: Action, resources: Resource })}\n`,
  )
  const [, tail = ''] = rest.join('    ceiling:\n').split(/(?=  orders-repair:)/)
  return `${head}${managed}    ceiling:\n${ceiling.join('')}${tail}`
}
const managed = (actions: readonly string[]) => {
  const sha256 = createHash('sha256')
    .update(JSON.stringify(wide(actions)))
    .digest('hex')
  return `    managed: { arn: "arn:aws:iam::{account}:policy/stint/orders", sha256: ${sha256} }\n`
}
const inAccount = (policy: PolicyJson): PolicyJson =>
  JSON.parse(JSON.stringify(policy).replaceAll('{account}', account)) as PolicyJson

t.test('3: a managed policy goes with what narrows nothing, and with nothing else', async (t) => {
  const actions = ['dynamodb:GetItem', 'dynamodb:Query']
  const policies = { [managedArn]: inAccount(wide(actions)) }
  const stint = await startStint({ rules: wideRules(actions, managed(actions)), policies })
  t.teardown(() => stint.close())
  const last = 'orders-of-the-branch-39'

  const all = await stint.ask('ana', debug)
  t.equal(all.status, 201)
  const sent = stint.sts.calls.at(-1)!.parameters
  t.equal(sent['PolicyArns.member.1.arn'], managedArn)
  t.notMatch(sent['Policy'], /Allow/)
  t.match(grantOf(all)['scope'], { managed: { arn: managedArn, sha256: /^[0-9a-f]{64}$/ } })
  const started = onDisk(stint).find(({ kind }) => kind === 'issuance.started')!
  t.match(JSON.parse(started.text), { data: { policyArns: [managedArn] } })
  t.equal((await use(stint, all, { action: 'PutItem', table: last })).status, 200, 'by the managed policy')
  t.match((await use(stint, all, { action: 'PutItem', table: 'orders-of-the-branch-0' })).message, /session/)
  const denied = /explicit deny in a session policy/
  const near = await stint.ask('ana', { ...debug, regions: ['us-east-1'] })
  t.equal(stint.sts.calls.at(-1)!.parameters['PolicyArns.member.1.arn'], managedArn, 'regions are bounds')
  // Allowed by all policies but for the bounds.
  policies[managedArn] = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  }
  t.equal((await use(stint, all, { region: 'eu-west-1' })).status, 200)
  t.match((await use(stint, all, { region: 'ap-south-1' })).message, denied)
  t.match((await use(stint, near, { region: 'eu-west-1' })).message, denied)
  const short = await stint.ask('ana', { ...debug, window: '5m' })
  t.equal((await use(stint, short)).status, 200)
  stint.clock.advance(6 * minutes)
  t.match((await use(stint, short)).message, denied, 'dead before STS would have it')
  policies[managedArn] = inAccount(wide(actions))

  const table = branches.slice(-1).map((arn) => arn.replace('{account}', account))
  for (const narrowing of [{ actions: ['dynamodb:PutItem'] }, { resources: table }]) {
    const narrow = await stint.ask('ana', { ...debug, ...narrowing })
    t.equal(narrow.status, 201)
    t.notMatch(Object.keys(stint.sts.calls.at(-1)!.parameters).join(), /PolicyArns/)
    t.notOk(grantOf(narrow)['scope']!['managed'])
    t.equal((await use(stint, narrow, { action: 'PutItem', table: last })).status, 200)
    t.match(await use(stint, narrow, { table: 'orders-of-the-branch-0' }), {
      refused: 'AccessDeniedException',
    })
  }
  const calls = stint.sts.calls.length
  const still = await stint.ask('ana', { ...debug, actions })
  t.strictSame(failed(still), ['fits'], 'narrowed by anything, it must fit by itself')
  t.match(still.text, /narrow nothing/)
  t.equal(stint.sts.calls.length, calls)

  const more = [...actions, 'dynamodb:Scan']
  stint.rules = wideRules(more, managed(more))
  await stint.app.reload()
  const stale = await collect(stint, idOf(all))
  t.match(stale, { status: 403, text: /managed policy that was agreed.*Ask again/ })
  t.strictSame(failed(stale), ['scope'], 'the policy of that name holds more than was agreed')
  t.equal(stint.sts.calls.length, calls)
  stint.rules = wideRules(actions, managed(actions).replace('policy/stint/', 'policy/'))
  await stint.app.reload()
  t.strictSame(failed(await collect(stint, idOf(all))), ['scope'], 'another policy')
  stint.rules = wideRules(actions, managed(actions))
  await stint.app.reload()
  t.equal((await use(stint, await collect(stint, idOf(all)), { table: last })).status, 200)
})

t.test('3: a refusal says where it differs, and what would do', async (t) => {
  const lister = '      - { actions: [ec2:DescribeInstances], resources: ["*"] }\n  orders-repair:'
  const stint = await startStint({ rules: usualRules.replace('  orders-repair:', lister) })
  t.teardown(() => stint.close())
  const scope = async (narrowing: object) => {
    const answer = await stint.ask('ana', { ...debug, ...narrowing })
    return [...(answer.body['checks'] ?? [])].find(({ check }) => String(check) === 'scope')
  }
  t.match(await scope({ resources: [table('order')] }), {
    ok: false,
    detail: /its resource is table\/\[order\] where table\/\[orders\*\] is allowed/,
    remedy: /^Did you mean arn:aws:dynamodb:us-east-1:\d{12}:table\/orders\*\?/,
  })
  t.match(await scope({ actions: ['dynamodb:PutItem'] }), { remedy: /Ask for the role orders-repair/ })
  const instance = table('x').replace('dynamodb', 'ec2').replace('table/x', 'instance/i-1')
  t.match(await scope({ actions: ['ec2:DescribeInstances'], resources: [instance] }), {
    ok: false,
    detail: /AWS looks at no resource for ec2:DescribeInstances/,
  })
})

t.test('4: nobody approves their own ask', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const vote = (id: string) =>
    stint.call('POST', `/v1/grants/${id}/votes`, { as: 'bo', body: { answer: 'yes' } })

  const own = idOf(await stint.ask('bo', repair))
  t.match(await vote(own), { status: 403, body: { code: 'forbidden', detail: /own ask/ } })

  const runOf = (actor: string) => ({
    as: {
      token: stint.ci.idToken({ sub: 'repo:acme/orders', actor, repository: 'acme/orders', owner: 'acme' }),
    },
    body: repair,
  })
  const byRun = await stint.call('POST', '/v1/grants', runOf('bo-dev'))
  t.equal(byRun.status, 202)
  t.match(
    await vote(idOf(byRun)),
    { status: 403, body: { detail: /own ask/ } },
    'nor that of a run of theirs',
  )
  const revoke = await stint.call('POST', `/v1/grants/${idOf(byRun)}/revoke`, { as: 'bo', body: { reason } })
  t.equal(revoke.status, 403, 'revoking is for approvers, and they are none here')

  const byStranger = await stint.call('POST', '/v1/grants', runOf('nobody-we-know'))
  t.strictSame(failed(byStranger), ['approvers'], 'who is behind a run must be told from the approvers')

  stint.rules = usualRules.replace('by: { groups: [leads] }', 'by: { subjects: ["corp#ana"] }')
  await stint.app.reload()
  t.strictSame(failed(await stint.ask('ana', repair)), ['approvers'], 'nobody is left who could approve')
  t.equal((await stint.ask('bo', repair)).status, 202)
  for (const empty of ['{}', '{ groups: [] }', '[]']) {
    stint.rules = usualRules.replace('by: { groups: [leads] }', `by: ${empty}`)
    await t.rejects(stint.app.reload(), { code: 'invalid_config' }, `by: ${empty}`)
  }
})

t.test('5: the rules hold at every step', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const load = async (from: string, to: string) => {
    stint.rules = usualRules.replaceAll(from, to)
    if (from !== to) t.not(stint.rules, usualRules, `the rules have ${from}`)
    await stint.app.reload()
  }
  const vote = async (as: 'bo' | 'dan', id: string) =>
    stint.call('POST', `/v1/grants/${id}/votes`, { as, body: { answer: 'yes' } })

  const closing = idOf(await stint.ask('ana', repair))
  await load('default: 1h, max: 2h', 'default: 30m, max: 30m')
  t.equal((await vote('bo', closing)).body['state'], 'denied', 'all met, but a check fails now')

  await load('', '')
  const more = idOf(await stint.ask('ana', repair))
  await load('votes: 1', 'votes: 2')
  t.equal(
    (await vote('bo', more)).body['state'],
    'pending',
    'all met under the old rules, more is required now',
  )
  t.equal((await vote('dan', more)).body['state'], 'active')
  t.equal((await collect(stint, more)).status, 201)

  await load('votes: 1', 'votes: 3')
  t.match(
    await collect(stint, more),
    { status: 403, body: { code: 'denied' } },
    'votes no longer satisfy the rules',
  )
  await load('table/orders"', 'table/order-lines"')
  t.strictSame(failed(await collect(stint, more)), ['scope'], 'the ceiling moved away from what was agreed')
  await load('role/stint-orders-repair', 'role/stint-orders-debug')
  t.equal((await collect(stint, more)).status, 201)
  t.equal(
    stint.sts.calls.at(-1)!.parameters['RoleArn'],
    roleArn('orders-repair'),
    'editing the catalogue never retargets a grant',
  )
  await load('', '')
  t.strictSame(failed(await collect(stint, more, { from: '198.51.100.9' })), ['network'], 'the live address')
  const outsider = { token: stint.idp.token({ sub: 'ana', groups: [] }) }
  t.strictSame(failed(await collect(stint, more, { as: outsider })), ['who'], 'the live token')
  t.equal(
    (await stint.call('GET', `/v1/grants/${more}`, { as: 'ana' })).body['state'],
    'active',
    'refused, not ended',
  )
  t.ok(kinds(stint).filter((kind) => kind === 'request.refused').length >= 4, 'refused and recorded')
})

t.test('6: a rule that fails denies', async (t) => {
  const stint = await startStint({
    rules: usualRules.replace('when: role.name == "orders-repair"', 'when: caller.claims.team == "payments"'),
  })
  t.teardown(() => stint.close())
  const answer = await stint.ask('ana', debug)
  t.equal(answer.status, 403)
  t.strictSame(failed(answer), ['rules'], 'a claim that the token lacks')
  const team = (name: string) => ({
    as: { token: stint.idp.token({ sub: 'ana', groups: ['engineers'], team: name }) },
  })
  t.equal((await stint.call('POST', '/v1/grants', { ...team('orders'), body: debug })).status, 201)
  t.equal((await stint.call('POST', '/v1/grants', { ...team('payments'), body: debug })).status, 202)
})

t.test('7: exactly once', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())

  const id = idOf(await stint.ask('ana', repair))
  const clicks = await Promise.all(
    (['bo', 'dan', 'bo', 'dan'] as const).map((as) =>
      stint.call('POST', `/v1/grants/${id}/votes`, { as, body: { answer: 'yes' } }),
    ),
  )
  t.strictSame(clicks.map(({ status }) => status).toSorted(), [200, 409, 409, 409])
  t.equal(kinds(stint).filter((kind) => kind === 'grant.active').length, 1)

  const headers = { 'idempotency-key': 'one-ask-of-mine' }
  const asks = await Promise.all(Array.from({ length: 5 }, () => stint.ask('ana', repair, { headers })))
  t.equal(new Set(asks.map(idOf)).size, 1, 'one key, one grant')
  const other = await stint.ask('ana', { ...repair, ticket: 'OPS-2' }, { headers })
  t.match(other, { status: 422, body: { code: 'key_reused' } })
  t.not(idOf(await stint.ask('ben', repair, { headers })), idOf(asks[0]!), 'a key is its caller’s own')

  const hold = stint.sts.hold()
  const collecting = collect(stint, id)
  await hold.arrived()
  const revoked = await stint.call('POST', `/v1/grants/${id}/revoke`, {
    as: 'bo',
    body: { reason: 'wrong table' },
  })
  t.equal(revoked.status, 200)
  hold.release()
  const withheld = await collecting
  t.match(withheld, {
    status: 409,
    body: { code: 'conflict', detail: /withheld, since the grant was revoked/ },
  })
  const session = stint.sts.sessions.at(-1)!
  t.notMatch(withheld.text, session.accessKeyId)
  const { body } = await stint.call('GET', `/v1/grants/${id}`, { as: 'ana' })
  t.match(body['issuances'], [{ state: 'withheld', accessKeyId: session.accessKeyId }])
  t.equal(kinds(stint).at(-1), 'issuance.withheld', 'and recorded so')
})

t.test('8: the server derives everything that it shows or grants', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  for (const extra of [
    { accountName: 'harmless' },
    { arn: roleArn('admin') },
    { cost: 0 },
    { asker: 'corp#bo' },
  ])
    t.match(await stint.ask('ana', { ...debug, ...extra }), {
      status: 400,
      body: { code: 'invalid_request' },
    })
  const answer = await stint.ask('ana', { ...debug, account: '123456789012' })
  t.match(grantOf(answer), { accountName: 'prod', asker: { subject: 'corp#ana', address: '203.0.113.7' } })
})

t.test('9: revoking and ending tell the truth', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const issued = await stint.ask('ana', { ...debug, window: '10m' })
  const ended = await stint.call('POST', `/v1/grants/${idOf(issued)}/end`, { as: 'ana' })
  t.match(ended, { status: 200, body: { state: 'ended' } })
  t.equal((await collect(stint, idOf(issued))).status, 409, 'nothing more is issued')
  const lives = ended.body['issuances']![0]!['expiresAt'] as string
  t.equal((await use(stint, issued)).status, 200, 'what is out lives on')
  stint.clock.advance(Date.parse(lives) - stint.clock() + 1_000)
  t.equal((await use(stint, issued)).status, 400, 'until the time that the answer named')
})

t.test('10: the record can be checked by who does not trust the operator', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  await collect(stint, await approved(stint))
  const read = async (query: string) =>
    stint.call('GET', `/v1/audit/events?${query}`, { as: 'cy', headers: { accept: 'application/x-ndjson' } })
  const texts = (await read('limit=200')).text.trimEnd().split('\n')
  const entries = onDisk(stint)
    .slice(0, texts.length)
    .map(({ seq, text, leaf }) => ({ seq, text, leaf }))
  t.strictSame(
    texts,
    entries.map(({ text }) => text),
    'what is exported is what was hashed',
  )
  t.match(verify(entries), { ok: true, head: { seq: entries.length } })
  const tampered = entries.map((entry) => ({ ...entry, text: entry.text.replace('corp#bo', 'corp#ana') }))
  t.match(verify(tampered), { ok: false })
  t.match(verify(entries.toSpliced(2, 1)), { ok: false, seq: 4 }, 'one dropped')
  t.equal(kinds(stint).at(-1), 'audit.read', 'who looked is on the record too')
})

t.test('11: bounds are explicit Denies', async (t) => {
  const stint = await startStint({
    rules: usualRules.replace('window: { default: 1h, max: 4h }', '$&\n    egress: [198.51.100.0/24]'),
  })
  t.teardown(() => stint.close())
  const answer = await stint.ask('ana', { ...debug, window: '5m', regions: ['us-east-1'] })
  const call = stint.sts.calls.at(-1)!
  t.equal(call.parameters['DurationSeconds'], '900', 'the least that STS gives')
  const ends = Date.parse(String(grantOf(answer)['endsAt']))
  t.ok(
    Date.parse(answer.body['credentials']!['expiresAt'] as string) <= ends,
    'but not what the answer promises',
  )
  const { Statement } = JSON.parse(call.parameters['Policy']!)
  const denies = Statement.filter(({ Effect }: { readonly Effect: string }) => Effect === 'Deny')
  t.match(denies, [
    {
      Condition: { DateGreaterThan: { 'aws:CurrentTime': `${new Date(ends).toISOString().slice(0, 19)}Z` } },
    },
    { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } } },
    { Condition: { NotIpAddress: { 'aws:SourceIp': '198.51.100.0/24' } } },
  ])
  t.match(await use(stint, answer), { message: /explicit deny in a session policy/ }, 'not from this address')

  stint.rules = usualRules
  await stint.app.reload()
  const free = await stint.ask('ana', { ...debug, window: '5m', regions: ['us-east-1'] })
  t.equal((await use(stint, free)).status, 200)
  stint.clock.advance(5 * minutes + 1_000)
  t.ok(stint.sts.sessions.at(-1)!.expiresAt > stint.clock(), 'STS would let it live')
  t.match(await use(stint, free), { message: /explicit deny in a session policy/ }, 'the grant does not')
})

t.test('12: errors help, and leak nothing internal', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const near = await stint.ask('ana', { ...debug, resources: [table('order')] })
  const check = [...near.body['checks']!].find(({ check }) => String(check) === 'scope')!
  t.match(
    check,
    { ok: false, detail: /table\/orders\*/, remedy: String },
    'which part failed, and the nearest',
  )
  t.match(await stint.ask('ana', { role: 'orders-debug' }), { body: { detail: /Say why in/ } })
  t.match(await stint.ask('ana', { role: 'order-debug', reason }), {
    body: { detail: /no role named order-debug/ },
  })
  t.match(await stint.ask('ana', debug, { from: '198.51.100.9' }), { body: { detail: /office/ } })

  stint.sts.fail({
    code: 'AccessDenied',
    status: 403,
    message: 'User arn:aws:iam::999:user/secret-name is not authorized',
  })
  const denied = await stint.ask('ana', debug)
  t.match(denied, { status: 502, body: { code: 'sts_denied', grant: String } })
  t.notMatch(denied.text, /secret-name/)
  const again = await stint.call('POST', `/v1/grants/${denied.body['grant']}/credentials`, { as: 'ana' })
  t.equal(again.status, 201, 'the grant that STS refused can be collected later')
})
