import { connect } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { startStint, usualRules, type Answer, type Stint } from '../support/stint.js'

/** Roads round the rules that somebody found once. Each stays closed. */

const reason = 'an order is stuck in checkout'
const debug = { role: 'orders-debug', reason }
const repair = { role: 'orders-repair', reason, ticket: 'OPS-1' }
const idOf = (answer: Answer): string => String(answer.body['grant']?.['id'])
const failed = (answer: Answer): readonly string[] =>
  [...(answer.body['checks'] ?? [])].filter(({ ok }) => !ok).map(({ check }) => String(check))
const vote = (stint: Stint, id: string, options = {}) =>
  stint.call('POST', `/v1/grants/${id}/votes`, { as: 'bo', body: { answer: 'yes' }, ...options })
const load = async (stint: Stint, from: string, to: string) => {
  stint.rules = usualRules.replace(from, to)
  await stint.app.reload()
}
const texts = (stint: Stint): readonly string[] => {
  const file = new Database(join(stint.folder, 'stint.db'), { readonly: true })
  try {
    return (file.prepare('SELECT text FROM events ORDER BY seq').all() as { text: string }[]).map(
      ({ text }) => text,
    )
  } finally {
    file.close()
  }
}

t.test('a vote from where the role may not be asked for', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const id = idOf(await stint.ask('ana', repair))
  t.match(await vote(stint, id, { from: '198.51.100.66' }), { status: 403, body: { detail: /office/ } })
  await load(stint, 'approvals:', 'voters: { from: any }\napprovals:')
  t.equal((await vote(stint, id, { from: '198.51.100.66' })).status, 200, 'unless the configuration says so')
})

t.test('a vote by a weaker sign-in than the role demands', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const id = idOf(await stint.ask('ana', repair))
  await load(stint, 'ticket: OPS-*', 'ticket: OPS-*\n    signIn: { amr: [mfa] }')
  t.match(await vote(stint, id), { status: 403, body: { detail: /mfa/ } })
})

t.test('an address bound that came after the grant', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const id = idOf(await stint.ask('ana', debug))
  const bound = (range: string) =>
    load(stint, 'window: { default: 1h, max: 4h }', `$&\n    egress: [${range}]`)
  await bound('198.51.100.0/24')
  const collect = (of: string) => stint.call('POST', `/v1/grants/${of}/credentials`, { as: 'ana' })
  t.strictSame(failed(await collect(id)), ['scope'])
  const bounded = idOf(await stint.ask('ana', debug))
  t.equal((await collect(bounded)).status, 201)
  await bound('192.0.2.0/24')
  t.strictSame(failed(await collect(bounded)), ['scope'], 'and one that moved')
})

t.test('another person’s run of the same workload', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const run = (actor: string) => ({
    token: stint.ci.idToken({
      sub: 'repo:acme/orders:ref:refs/heads/main',
      actor,
      repository: 'acme/orders',
      owner: 'acme',
    }),
  })
  const id = idOf(await stint.ask('job', debug))
  for (const verb of ['credentials', 'end']) {
    const answer = await stint.call('POST', `/v1/grants/${id}/${verb}`, { as: run('bo-dev') })
    t.match(answer, { status: 403, body: { code: 'forbidden' } }, verb)
  }
  t.equal(
    (await stint.call('POST', `/v1/grants/${id}/credentials`, { as: run('ana-dev'), from: '203.0.113.9' }))
      .status,
    201,
  )
  const started = texts(stint).filter((text) => text.includes('"issuance.started"'))
  t.match(started.at(-1), /"caller":\{.*"actor":"corp#ana"/, 'who came to collect is on the record')
  t.match(started.at(-1), /203\.0\.113\.9/, 'and from where')
})

t.test('a run with nobody behind it', async (t) => {
  const stint = await startStint({
    change: (same) => ({ ...same, readConfig: async () => unnamed(await same.readConfig()) }),
  })
  t.teardown(() => stint.close())
  function unnamed(file: string) {
    return file.replace('actor: actor, ', '').replace(/ {4}actors: .*\n/, '')
  }
  t.equal((await stint.ask('job', debug)).status, 201)
  t.strictSame(
    failed(await stint.ask('job', repair)),
    ['approvers'],
    'whoever started it might be the approver',
  )
})

