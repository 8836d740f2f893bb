import t from 'tap'
import {
  account,
  startStint,
  usualRules,
  type Answer,
  type CallOptions,
  type Json,
  type Stint,
} from '../support/stint.js'

const reason = 'an order is stuck in checkout'
const debug = { role: 'orders-debug', reason }
const repair = { role: 'orders-repair', reason, ticket: 'OPS-1' }

const idOf = (answer: Answer): string => String(answer.body['grant']?.['id'])
const listOf = ({ body }: Answer, name: string) => (body[name] ?? []) as unknown as readonly Json[]
const refusedBy = (answer: Answer): readonly string[] =>
  listOf(answer, 'checks')
    .filter(({ ok }) => !ok)
    .map(({ check }) => String(check))

const revoke = (stint: Stint, body: object, as: CallOptions['as'] = 'ola') =>
  stint.call('POST', '/v1/revocations', { as: as!, body: { reason: 'a laptop was stolen', ...body } })
const lift = (stint: Stint, { body }: Answer, as: CallOptions['as'] = 'ola') =>
  stint.call('POST', `/v1/revocations/${body['id']}/lift`, { as: as!, body: { reason: 'it was found' } })
const collect = (stint: Stint, id: string, as: CallOptions['as'] = 'ana') =>
  stint.call('POST', `/v1/grants/${id}/credentials`, { as: as! })
const stateOf = async (stint: Stint, id: string) =>
  (await stint.call('GET', `/v1/grants/${id}`, { as: 'ola' })).body['state']
const eventsOf = async (stint: Stint, kind: string) =>
  listOf(await stint.call('GET', `/v1/audit/events?kind=${kind}`, { as: 'cy' }), 'events').map(
    ({ text }) => JSON.parse(String(text)) as Json,
  )

