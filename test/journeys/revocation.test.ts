import { createHmac } from 'node:crypto'
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

t.test('the directory tells of leavers by itself: signed, or as an event hook of Okta', async (t) => {
  const secret = 'a-secret-of-the-directory-000000000'
  const oktaKey = 'a-key-that-okta-sends-000000000000000'
  const stint = await startStint({
    rules: `${usualRules}leavers: { directory: corp }\n`,
    change: (same) => ({
      ...same,
      env: { ...same.env, STINT_LEAVERS_SECRET: secret, STINT_LEAVERS_OKTA_KEY: oktaKey },
    }),
  })
  t.teardown(() => stint.close())
  const seconds = () => Math.floor(stint.clock() / 1_000)
  const mac = (text: string, at: number, key = secret) =>
    `v1=${createHmac('sha256', key).update(`v1:${at}:${text}`).digest('hex')}`
  const send = (text: string, headers: Record<string, string>) =>
    stint.call('POST', '/v1/leavers', { body: text, headers })
  const tell = (text: string, at = seconds(), signature = mac(text, at)) =>
    send(text, { 'stint-timestamp': String(at), 'stint-signature': signature })
  const left = JSON.stringify({ name: 'ana', reason: 'Left the company.' })

  const open = idOf(await stint.ask('ana', debug))
  const at = seconds()
  for (const [what, answer] of [
    ['another secret', tell(left, at, mac(left, at, `${secret}x`))],
    ['another body', tell(left.replace('ana', 'bo'), at, mac(left, at))],
    ['an old one', tell(left, at - 301)],
    ['one from the future', tell(left, at + 302)],
    ['no signature', send(left, {})],
    ['another key', send(left, { authorization: `${oktaKey}x` })],
    ['a token of an operator', send(left, { authorization: `Bearer ${stint.token('ola')}` })],
  ] as const)
    t.match(await answer, { status: 401, body: { code: 'unauthenticated' } }, what)
  for (const body of ['{}', '[]', 'ana', '{"name":"ana","more":1}', '{"name":" ana"}', '{"name":7}'])
    t.match(await tell(body), { status: 400, body: { code: 'invalid_request' } }, body)
  t.equal(await stateOf(stint, open), 'active', 'nothing of this has done anything')

  const told = await tell(left, at)
  t.equal(told.status, 200)
  const [id = ''] = told.body['revocations'] as unknown as readonly string[]
  t.equal(await stateOf(stint, open), 'revoked')
  t.strictSame(refusedBy(await stint.ask('ana', debug)), ['revoked'])
  t.strictSame((await tell(left)).body, { revocations: [id] }, 'said again, it is the same one')
  t.match(await eventsOf(stint, 'revocation.placed'), [
    { by: 'directory corp', data: { name: 'corp#ana', reason: 'Left the company.' } },
  ])
  t.equal(await lift(stint, { ...told, body: { id } as unknown as Json }).then(({ status }) => status), 200)
  t.match(
    await tell(left, at),
    { status: 409, body: { detail: /lifted after this was said/ } },
    'kept, and sent again',
  )
  t.equal((await stint.ask('ana', debug)).status, 201)
  stint.clock.advance(2_000)
  t.equal((await tell(left)).status, 200, 'said anew, it counts')

  const challenge = { 'x-okta-verification-challenge': 'a-challenge' }
  t.strictSame((await stint.call('GET', '/v1/leavers', { headers: challenge })).body, {
    verification: 'a-challenge',
  })
  t.equal((await stint.call('GET', '/v1/leavers')).status, 404)
  // developer.okta.com, "Event hooks": what is sent when a user is deactivated, cut to what is read.
  const hook = (eventType: string, login: string) =>
    JSON.stringify({
      eventType: 'com.okta.event_hook',
      data: {
        events: [
          {
            eventType,
            published: new Date(stint.clock()).toISOString(),
            actor: { id: '00uadmin', type: 'User', alternateId: 'ola' },
            target: [
              { id: '00uben', type: 'User', alternateId: login, displayName: 'Ben' },
              { id: 'x', type: 'AppInstance', alternateId: 'dan' },
            ],
          },
        ],
      },
    })
  const okta = { authorization: oktaKey }
  t.strictSame((await send(hook('user.session.start', 'ben'), okta)).body, { revocations: [] })
  t.equal((await stint.ask('ben', debug)).status, 201)
  const gone = await send(hook('user.lifecycle.deactivate', 'ben'), okta)
  t.equal(listOf(gone, 'revocations').length, 2, 'by login and by id')
  t.strictSame(refusedBy(await stint.ask('ben', debug)), ['revoked'])
  t.match(await send('{"data":{}}', okta), { status: 400 })
  const names = (await eventsOf(stint, 'revocation.placed')).map(({ data }) => data!['name'])
  t.strictSame(names, ['corp#ana', 'corp#ana', 'corp#ben', 'corp#00uben'], 'nobody else, and no admin')
  t.notMatch(stint.log.join(''), new RegExp(`${secret}|${oktaKey}`))
})

t.test('without a section there is no such path', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  t.equal((await stint.call('POST', '/v1/leavers', { body: {} })).status, 404)
})