t.test('stopping a grant whose rule no longer applies', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const [first, second] = [idOf(await stint.ask('ana', repair)), idOf(await stint.ask('ana', repair))]
  for (const id of [first, second]) await vote(stint, id)
  await load(stint, 'role.name == "orders-repair"', 'role.name == "another"')
  const revoke = (id: string, as: 'bo' | 'dan' | 'ben') =>
    stint.call('POST', `/v1/grants/${id}/revoke`, { as, body: { reason: 'this has to stop' } })
  t.equal((await revoke(first, 'ben')).status, 404)
  t.equal((await revoke(first, 'bo')).status, 200, 'who agreed to it')
  t.equal((await revoke(second, 'dan')).status, 200, 'who might have agreed to it')
})

t.test('a shutdown while STS answers somebody who is gone', async (t) => {
  const stint = await startStint()
  const hold = stint.sts.hold()
  const body = JSON.stringify(debug)
  const { hostname, port } = new URL(stint.url)
  const socket = connect(Number(port), hostname)
  socket.write(
    `POST /v1/grants HTTP/1.1\r\nhost: stint\r\nauthorization: Bearer ${stint.token('ana')}\r\nx-forwarded-for: 203.0.113.7\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await hold.arrived()
  socket.destroy()
  const closing = stint.app.close()
  hold.release()
  await closing
  t.match(texts(stint).at(-1), /"kind":"issuance.done"/, 'the session that was made is on the record')
  await stint.close()
})

t.test('a reload that was slow to read', async (t) => {
  let slow: Promise<void> | undefined
  const stint = await startStint({
    change: (same) => ({
      ...same,
      readConfig: async () => {
        const file = await same.readConfig()
        await slow
        return file
      },
    }),
  })
  t.teardown(() => stint.close())
  let release: () => void = () => undefined
  slow = new Promise((resolve) => (release = resolve))
  const first = stint.app.reload()
  await new Promise(setImmediate)
  slow = undefined
  stint.rules = usualRules.replace(
    'approvals:',
    'deny: [{ name: stop, who: { groups: [engineers] }, because: incident }]\napprovals:',
  )
  const second = stint.app.reload()
  release()
  await Promise.all([first, second])
  t.strictSame(failed(await stint.ask('ana', debug)), ['deny'], 'the newest file holds')
})

t.test('a deny entry on a claim that the token lacks', async (t) => {
  const stint = await startStint({
    rules: usualRules.replace(
      'approvals:',
      'deny: [{ name: contractors, who: { claims: { team: [contractors] } }, because: not yours }]\napprovals:',
    ),
  })
  t.teardown(() => stint.close())
  const as = (team: object) => ({
    as: { token: stint.idp.token({ sub: 'ana', groups: ['engineers'], ...team }) },
    body: debug,
  })
  t.strictSame(failed(await stint.call('POST', '/v1/grants', as({}))), ['deny'])
  t.strictSame(failed(await stint.call('POST', '/v1/grants', as({ team: 'contractors' }))), ['deny'])
  t.equal((await stint.call('POST', '/v1/grants', as({ team: 'orders' }))).status, 201)
})

t.test('a yes that came too late closes nothing in its voter’s name', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const id = idOf(await stint.ask('ana', repair))
  await load(stint, 'ticket: OPS-*', 'ticket: SEC-*')
  const answer = await vote(stint, id, { body: { answer: 'yes', reason: 'looks good to me' } })
  t.match(answer, { status: 200, body: { state: 'denied' } })
  t.notMatch(answer.body, { closedBy: /./ })
})

t.test('guessing at other people’s grants by whether there is a next page', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  await stint.ask('ana', { ...repair, reason: 'project falcon, acquisition of initech' })
  await stint.ask('eve', { ...repair, reason: 'falcon falcon falcon' })
  const { body, headers } = await stint.call('GET', '/v1/grants?text=falcon&limit=1', { as: 'eve' })
  t.equal([...body['grants']!].length, 1)
  t.notOk(body['next'])
  t.notOk(headers.get('link'))
  const lead = await stint.call('GET', '/v1/grants?limit=1', { as: 'bo' })
  t.notOk(lead.body['next'], 'nor does an approver see that there is one of no concern to them')
})

t.test('a rule over what is asked for, and an ask that is spelled otherwise', async (t) => {
  const stint = await startStint({
    rules: usualRules.replace(
      'when: role.name == "orders-repair"',
      'when: ask.actions.touch("dynamodb:Query") || ask.resources.touch("arn:aws:dynamodb:us-east-1:*:table/orders-prod")',
    ),
  })
  t.teardown(() => stint.close())
  const table = (name: string) => [`arn:aws:dynamodb:us-east-1:123456789012:table/${name}`]
  for (const actions of [['dynamodb:Query'], ['dynamodb:query'], ['DynamoDB:QUERY']])
    t.equal(
      (await stint.ask('ana', { ...debug, actions, resources: table('orders-x') })).status,
      202,
      String(actions),
    )
  for (const name of ['orders-prod', 'orders-pro?', 'orders*'])
    t.equal(
      (await stint.ask('ana', { ...debug, actions: ['dynamodb:GetItem'], resources: table(name) })).status,
      202,
      name,
    )
  t.equal(
    (await stint.ask('ana', { ...debug, actions: ['dynamodb:GetItem'], resources: table('orders-x') }))
      .status,
    201,
  )
})

t.test('an operator who must find out why nothing works', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  await stint.sts.close()
  t.match(await stint.ask('ana', debug), { status: 502, body: { code: 'sts_unreachable' } })
  t.match(stint.log.join(''), /ECONNREFUSED/, 'the log says what the caller is not told')

  stint.idp.answers.jwks = 'fail'
  stint.clock.advance(25 * 3_600_000)
  t.match(await stint.ask('ana', debug), { status: 503, body: { code: 'keys_unavailable' } })
  const line = stint.log.find((text) => text.includes('keys not fetched'))
  t.match(line, stint.idp.issuer)
  t.match(line, /status 503/)
})

t.test('a vote that would not count today', async (t) => {
  const stint = await startStint({ rules: usualRules.replace('votes: 1', 'votes: 2') })
  t.teardown(() => stint.close())
  const id = idOf(await stint.ask('ana', repair))
  await vote(stint, id)
  stint.rules = stint.rules.replace('approvals:', 'voters: { signIn: { amr: [mfa] } }\napprovals:')
  await stint.app.reload()
  const strong = (sub: string) => ({
    as: { token: stint.idp.token({ sub, groups: ['leads'], amr: ['mfa'] }) },
  })
  t.match(
    await vote(stint, id, strong('dan')),
    { status: 200, body: { state: 'pending' } },
    'bo’s no longer does',
  )
  t.match(await vote(stint, id, strong('eli')), { status: 200, body: { state: 'active' } })
})

t.test('a deny entry, and the run of whom it names', async (t) => {
  const deny = (who: string) =>
    usualRules.replace('approvals:', `deny: [{ name: out, who: ${who}, because: left }]\napprovals:`)
  const stint = await startStint({ rules: deny('{ subjects: ["corp#ana"] }') })
  t.teardown(() => stint.close())
  t.strictSame(failed(await stint.ask('ana', debug)), ['deny'])
  t.strictSame(failed(await stint.ask('job', debug)), ['deny'], 'her run is refused too')
  t.equal((await stint.ask('ben', debug)).status, 201)

  stint.rules = deny('{ groups: [contractors], claims: { team: [blue] } }')
  await stint.app.reload()
  t.equal((await stint.ask('ana', debug)).status, 201, 'who is not in the group need not have the claim')
  t.equal((await stint.ask('job', debug)).status, 201)
  const contractor = { token: stint.idp.token({ sub: 'con', groups: ['engineers', 'contractors'] }) }
  t.strictSame(failed(await stint.call('POST', '/v1/grants', { as: contractor, body: debug })), ['deny'])
})

t.test('an idempotency key of another person’s run', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const run = (actor: string) => ({
    token: stint.ci.idToken({ sub: 'repo:acme/orders', actor, repository: 'acme/orders', owner: 'acme' }),
  })
  const ask = (actor: string) =>
    stint.call('POST', '/v1/grants', {
      as: run(actor),
      body: repair,
      headers: { 'idempotency-key': 'deploy-513' },
    })
  t.equal((await ask('ana-dev')).status, 202)
  t.equal((await ask('ana-dev')).status, 202)
  t.match(await ask('bo-dev'), { status: 422, body: { code: 'key_reused' } })
})