t.test('a person: everything open is closed, and nothing is granted until it is lifted', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const [own, pending, job, other] = [
    idOf(await stint.ask('ana', debug)),
    idOf(await stint.ask('ana', repair)),
    idOf(await stint.ask('job', debug)),
    idOf(await stint.ask('ben', debug)),
  ]
  const revoked = await revoke(stint, { of: 'subject', name: 'corp#ana' })
  t.match(revoked, {
    status: 201,
    body: { of: 'subject', name: 'corp#ana', by: 'corp#ola', closed: [job, pending, own] },
  })
  t.equal(revoked.headers.get('location'), `/v1/revocations/${revoked.body['id']}`)
  for (const id of [own, pending, job]) t.equal(await stateOf(stint, id), 'revoked')
  for (const as of ['ana', 'job'] as const) {
    const refused = await stint.ask(as, debug)
    t.match(refused, {
      status: 403,
      body: { code: 'denied', detail: /granted to corp#ana since .*operator/ },
    })
    t.strictSame(refusedBy(refused), ['revoked'])
    t.notMatch(refused.text, /stolen/, 'the reason may be about somebody')
  }
  t.equal((await collect(stint, own)).status, 409)
  const dry = await stint.call('POST', '/v1/decisions', { as: 'ana', body: debug })
  t.equal(dry.body['outcome'], 'deny', 'and the dry run says so')
  t.equal(await stateOf(stint, other), 'active')
  t.equal((await collect(stint, other, 'ben')).status, 201, 'nobody else notices')

  // The same again, while it stands: the same one, and what was opened meanwhile by another road is closed.
  t.equal((await revoke(stint, { of: 'subject', name: 'corp#ana' })).body['id'], revoked.body['id'])
  t.match(await lift(stint, revoked), { status: 200, body: { lifted: { by: 'corp#ola' } } })
  t.match(await lift(stint, revoked), { status: 409, body: { detail: /lifted already, by corp#ola/ } })
  t.equal((await stint.ask('ana', debug)).status, 201)
  t.equal((await collect(stint, own)).status, 409, 'what was closed stays closed')
  const again = await revoke(stint, { of: 'subject', name: 'corp#ana' })
  t.not(again.body['id'], revoked.body['id'])

  const list = await stint.call('GET', '/v1/revocations?limit=1', { as: 'cy' })
  t.match(list.body, { revocations: [{ id: again.body['id'] }], next: again.body['id'] })
  const rest = await stint.call('GET', `/v1/revocations?before=${list.body['next']}`, { as: 'cy' })
  t.match(rest.body['revocations'], [{ id: revoked.body['id'], lifted: { reason: 'it was found' } }])
  t.equal(rest.body['next'], undefined)
  t.match(await eventsOf(stint, 'revocation.placed'), [
    { by: 'corp#ola', data: { of: 'subject', name: 'corp#ana', reason: 'a laptop was stolen' } },
    {},
  ])
  t.match(await eventsOf(stint, 'revocation.lifted'), [{ data: { reason: 'it was found' } }])
})

t.test('a role, an account, everything: a pause, after which what is open goes on', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const open = idOf(await stint.ask('ana', debug))
  const waiting = idOf(await stint.ask('ana', repair))
  const vote = () => stint.call('POST', `/v1/grants/${waiting}/votes`, { as: 'bo', body: { answer: 'yes' } })
  for (const of of [{ of: 'role', name: 'orders-debug' }, { of: 'account', name: account }, { of: 'all' }]) {
    const revoked = await revoke(stint, of)
    t.equal(revoked.status, 201)
    const refused = await collect(stint, open)
    t.match(refused, { status: 403, body: { code: 'denied' } })
    t.strictSame(refusedBy(refused), ['revoked'])
    t.equal((await stint.ask('ben', debug)).status, 403)
    t.equal((await stint.ask('ben', repair)).status, of.of === 'role' ? 202 : 403)
    t.equal(await stateOf(stint, open), 'active')
    await lift(stint, revoked)
    t.equal((await collect(stint, open)).status, 201, 'the window is open still')
  }
  await revoke(stint, { of: 'role', name: 'orders-repair' })
  const late = await vote()
  t.match(late, { status: 200, body: { state: 'denied' } }, 'a vote completes nothing then')
  t.strictSame(refusedBy({ ...late, body: late.body['decision'] as unknown as Json }), ['revoked'])
})

t.test('only operators, nobody who was revoked, and nothing misspelt', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  for (const [body, status] of [
    [{ of: 'role', name: 'orders-debugg' }, 404],
    [{ of: 'account', name: '999999999999' }, 404],
    [{ of: 'subject', name: 'ana' }, 400],
    [{ of: 'subject' }, 400],
    [{ of: 'all', name: 'corp#ana' }, 400],
    [{ of: 'everybody' }, 400],
    [{ of: 'all', reason: '' }, 400],
  ] as const)
    t.equal((await revoke(stint, body)).status, status, JSON.stringify(body))
  t.match(await revoke(stint, { of: 'all' }, 'bo'), { status: 403, body: { detail: /Only operators/ } })

  const repairs = idOf(await stint.ask('ana', repair))
  await revoke(stint, { of: 'subject', name: 'corp#bo' })
  const vote = await stint.call('POST', `/v1/grants/${repairs}/votes`, { as: 'bo', body: { answer: 'yes' } })
  t.match(vote, { status: 403, body: { code: 'forbidden', detail: /You were revoked/ } })
  const own = await revoke(stint, { of: 'subject', name: 'corp#ola' })
  t.equal(own.status, 201)
  t.match(await lift(stint, own), { status: 403, body: { detail: /You were revoked/ } })
  t.equal((await revoke(stint, { of: 'all' })).status, 403, 'nor does one who was revoked revoke others')
})

t.test('a directory’s own job tells of leavers, and can do nothing else', async (t) => {
  const rules = usualRules.replace(
    'people: {',
    'people: { offboarding: { claims: { repository: acme/orders } },',
  )
  const stint = await startStint({ rules })
  t.teardown(() => stint.close())
  const open = idOf(await stint.ask('ben', debug))
  const leaver = { of: 'subject', name: 'corp#ben', reason: 'left on 30 November' }
  const told = await revoke(stint, leaver, 'job')
  t.match(told, { status: 201, body: { closed: [open], by: /#repo:acme/ } })
  t.equal((await revoke(stint, leaver, 'job')).body['id'], told.body['id'], 'told twice is told once')
  t.equal((await stint.ask('ben', debug)).status, 403)
  for (const of of [{ of: 'all' }, { of: 'role', name: 'orders-debug' }])
    t.equal((await revoke(stint, of, 'job')).status, 403)
  t.equal((await lift(stint, told, 'job')).status, 403)
  t.equal((await stint.call('GET', '/v1/revocations', { as: 'job' })).status, 403)
  t.equal((await lift(stint, told)).status, 200)
})

t.test('a revocation that commits while STS answers withholds the credentials', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const id = idOf(await stint.ask('ana', debug))
  for (const of of [{ of: 'all' }, { of: 'role', name: 'orders-debug' }]) {
    const hold = stint.sts.hold()
    const collecting = collect(stint, id)
    await hold.arrived()
    const revoked = await revoke(stint, of)
    hold.release()
    const withheld = await collecting
    t.match(withheld, { status: 409, body: { detail: /withheld, since it was revoked/ } })
    t.notMatch(withheld.text, stint.sts.sessions.at(-1)!.accessKeyId)
    const read = await stint.call('GET', `/v1/grants/${id}`, { as: 'ana' })
    t.equal(String(listOf(read, 'issuances').at(-1)?.['state']), 'withheld')
    await lift(stint, revoked)
  }
  // One that is on something else gets in nobody's way.
  const hold = stint.sts.hold()
  const collecting = collect(stint, id)
  await hold.arrived()
  await revoke(stint, { of: 'subject', name: 'corp#ben' })
  hold.release()
  t.equal((await collecting).status, 201)
})
